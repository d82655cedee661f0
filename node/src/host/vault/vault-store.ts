import { randomBytes } from 'node:crypto';
import {
  accept,
  type Bytes,
  base64urlEncode,
  commitmentOf,
  encodeCanonical,
  equalBytes,
  isJsonObject,
  type Json,
  type JsonObject,
  parseCanonical,
  type Result,
  refuse,
  utf8Encode,
} from '@civitas/canon';
import { nodeCrypto } from '@civitas/canon/node';
import type { RootDatabase } from 'lmdb';
import type { SigningKey } from '../keys/node-keys.ts';
import { DATA_KEY_BYTES } from './limits.ts';
import { makeFolder } from './make-folder.ts';
import { openIndex } from './open-index.ts';
import { deriveBytes, openBox, sealBox } from './sealed-box.ts';
import { appendBoxes, destroySubjectFile, type Extent, readBox, readWrappedKey, subjectFilePath } from './subject-file.ts';

export interface VaultField {
  readonly name: string;
  readonly value: Json;
}
export interface VaultRecord {
  readonly subject: string;
  readonly collection: string;
  readonly fields: readonly VaultField[];
  /** base64url, or ''. */
  readonly document: string;
}
export interface OpenedField extends VaultField {
  /** 32 bytes, base64url. */
  readonly salt: string;
  /** 32 bytes, base64url. */
  readonly commitment: string;
}

export interface VaultStoreOptions {
  readonly folder: string;
  readonly organisation: string;
  /** Wraps the subjects' data keys; 32 bytes. */
  readonly vaultKey: Bytes;
  readonly signer: Pick<SigningKey, 'keyId' | 'sign'>;
  readonly nowUnixMs: () => number;
}

/** Commitments by field name, base64url of 32 bytes. */
export type Commitments = Readonly<Record<string, string>>;

export interface PutItem {
  /** The caller's own handle, or a random one. */
  readonly reference: string;
  readonly record: VaultRecord;
}

/** What the index holds: whose file, and where in it. */
interface StoredRecord extends Extent {
  readonly subject: string;
}

const ERASURE_DOMAIN = 'civitas/erasure/v1\n';

/**
 * One organisation's private values. Each subject has a random data key, wrapped by the organisation's; values are sealed under it
 * and salts derived from it, so that destroying the one key destroys them all, while commitments on ledgers stand.
 *
 * Key and boxes lie in a file a subject; the index holds handles, ids and tombstones.
 */
export class VaultStore {
  readonly #options: VaultStoreOptions;
  readonly #index: RootDatabase<unknown, string[]>;
  /** The last work queued for each subject: what one key seals happens one after the other. */
  readonly #turns = new Map<string, Promise<unknown>>();

  constructor(options: VaultStoreOptions) {
    makeFolder(options.folder);
    this.#options = options;
    this.#index = openIndex(options.folder);
    const begun = [...this.#index.getKeys({ start: ['erasing'], end: ['erasing', '\uffff'] })];
    for (const [, subject] of begun) if (subject !== undefined) this.#purge(subject);
  }

  /**
   * Stores records; durable when it answers. The same content under the same reference again changes nothing.
   *
   * @returns one result an item, in order: commitments; DUPLICATE for other content under that reference, ERASED for a subject that
   * was erased. A refused item leaves the others in.
   */
  async put(items: readonly PutItem[]): Promise<readonly Result<Commitments>[]> {
    const bySubject = new Map<string, PutItem[]>();
    for (const item of items) bySubject.set(item.record.subject, [...(bySubject.get(item.record.subject) ?? []), item]);
    const results = new Map<PutItem, Result<Commitments>>();
    const stored = [...bySubject].map(([subject, own]) => this.#inTurn(subject, () => this.#putOf(subject, own, results)));
    await Promise.all(stored);
    return items.map((item) => results.get(item) ?? refuse('NOT_FOUND', { reference: item.reference }));
  }

  /** The record with the salt and commitment of each field; NOT_FOUND or ERASED. */
  read(reference: string): Result<{ record: VaultRecord; fields: readonly OpenedField[] }> {
    const stored = this.#findStored(reference);
    if (stored === undefined) return refuse('NOT_FOUND', { reference });
    if (this.#findTombstone(stored.subject) !== undefined) return refuse('ERASED', { reference });
    const dataKey = this.#dataKeyOf(stored.subject);
    const record = parseRecord(this.#openRecord(reference, stored, dataKey));
    const fields = record.fields.map(({ name, value }) => {
      const salt = saltOf(dataKey, reference, name);
      return { name, value, salt: base64urlEncode(salt), commitment: base64urlEncode(commitmentOf(nodeCrypto.sha256, salt, value)) };
    });
    return accept({ record, fields });
  }

  /**
   * Destroys the subject's data key and everything sealed under it: overwritten in place, then removed. Idempotent: the first
   * tombstone stays. One that a crash cut short is finished when the vault opens again.
   */
  async erase(subject: string): Promise<JsonObject> {
    return this.#inTurn(subject, async () => {
      const tombstone = await this.#index.transaction(() => this.#findTombstone(subject) ?? this.#bury(subject));
      if (this.#index.get(['erasing', subject]) !== undefined) this.#purge(subject);
      return tombstone;
    });
  }

  async close(): Promise<void> {
    await Promise.allSettled(this.#turns.values());
    await this.#index.close();
  }

  async #inTurn<T>(subject: string, work: () => Promise<T>): Promise<T> {
    const turn = (this.#turns.get(subject) ?? Promise.resolve()).then(work, work);
    this.#turns.set(subject, turn);
    try {
      return await turn;
    } finally {
      if (this.#turns.get(subject) === turn) this.#turns.delete(subject);
    }
  }

  async #putOf(subject: string, items: readonly PutItem[], results: Map<PutItem, Result<Commitments>>): Promise<void> {
    if (this.#findTombstone(subject) !== undefined) {
      for (const item of items) results.set(item, refuse('ERASED', { subject }));
      return;
    }
    const known = this.#hasRecords(subject) ? this.#dataKeyOf(subject) : undefined;
    const dataKey = known ?? new Uint8Array(randomBytes(DATA_KEY_BYTES));
    const fresh = new Map<string, { item: PutItem; plaintext: Bytes }>();
    for (const item of items) {
      const { reference, record } = item;
      const plaintext = encodeCanonical({ ...record, fields: record.fields.map(({ name, value }) => ({ name, value })) });
      const stored = this.#findStored(reference);
      const isOthers = stored !== undefined && stored.subject !== subject;
      const there = isOthers || stored === undefined ? fresh.get(reference)?.plaintext : this.#openRecord(reference, stored, dataKey);
      const isSame = !isOthers && (there === undefined || equalBytes(there, plaintext));
      results.set(item, isSame ? accept(commitmentsOf(dataKey, item)) : refuse('DUPLICATE', { reference }));
      if (isSame && there === undefined) fresh.set(reference, { item, plaintext });
    }
    if (fresh.size === 0) return;
    const boxes = [...fresh].map(([reference, { plaintext }]) => sealBox(dataKey, plaintext, `record/${reference}`));
    const wrappedKey = known === undefined ? sealBox(this.#options.vaultKey, dataKey, `key/${subject}`) : undefined;
    // Of a first put that a crash cut short, any part may be there; no record is sealed under it.
    if (known === undefined) destroySubjectFile(this.#pathOf(subject));
    const extents = await appendBoxes(this.#pathOf(subject), wrappedKey, boxes);
    const clashes = await this.#enter(
      subject,
      [...fresh.keys()].map((reference, at) => ({ reference, extent: extents[at] })),
    );
    for (const reference of clashes) {
      for (const item of items) if (item.reference === reference) results.set(item, refuse('DUPLICATE', { reference }));
    }
  }

  /** Puts boxes into the index; answers the references that another subject's record has taken in the meantime. */
  async #enter(subject: string, written: readonly { reference: string; extent: Extent | undefined }[]): Promise<readonly string[]> {
    return this.#index.transaction(() => {
      const clashes: string[] = [];
      for (const { reference, extent } of written) {
        if (this.#findStored(reference) !== undefined) {
          clashes.push(reference);
          continue;
        }
        void this.#index.put(['record', reference], { subject, ...extent });
        void this.#index.put(['subject', subject, reference], true);
      }
      return clashes;
    });
  }

  /** Signs and enters the tombstone; the file goes after it, so that no crash leaves a subject erased by halves. */
  #bury(subject: string): JsonObject {
    const { organisation, signer, nowUnixMs } = this.#options;
    const statement = { erasedAtUnixMs: nowUnixMs(), keyId: signer.keyId, organisation, subject };
    const message = Buffer.concat([utf8Encode(ERASURE_DOMAIN), encodeCanonical(statement)]);
    const tombstone = { ...statement, signature: base64urlEncode(signer.sign(message)) };
    void this.#index.put(['tombstone', subject], tombstone);
    void this.#index.put(['erasing', subject], true);
    return tombstone;
  }

  #purge(subject: string): void {
    destroySubjectFile(this.#pathOf(subject));
    this.#index.transactionSync(() => {
      const own = [...this.#index.getKeys({ start: ['subject', subject], end: ['subject', subject, '\uffff'] })];
      for (const [, , reference] of own) {
        if (reference === undefined) continue;
        void this.#index.remove(['record', reference]);
        void this.#index.remove(['subject', subject, reference]);
      }
      void this.#index.remove(['erasing', subject]);
    });
  }

  #pathOf(subject: string): string {
    return subjectFilePath(this.#options.folder, subject);
  }

  #findStored(reference: string): StoredRecord | undefined {
    return this.#index.get(['record', reference]) as StoredRecord | undefined;
  }

  #findTombstone(subject: string): JsonObject | undefined {
    return this.#index.get(['tombstone', subject]) as JsonObject | undefined;
  }

  #hasRecords(subject: string): boolean {
    const [first] = [...this.#index.getKeys({ start: ['subject', subject], end: ['subject', subject, '\uffff'], limit: 1 })];
    return first !== undefined;
  }

  /** @throws when the file is gone or cut short, or the key is not of this vault: a damaged volume. */
  #dataKeyOf(subject: string): Bytes {
    return openBox(this.#options.vaultKey, readWrappedKey(this.#pathOf(subject)), `key/${subject}`);
  }

  #openRecord(reference: string, stored: StoredRecord, dataKey: Bytes): Bytes {
    return openBox(dataKey, readBox(this.#pathOf(stored.subject), stored), `record/${reference}`);
  }
}

function saltOf(dataKey: Bytes, reference: string, field: string): Bytes {
  return deriveBytes(dataKey, `civitas/salt/v1\n${reference}\n${field}`);
}

function commitmentsOf(dataKey: Bytes, { reference, record }: PutItem): Commitments {
  const entries = record.fields.map(({ name, value }): [string, string] => [
    name,
    base64urlEncode(commitmentOf(nodeCrypto.sha256, saltOf(dataKey, reference, name), value)),
  ]);
  return Object.fromEntries(entries);
}

function parseRecord(bytes: Bytes): VaultRecord {
  const parsed = parseCanonical(bytes);
  if (!parsed.ok || !isJsonObject(parsed.value)) throw new Error('a vault record does not read back');
  return parsed.value as object as VaultRecord;
}

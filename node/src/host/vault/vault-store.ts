import { randomBytes } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import {
  accept,
  type Bytes,
  base64urlEncode,
  commitmentOf,
  encodeCanonical,
  isJsonObject,
  type Json,
  type JsonObject,
  parseCanonical,
  type Result,
  refuse,
  utf8Encode,
} from '@civitas/canon';
import { nodeCrypto } from '@civitas/canon/node';
import { open, type RootDatabase } from 'lmdb';
import type { SigningKey } from '../keys/node-keys.ts';
import { DATA_KEY_BYTES, VAULT_MAP_BYTES } from './limits.ts';
import { deriveBytes, openBox, sealBox } from './sealed-box.ts';

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

interface StoredRecord {
  readonly subject: string;
  readonly box: Uint8Array;
}

const ERASURE_DOMAIN = 'civitas/erasure/v1\n';

/**
 * One organisation's private values. Each subject has a random data key, wrapped by the organisation's; values are sealed under it
 * and salts derived from it, so that destroying the one key destroys them all, while commitments on ledgers stand.
 */
export class VaultStore {
  readonly #options: VaultStoreOptions;
  readonly #database: RootDatabase<unknown, string[]>;

  constructor(options: VaultStoreOptions) {
    mkdirSync(options.folder, { recursive: true, mode: 0o700 });
    this.#options = options;
    this.#database = open<unknown, string[]>({ path: options.folder, mapSize: VAULT_MAP_BYTES, encoding: 'msgpack' });
  }

  /**
   * Stores a record; durable when it answers. The same content under the same reference again changes nothing.
   *
   * @returns commitments by field name; DUPLICATE for other content under that reference, ERASED for a subject that was erased.
   */
  async put(reference: string, record: VaultRecord): Promise<Result<Readonly<Record<string, string>>>> {
    const plaintext = encodeCanonical({
      collection: record.collection,
      document: record.document,
      fields: record.fields.map(({ name, value }) => ({ name, value })),
      subject: record.subject,
    });
    return this.#database.transaction((): Result<Readonly<Record<string, string>>> => {
      if (this.#findTombstone(record.subject) !== undefined) return refuse('ERASED', { subject: record.subject });
      const stored = this.#database.get(['record', reference]) as StoredRecord | undefined;
      if (stored !== undefined) {
        const dataKey = stored.subject === record.subject ? this.#findDataKey(record.subject) : undefined;
        const isSame = dataKey !== undefined && Buffer.compare(this.#openRecord(reference, stored, dataKey), plaintext) === 0;
        return isSame ? accept(this.#commitments(dataKey, reference, record.fields)) : refuse('DUPLICATE', { reference });
      }
      const dataKey = this.#findDataKey(record.subject) ?? this.#makeDataKey(record.subject);
      const box = sealBox(dataKey, plaintext, `record/${reference}`);
      void this.#database.put(['record', reference], { subject: record.subject, box } satisfies StoredRecord);
      void this.#database.put(['subject', record.subject, reference], true);
      return accept(this.#commitments(dataKey, reference, record.fields));
    });
  }

  /** The record with the salt and commitment of each field; NOT_FOUND or ERASED. */
  read(reference: string): Result<{ record: VaultRecord; fields: readonly OpenedField[] }> {
    const stored = this.#database.get(['record', reference]) as StoredRecord | undefined;
    if (stored === undefined) return refuse('NOT_FOUND', { reference });
    const dataKey = this.#findDataKey(stored.subject);
    if (dataKey === undefined) return refuse('ERASED', { reference });
    const record = parseRecord(this.#openRecord(reference, stored, dataKey));
    const fields = record.fields.map(({ name, value }) => {
      const salt = this.#saltOf(dataKey, reference, name);
      return { name, value, salt: base64urlEncode(salt), commitment: base64urlEncode(commitmentOf(nodeCrypto.sha256, salt, value)) };
    });
    return accept({ record, fields });
  }

  /** Destroys the subject's data key and everything sealed under it. Idempotent: the first tombstone stays. */
  async erase(subject: string): Promise<JsonObject> {
    return this.#database.transaction(() => {
      const existing = this.#findTombstone(subject);
      if (existing !== undefined) return existing;
      for (const [, , reference] of this.#database.getKeys({ start: ['subject', subject], end: ['subject', subject, '\uffff'] })) {
        if (reference === undefined) continue;
        void this.#database.remove(['record', reference]);
        void this.#database.remove(['subject', subject, reference]);
      }
      void this.#database.remove(['key', subject]);
      const { organisation, signer, nowUnixMs } = this.#options;
      const statement = { erasedAtUnixMs: nowUnixMs(), keyId: signer.keyId, organisation, subject };
      const message = Buffer.concat([utf8Encode(ERASURE_DOMAIN), encodeCanonical(statement)]);
      const tombstone = { ...statement, signature: base64urlEncode(signer.sign(message)) };
      void this.#database.put(['tombstone', subject], tombstone);
      return tombstone;
    });
  }

  async close(): Promise<void> {
    await this.#database.close();
  }

  #findTombstone(subject: string): JsonObject | undefined {
    return this.#database.get(['tombstone', subject]) as JsonObject | undefined;
  }

  #findDataKey(subject: string): Bytes | undefined {
    const wrapped = this.#database.get(['key', subject]) as Uint8Array | undefined;
    return wrapped === undefined ? undefined : openBox(this.#options.vaultKey, wrapped, `key/${subject}`);
  }

  #makeDataKey(subject: string): Bytes {
    const dataKey = new Uint8Array(randomBytes(DATA_KEY_BYTES));
    void this.#database.put(['key', subject], sealBox(this.#options.vaultKey, dataKey, `key/${subject}`));
    return dataKey;
  }

  #openRecord(reference: string, stored: StoredRecord, dataKey: Bytes): Bytes {
    return openBox(dataKey, stored.box, `record/${reference}`);
  }

  #saltOf(dataKey: Bytes, reference: string, field: string): Bytes {
    return deriveBytes(dataKey, `civitas/salt/v1\n${reference}\n${field}`);
  }

  #commitments(dataKey: Bytes, reference: string, fields: readonly VaultField[]): Readonly<Record<string, string>> {
    const entries = fields.map(({ name, value }): [string, string] => {
      const salt = this.#saltOf(dataKey, reference, name);
      return [name, base64urlEncode(commitmentOf(nodeCrypto.sha256, salt, value))];
    });
    return Object.fromEntries(entries);
  }
}

function parseRecord(bytes: Bytes): VaultRecord {
  const parsed = parseCanonical(bytes);
  if (!parsed.ok || !isJsonObject(parsed.value)) throw new Error('a vault record does not read back');
  return parsed.value as object as VaultRecord;
}

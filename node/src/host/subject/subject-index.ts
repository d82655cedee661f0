import { createHmac, randomBytes } from 'node:crypto';
import { type Bytes, base64urlEncode, concatBytes, utf8Encode } from '@civitas/canon';
import type { RootDatabase } from 'lmdb';
import { makeFolder } from '../vault/make-folder.ts';
import { openIndex } from '../vault/open-index.ts';
import { INDEX_MAP_BYTES } from './limits.ts';

/** Whose id on which ledger. */
export interface SubjectScope {
  /** Chain id. */
  readonly ledger: string;
  /** Organisation that the id is for. */
  readonly custodian: string;
}

export interface LinkToken extends SubjectScope {
  readonly person: string;
  readonly purpose: string;
  readonly expiresAtUnixMs: number;
}

const ID_BYTES = 16;
const ACCOUNT_SYSTEM = 'civitas/account/v1';

function randomId(): string {
  return base64urlEncode(randomBytes(ID_BYTES));
}

/**
 * The registrar's private index: HMAC of an identifier → person → one random subject id per ledger and custodian.
 *
 * It holds no identifier and no name, and never enters replicated state. What it holds links a person's ids: it stays on this volume.
 */
export class SubjectIndex {
  readonly #indexKey: Bytes;
  readonly #database: RootDatabase<unknown, string[]>;

  constructor(folder: string, indexKey: Bytes) {
    makeFolder(folder);
    this.#indexKey = indexKey;
    // An id is told when it is on the disk, or a person would get another after a power cut.
    this.#database = openIndex(folder, INDEX_MAP_BYTES);
  }

  /** The person behind an identifier, made at first sight; random, and known only here. */
  async assignPerson(system: string, identifier: string): Promise<string> {
    const mark = this.#markOf(system, identifier);
    const known = this.#database.get(['person', mark]);
    if (typeof known === 'string') return known;
    return this.#database.transaction(() => {
      const existing = this.#database.get(['person', mark]);
      if (typeof existing === 'string') return existing;
      const person = randomId();
      void this.#database.put(['person', mark], person);
      return person;
    });
  }

  findPerson(system: string, identifier: string): string | undefined {
    const person = this.#database.get(['person', this.#markOf(system, identifier)]);
    return typeof person === 'string' ? person : undefined;
  }

  /**
   * Ties an account of the identity provider to a person.
   *
   * @param account Issuer and subject as one text; only its mark is kept.
   * @returns false, with nothing changed, when it is tied to somebody else.
   */
  async tieAccount(account: string, person: string): Promise<boolean> {
    const key = ['account', this.#markOf(ACCOUNT_SYSTEM, account)];
    return this.#database.transaction(() => {
      const existing = this.#database.get(key);
      if (existing === undefined) void this.#database.put(key, person);
      return existing === undefined || existing === person;
    });
  }

  findByAccount(account: string): string | undefined {
    const person = this.#database.get(['account', this.#markOf(ACCOUNT_SYSTEM, account)]);
    return typeof person === 'string' ? person : undefined;
  }

  /** The person's id in a scope, made at first use. */
  async assignSubject(person: string, { ledger, custodian }: SubjectScope): Promise<string> {
    const key = ['subject', person, ledger, custodian];
    const known = this.#database.get(key);
    if (typeof known === 'string') return known;
    return this.#database.transaction(() => {
      const existing = this.#database.get(key);
      if (typeof existing === 'string') return existing;
      const subject = randomId();
      void this.#database.put(key, subject);
      void this.#database.put(['owner', subject], { person, ledger, custodian });
      return subject;
    });
  }

  /** The person and scope of a subject id. */
  findOwner(subject: string): (SubjectScope & { readonly person: string }) | undefined {
    return this.#database.get(['owner', subject]) as (SubjectScope & { person: string }) | undefined;
  }

  /** The link token of a caller's wish: the same each time, guessed by nobody. */
  tokenOf(caller: string, wish: string): string {
    return base64urlEncode(createHmac('sha256', this.#indexKey).update(`civitas/link-token/v1\n${caller}\n${wish}`).digest());
  }

  async keepToken(tokenHash: string, token: LinkToken): Promise<void> {
    await this.#database.put(['token', tokenHash], { ...token });
  }

  findToken(tokenHash: string): LinkToken | undefined {
    return this.#database.get(['token', tokenHash]) as LinkToken | undefined;
  }

  async close(): Promise<void> {
    await this.#database.close();
  }

  #markOf(system: string, identifier: string): string {
    const name = utf8Encode(system);
    const length = new Uint8Array(4);
    new DataView(length.buffer).setUint32(0, name.length);
    return base64urlEncode(
      createHmac('sha256', this.#indexKey)
        .update(concatBytes(length, name, utf8Encode(identifier)))
        .digest(),
    );
  }
}

import { mkdirSync } from 'node:fs';
import { parseReceipt } from '@civitas/proofs';
import { open, type RootDatabase } from 'lmdb';
import type { CommittedBlock, LedgerHost } from '../ledger/ledger-host.ts';
import { CONSENT_INDEX_MAP_BYTES, CONSENTS_LISTED_MAX } from './limits.ts';

const CONTRACT = 'city.consent';
const GRANTED = 'ConsentGranted';
/** Looked for before a receipt is parsed: most blocks grant nothing. */
const MARK = Buffer.from(GRANTED);

/** Which consents a subject has granted: the ledger keeps them by their own id alone. What is here and not on the ledger counts for nothing. */
export class ConsentIndex {
  readonly #database: RootDatabase<number, string[]>;
  #stop: () => void = () => undefined;

  constructor(folder: string) {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    this.#database = open<number, string[]>({ path: folder, mapSize: CONSENT_INDEX_MAP_BYTES, encoding: 'msgpack' });
  }

  /** Notes what is granted from now on, through whichever gateway. */
  follow(ledger: Pick<LedgerHost, 'onCommit'>): void {
    this.#stop = ledger.onCommit((block) => void this.#note(block));
  }

  /** Durable when it resolves. */
  async put(subject: string, consent: string, atUnixMs: number): Promise<void> {
    await this.#database.put([subject, consent], atUnixMs);
    await this.#database.flushed;
  }

  /** Ids of consents, newest first. */
  list(subject: string): readonly string[] {
    const found = [...this.#database.getRange({ start: [subject], end: [subject, '\uffff'] })];
    const newestFirst = found.sort((left, right) => right.value - left.value);
    return newestFirst.slice(0, CONSENTS_LISTED_MAX).flatMap(({ key }) => key[1] ?? []);
  }

  async close(): Promise<void> {
    this.#stop();
    await this.#database.close();
  }

  async #note({ receipts, timeUnixMs }: CommittedBlock): Promise<void> {
    for (const { bytes } of receipts) {
      if (!Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).includes(MARK)) continue;
      const receipt = parseReceipt(bytes);
      if (!receipt.ok) continue;
      for (const { contract, name, data } of receipt.value.events) {
        const { subject, consent } = data;
        if (contract !== CONTRACT || name !== GRANTED || typeof subject !== 'string' || typeof consent !== 'string') continue;
        if (this.#database.get([subject, consent]) === undefined) await this.#database.put([subject, consent], timeUnixMs);
      }
    }
  }
}

import { parseReceipt } from '@civitas/proofs';
import type { RootDatabase } from 'lmdb';
import type { CommittedBlock, LedgerHost } from '../ledger/ledger-host.ts';
import { makeFolder } from '../vault/make-folder.ts';
import { openIndex } from '../vault/open-index.ts';
import { CONSENT_INDEX_MAP_BYTES, CONSENTS_LISTED_MAX } from './limits.ts';

const CONTRACT = 'city.consent';
const GRANTED = 'ConsentGranted';
/** Looked for before a receipt is parsed: most blocks grant nothing. */
const MARK = Buffer.from(GRANTED);

/** Which consents a subject has granted: the ledger keeps them by their own id alone. What is here and not on the ledger counts for nothing. */
export class ConsentIndex {
  readonly #database: RootDatabase<unknown, string[]>;
  #stop: () => void = () => undefined;

  constructor(folder: string) {
    makeFolder(folder);
    this.#database = openIndex(folder, CONSENT_INDEX_MAP_BYTES);
  }

  /** Notes what is granted from now on, through whichever gateway. */
  follow(ledger: Pick<LedgerHost, 'onCommit'>): void {
    this.#stop = ledger.onCommit((block) => void this.#note(block));
  }

  /** Durable when it resolves. */
  async put(subject: string, consent: string, atUnixMs: number): Promise<void> {
    await this.#database.put([subject, consent], atUnixMs);
  }

  /** Ids of consents, newest first. */
  list(subject: string): readonly string[] {
    const found = [...this.#database.getRange({ start: [subject], end: [subject, '\uffff'] })];
    const newestFirst = found.sort((left, right) => Number(right.value) - Number(left.value));
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

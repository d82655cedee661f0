import { isJsonObject } from '@civitas/canon';
import { parseReceipt } from '@civitas/proofs';
import type { Logger } from '@civitas/telemetry';
import type { RootDatabase } from 'lmdb';
import { nextTurn } from '../event-loop/next-turn.ts';
import type { CommittedBlock, LedgerHost } from '../ledger/ledger-host.ts';
import { makeFolder } from '../vault/make-folder.ts';
import { openIndex } from '../vault/open-index.ts';
import { CONSENT_INDEX_MAP_BYTES, CONSENTS_LISTED_MAX, CONSENTS_SCANNED } from './limits.ts';

const CONTRACT = 'city.consent';
const GRANTED = 'ConsentGranted';
const RECORDS = `${CONTRACT}/consents/`;
/** Looked for before a receipt is parsed: most blocks grant nothing. */
const MARK = Buffer.from(GRANTED);
/** Key of the height up to which everything was noted, as long as nobody else is called so: a subject has 22 characters. */
const NOTED = ['noted'];

type FollowedLedger = Pick<LedgerHost, 'onCommit' | 'scan' | 'status'>;

interface Granted {
  readonly subject: string;
  readonly consent: string;
  readonly atUnixMs: number;
}

/** What a block grants. */
function grantedIn({ receipts, timeUnixMs }: CommittedBlock): readonly Granted[] {
  return receipts.flatMap(({ bytes }) => {
    if (!Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).includes(MARK)) return [];
    const receipt = parseReceipt(bytes);
    const events = receipt.ok ? receipt.value.events : [];
    return events.flatMap(({ contract, name, data: { subject, consent } }) =>
      contract === CONTRACT && name === GRANTED && typeof subject === 'string' && typeof consent === 'string'
        ? { subject, consent, atUnixMs: timeUnixMs }
        : [],
    );
  });
}

/** What a record on the ledger grants. */
function grantedBy({ key, record }: ReturnType<FollowedLedger['scan']>[number]): readonly Granted[] {
  const { grant, createdUnixMs } = record;
  const subject = grant !== undefined && isJsonObject(grant) ? grant['subject'] : undefined;
  if (typeof subject !== 'string' || typeof createdUnixMs !== 'number') return [];
  return [{ subject, consent: key.slice(RECORDS.length), atUnixMs: createdUnixMs }];
}

/**
 * Which consents a subject has granted: the ledger keeps them by their own id alone. What is here and not on the ledger counts for nothing.
 *
 * Blocks are noted as they are committed. Those that were not seen, for the process had died or the ledger came by snapshot, are made up for by
 * looking at all consents that the ledger holds.
 */
export class ConsentIndex {
  readonly #database: RootDatabase<unknown, string[]>;
  #stop: () => void = () => undefined;
  /** The end of what is under way: blocks are noted one after another. */
  #turn: Promise<void> = Promise.resolve();
  /** Up to it everything on the ledger is noted; undefined while nobody knows. */
  #notedHeight: number | undefined;
  #isClosing = false;

  constructor(folder: string) {
    makeFolder(folder);
    this.#database = openIndex(folder, CONSENT_INDEX_MAP_BYTES);
  }

  /** Notes what is granted from now on, through whichever gateway, and what was before. */
  follow(ledger: FollowedLedger, log: Pick<Logger, 'error'>): void {
    const enqueue = (work: () => Promise<void>): void => {
      this.#turn = this.#turn.then(work).catch((error: unknown) => {
        // The next block is beyond a gap then.
        this.#notedHeight = undefined;
        log.error('commit-listener-failed', { message: String(error) });
      });
    };
    const { height } = ledger.status();
    if (this.#database.get(NOTED) === height) this.#notedHeight = height;
    else enqueue(() => this.#noteAll(ledger));
    this.#stop = ledger.onCommit((block) => enqueue(() => this.#note(block, ledger)));
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
    this.#isClosing = true;
    await this.#turn;
    // Without it the next process looks at all consents, no more.
    if (this.#notedHeight !== undefined) await this.#database.put(NOTED, this.#notedHeight).catch(() => undefined);
    await this.#database.close();
  }

  async #note(block: CommittedBlock, ledger: FollowedLedger): Promise<void> {
    const { height } = block;
    if (this.#notedHeight === undefined || height > this.#notedHeight + 1) return this.#noteAll(ledger);
    if (height <= this.#notedHeight) return;
    await this.#keep(grantedIn(block));
    this.#notedHeight = height;
  }

  async #noteAll(ledger: FollowedLedger): Promise<void> {
    const { height } = ledger.status();
    this.#notedHeight = undefined;
    // Of a ledger that was longer once it would seem to be true again.
    await this.#database.remove(NOTED);
    let after = '';
    while (!this.#isClosing) {
      const page = ledger.scan({ prefix: RECORDS, limit: CONSENTS_SCANNED, ...(after === '' ? {} : { after }) });
      await this.#keep(page.flatMap(grantedBy));
      after = page.at(-1)?.key ?? '';
      if (page.length < CONSENTS_SCANNED) {
        this.#notedHeight = height;
        return;
      }
      await nextTurn();
    }
  }

  /** What a citizen's portal noted before the ledger had it keeps its time. */
  async #keep(granted: readonly Granted[]): Promise<void> {
    const missing = granted.filter(({ subject, consent }) => this.#database.get([subject, consent]) === undefined);
    await Promise.all(missing.map(({ subject, consent, atUnixMs }) => this.#database.put([subject, consent], atUnixMs)));
  }
}

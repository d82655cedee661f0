import { AHEAD_COUNT_MAX } from './limits.ts';

/** A table that keeps some of what blocks changed in memory, for later blocks to save. */
export interface AheadTable {
  /** What the next block would have to save of it if it were like the last, count. */
  readonly aheadCount: number;
  /** Puts some of that, inside a write transaction with no block staged. @returns how much, count. */
  putAhead(countMax: number): number;
  /** That transaction is durable. */
  settleAhead(): void;
}

/**
 * Saves between two blocks what the later one would have to save of earlier ones: a transaction holds the event loop while it is filled, and
 * that is most of what fills a block's. In several small ones, each ended before the next begins, it holds nobody up.
 *
 * Whatever was saved when a crash came, or nothing of it, the store is as it was: what is not known to be saved is made again at a start.
 */
export class SaveAhead {
  readonly #tables: readonly AheadTable[];
  readonly #transaction: (work: () => void) => Promise<void>;
  readonly #countMin: number;
  #saving: Promise<void> = Promise.resolve();
  #isEnding = false;

  /** @param countMin below which a block saves it itself, count: a transaction waits for the disk. */
  constructor(tables: readonly AheadTable[], transaction: (work: () => void) => Promise<void>, countMin: number) {
    this.#tables = tables;
    this.#transaction = transaction;
    this.#countMin = countMin;
  }

  /** Once a block is settled. What fails is told to whoever ends it. */
  begin(): void {
    this.#isEnding = false;
    this.#saving = this.#save();
    this.#saving.catch(() => undefined);
  }

  /** Before the next block is staged. @throws StoreFault */
  async end(): Promise<void> {
    this.#isEnding = true;
    await this.#saving;
  }

  async #save(): Promise<void> {
    while (!this.#isEnding && this.#count() >= this.#countMin) {
      await this.#transaction(() => {
        let left = AHEAD_COUNT_MAX;
        for (const table of this.#tables) left -= table.putAhead(left);
      });
      for (const table of this.#tables) table.settleAhead();
    }
  }

  #count(): number {
    return this.#tables.reduce((sum, { aheadCount }) => sum + aheadCount, 0);
  }
}

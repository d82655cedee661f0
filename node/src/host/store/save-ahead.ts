import { inSlices } from '../event-loop/in-slices.ts';
import { nextTurn } from '../event-loop/next-turn.ts';
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

export interface AheadWork {
  /** What filling a transaction would have to do first, and needs none. */
  prepareInSteps(): Iterable<void>;
  /** Durable when it resolves. */
  transaction(work: () => void): Promise<void>;
}

/**
 * Saves between two blocks what the later one would have to save of earlier ones: a transaction holds the event loop while it is filled, and
 * that is most of what fills a block's. In several small ones, each ended before the next begins, it holds nobody up.
 *
 * Whatever was saved when a crash came, or nothing of it, the store is as it was: what is not known to be saved is made again at a start.
 */
export class SaveAhead {
  readonly #tables: readonly AheadTable[];
  readonly #work: AheadWork;
  readonly #countMin: number;
  #saving: Promise<void> = Promise.resolve();
  #isEnding = false;

  /** @param countMin below which a block saves it itself, count: a transaction waits for the disk. */
  constructor(tables: readonly AheadTable[], work: AheadWork, countMin: number) {
    this.#tables = tables;
    this.#work = work;
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
    // Whoever waits for the block is answered first.
    await nextTurn();
    while (this.#count() >= this.#countMin) {
      await inSlices(this.#prepareInSteps());
      if (this.#isEnding) return;
      await this.#work.transaction(() => {
        let left = AHEAD_COUNT_MAX;
        for (const table of this.#tables) left -= table.putAhead(left);
      });
      for (const table of this.#tables) table.settleAhead();
    }
  }

  /** The block that ends it shall not wait for more than a step. */
  *#prepareInSteps(): Generator<void> {
    for (const step of this.#work.prepareInSteps()) {
      if (this.#isEnding) return;
      yield step;
    }
  }

  #count(): number {
    return this.#tables.reduce((sum, { aheadCount }) => sum + aheadCount, 0);
  }
}

import { SLICE_MS } from './limits.ts';

/**
 * Spreads pieces of work that arrive together over turns of the event loop. One alone is done at once; once those of a turn have taken a slice,
 * what comes after them waits for the next turn, in order. One socket's messages would else be served in a single turn, however many wait.
 */
export class TurnBudget {
  readonly #nowMs: () => number;
  readonly #waiting: (() => void)[] = [];
  /** When the first piece of this turn began. */
  #sinceMs: number | undefined;
  #isScheduled = false;

  /** @param nowMs monotonic. */
  constructor(nowMs: () => number = () => performance.now()) {
    this.#nowMs = nowMs;
  }

  /** @param work does all of its work before it returns, and throws nothing. */
  run(work: () => void): void {
    if (this.#waiting.length === 0 && this.#isLeft()) return work();
    this.#waiting.push(work);
    this.#schedule();
  }

  /** The same for work that gives something, or fails. */
  take<T>(work: () => T | Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      this.run(() => {
        try {
          resolve(work());
        } catch (error) {
          reject(error);
        }
      });
    });
  }

  #isLeft(): boolean {
    this.#sinceMs ??= this.#nowMs();
    this.#schedule();
    return this.#nowMs() - this.#sinceMs < SLICE_MS;
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    setImmediate(() => {
      this.#isScheduled = false;
      this.#sinceMs = undefined;
      while (this.#waiting.length > 0 && this.#isLeft()) this.#waiting.shift()?.();
    });
  }
}

/** The event loop has one budget, whoever uses it. */
export const turnBudget = new TurnBudget();

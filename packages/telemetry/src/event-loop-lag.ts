import { LAG_EVERY_MS, LAG_MS_MAX } from './limits.ts';

/**
 * What something that comes at any moment waits until its process takes it up. Moments stand on a grid; where a turn of the event loop took
 * longer than the grid is wide, each moment that passed meanwhile counts, as it does for who came then. A timer alone would count a turn of a
 * second once.
 */
export class LagSamples {
  readonly #observe: (seconds: number) => void;
  #dueMs: number;

  /** @param nowMs monotonic, as every time here. */
  constructor(nowMs: number, observe: (seconds: number) => void) {
    this.#dueMs = nowMs + LAG_EVERY_MS;
    this.#observe = observe;
  }

  /** Counts the moments that have passed; of a process that stood still for long the newest ones. Gives the time until the next one, ms. */
  take(nowMs: number): number {
    if (nowMs - this.#dueMs > LAG_MS_MAX) this.#dueMs = nowMs - LAG_MS_MAX;
    for (; this.#dueMs <= nowMs; this.#dueMs += LAG_EVERY_MS) this.#observe((nowMs - this.#dueMs) / 1000);
    return this.#dueMs - nowMs;
  }
}

/** Counts the event loop's lag for as long as the process lives, and keeps no process alive. */
export function watchEventLoop(observe: (seconds: number) => void): void {
  const samples = new LagSamples(performance.now(), observe);
  const wait = (ms: number): void => {
    setTimeout(() => wait(samples.take(performance.now())), Math.ceil(ms)).unref();
  };
  wait(LAG_EVERY_MS);
}

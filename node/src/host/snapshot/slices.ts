import { SLICE_MS } from './limits.ts';

/** Long work in short slices: the event loop turns between them and gets most of the time. */
export class Slices {
  readonly #restMs: number;
  #startedMs = performance.now();

  constructor(restMs: number) {
    this.#restMs = restMs;
  }

  /** Waits when the slice is used up. */
  async turn(): Promise<void> {
    if (performance.now() - this.#startedMs < SLICE_MS) return;
    await new Promise((resolve) => setTimeout(resolve, this.#restMs));
    this.#startedMs = performance.now();
  }
}

import { REST_MS, SLICE_MS } from './limits.ts';

/** Long work in short slices: the event loop turns between them and gets three quarters of the time. */
export class Slices {
  #startedMs = performance.now();

  /** Waits when the slice is used up. */
  async turn(): Promise<void> {
    if (performance.now() - this.#startedMs < SLICE_MS) return;
    await new Promise((resolve) => setTimeout(resolve, REST_MS));
    this.#startedMs = performance.now();
  }
}

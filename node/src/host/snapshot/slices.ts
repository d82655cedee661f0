/** Long work in short slices: the event loop turns between them and gets what is left. */
export class Slices {
  readonly #sliceMs: number;
  readonly #restMs: number;
  #startedMs = performance.now();

  constructor({ sliceMs, restMs }: { readonly sliceMs: number; readonly restMs: number }) {
    this.#sliceMs = sliceMs;
    this.#restMs = restMs;
  }

  /** Waits when the slice is used up. */
  async turn(): Promise<void> {
    if (performance.now() - this.#startedMs < this.#sliceMs) return;
    await new Promise((resolve) => setTimeout(resolve, this.#restMs));
    this.#startedMs = performance.now();
  }
}

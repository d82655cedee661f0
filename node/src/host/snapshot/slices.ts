import { IDLE_REST_MS, LATE_MS } from './limits.ts';

/** Time as slices are cut from it. */
export interface SliceClock {
  /** Monotonic, ms. */
  nowMs(): number;
  sleep(ms: number): Promise<void>;
}

const SYSTEM_CLOCK: SliceClock = {
  nowMs: () => performance.now(),
  sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
};

/**
 * Long work in short slices. Between them the event loop turns, and where that shows that it has work of its own, or the machine has, it is let go
 * for longer: a rest that ends late had to wait for somebody.
 */
export class Slices {
  readonly #sliceMs: number;
  readonly #restMs: number;
  readonly #clock: SliceClock;
  #startedMs: number;

  /** @param restMs between slices while there is other work, at least IDLE_REST_MS. */
  constructor({ sliceMs, restMs }: { readonly sliceMs: number; readonly restMs: number }, clock: SliceClock = SYSTEM_CLOCK) {
    this.#sliceMs = sliceMs;
    this.#restMs = restMs;
    this.#clock = clock;
    this.#startedMs = clock.nowMs();
  }

  /** Whether the slice is used up. */
  get isOver(): boolean {
    return this.#clock.nowMs() - this.#startedMs >= this.#sliceMs;
  }

  /** Until the next slice may begin. */
  async rest(): Promise<void> {
    const endedMs = this.#clock.nowMs();
    await this.#clock.sleep(IDLE_REST_MS);
    const isBusy = this.#clock.nowMs() - endedMs > IDLE_REST_MS + LATE_MS;
    if (isBusy) await this.#clock.sleep(this.#restMs - IDLE_REST_MS);
    this.#startedMs = this.#clock.nowMs();
  }
}

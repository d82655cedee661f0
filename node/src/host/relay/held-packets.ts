import { BACKOFF_MS_MAX, BACKOFF_MS_MIN, HOLD_MS_MAX } from './limits.ts';

interface Hold {
  tries: number;
  untilUnixMs: number;
}

/** Packets that could not be delivered for a reason of their own: each waits, ever longer, and none holds up the others. */
export class HeldPackets {
  readonly #nowUnixMs: () => number;
  readonly #held = new Map<number, Hold>();

  constructor(nowUnixMs: () => number) {
    this.#nowUnixMs = nowUnixMs;
  }

  isHeld(sequence: number): boolean {
    return (this.#held.get(sequence)?.untilUnixMs ?? 0) > this.#nowUnixMs();
  }

  /** How often it was held. */
  tries(sequence: number): number {
    return this.#held.get(sequence)?.tries ?? 0;
  }

  hold(sequence: number): void {
    const tries = this.tries(sequence);
    const ms = Math.min(HOLD_MS_MAX, BACKOFF_MS_MIN * 2 ** Math.min(tries, 20));
    this.#held.set(sequence, { tries: tries + 1, untilUnixMs: this.#nowUnixMs() + ms });
  }

  forget(isGone: (sequence: number) => boolean): void {
    for (const sequence of this.#held.keys()) if (isGone(sequence)) this.#held.delete(sequence);
  }

  /** When to look again, though nothing is heard: as soon as the next of them is due, ms from now. */
  restMs(): number {
    const now = this.#nowUnixMs();
    const waits = [...this.#held.values()].map(({ untilUnixMs }) => untilUnixMs - now).filter((ms) => ms > 0);
    return Math.min(BACKOFF_MS_MAX, ...waits);
  }
}

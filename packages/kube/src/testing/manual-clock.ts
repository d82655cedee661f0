import type { Clock } from '../clock.ts';

/** A clock for tests: time passes only in `advance`. */
export interface ManualClock extends Clock {
  /** Passes time, firing due timers in order; between two timers pending promises settle. */
  advance(ms: number): Promise<void>;
  /** Moves time on without firing anything: what a stalled event loop looks like. Timers fire late, in the next `advance`. */
  stall(ms: number): void;
  /** Sets the wall clock forward or back, as an administrator or NTP does: no time passes. */
  jump(ms: number): void;
  readonly timers: number;
}

export function createManualClock(startUnixMs = 1_790_000_000_000): ManualClock {
  let now = startUnixMs;
  let jumped = 0;
  let sequence = 0;
  const timers = new Map<number, { dueUnixMs: number; fire: () => void }>();

  const settle = async (): Promise<void> => {
    for (let turn = 0; turn < 20; turn++) await Promise.resolve();
  };

  return {
    nowUnixMs: () => now + jumped,
    monotonicMs: () => now,
    setTimer(delayMs, fire) {
      const id = ++sequence;
      timers.set(id, { dueUnixMs: now + delayMs, fire });
      return () => timers.delete(id);
    },
    async advance(ms) {
      const endUnixMs = now + ms;
      await settle();
      for (;;) {
        const due = [...timers].filter(([, timer]) => timer.dueUnixMs <= endUnixMs).sort(([, a], [, b]) => a.dueUnixMs - b.dueUnixMs)[0];
        if (due === undefined) break;
        const [id, timer] = due;
        timers.delete(id);
        now = Math.max(now, timer.dueUnixMs);
        timer.fire();
        await settle();
      }
      now = Math.max(now, endUnixMs);
      await settle();
    },
    stall(ms) {
      now += ms;
    },
    jump(ms) {
      jumped += ms;
    },
    get timers() {
      return timers.size;
    },
  };
}

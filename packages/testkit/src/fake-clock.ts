/** A clock that only a test moves, with timers that fire while it moves. */
export interface FakeClock {
  nowUnixMs(): number;
  /** Runs the callback once, `delayMs` from now. @returns cancels it. */
  setTimer(callback: () => void, delayMs: number): () => void;
  /** Moves time forward; timers due on the way fire in order of time, then of creation. */
  advance(byMs: number): void;
  /** As advance, and lets promises settle before each timer and at the end. */
  advanceAsync(byMs: number): Promise<void>;
  pendingTimerCount(): number;
}

interface Timer {
  readonly dueUnixMs: number;
  readonly callback: () => void;
}

/** @param startUnixMs first reading; the default is 2026-01-01T00:00:00Z. */
export function fakeClock(startUnixMs = 1_767_225_600_000): FakeClock {
  let now = startUnixMs;
  const timers = new Set<Timer>();

  function nextDue(untilUnixMs: number): Timer | undefined {
    let next: Timer | undefined;
    for (const timer of timers)
      if (timer.dueUnixMs <= untilUnixMs && (next === undefined || timer.dueUnixMs < next.dueUnixMs)) next = timer;
    return next;
  }

  function fire(timer: Timer): void {
    timers.delete(timer);
    now = Math.max(now, timer.dueUnixMs);
    timer.callback();
  }

  const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

  return {
    nowUnixMs: () => now,
    setTimer: (callback, delayMs) => {
      const timer: Timer = { dueUnixMs: now + Math.max(0, delayMs), callback };
      timers.add(timer);
      return () => {
        timers.delete(timer);
      };
    },
    advance: (byMs) => {
      const until = now + byMs;
      for (let timer = nextDue(until); timer !== undefined; timer = nextDue(until)) fire(timer);
      now = until;
    },
    advanceAsync: async (byMs) => {
      const until = now + byMs;
      await settle();
      for (let timer = nextDue(until); timer !== undefined; timer = nextDue(until)) {
        fire(timer);
        await settle();
      }
      now = until;
    },
    pendingTimerCount: () => timers.size,
  };
}

/** Time as an input: the runtime asks this for every instant and every timer, so tests decide when time passes. */
export interface Clock {
  /** Milliseconds since the Unix epoch. */
  nowUnixMs(): number;
  /** Milliseconds from some start, which no setting of the machine's clock moves: for ages and deadlines. */
  monotonicMs(): number;
  /** Calls `fire` once after `delayMs` (0 … 2^31 - 1); returns what cancels it. */
  setTimer(delayMs: number, fire: () => void): () => void;
}

/** The machine's clock. Its timers do not keep the process alive on their own. */
export const systemClock: Clock = {
  nowUnixMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  setTimer(delayMs, fire) {
    const timer = setTimeout(fire, delayMs);
    return () => clearTimeout(timer);
  },
};

/** Resolves after `delayMs`, or at once when `signal` is or becomes aborted; true when the whole time has passed. */
export function sleep(clock: Clock, delayMs: number, signal?: AbortSignal): Promise<boolean> {
  if (signal?.aborted) return Promise.resolve(false);
  return new Promise((resolve) => {
    const onAbort = (): void => {
      cancel();
      resolve(false);
    };
    const cancel = clock.setTimer(delayMs, () => {
      signal?.removeEventListener('abort', onAbort);
      resolve(true);
    });
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}

/** RFC 3339 in whole seconds, as metav1.Time is written. */
export function rfc3339Of(unixMs: number): string {
  return `${new Date(unixMs).toISOString().slice(0, 19)}Z`;
}

/** RFC 3339 with microseconds, as metav1.MicroTime is written. */
export function microTimeOf(unixMs: number): string {
  return new Date(unixMs).toISOString().replace(/Z$/, '000Z');
}

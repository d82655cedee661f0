/** A source of numbers in [0, 1); injected so that a test's seed decides. */
export type Random = () => number;

/** Exponential back-off bounds in milliseconds. */
export interface BackoffBounds {
  readonly minMs: number;
  readonly maxMs: number;
}

/**
 * Wait before try number `attempt` (1 is the first repeat): min · 2^(attempt-1), at most max, of which the upper half is random
 * so that many clients do not come back together.
 *
 * @returns Milliseconds, half of the step … the step.
 */
export function backoffMsOf(attempt: number, bounds: BackoffBounds, random: Random): number {
  const stepMs = Math.min(bounds.maxMs, bounds.minMs * 2 ** Math.min(Math.max(attempt, 1) - 1, 30));
  return Math.round(stepMs / 2 + (random() * stepMs) / 2);
}

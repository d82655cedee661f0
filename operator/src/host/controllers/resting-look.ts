import { RESTING_LOOK_EVERY_MS, RESTING_LOOK_MS_MAX } from './limits.ts';

/** Next look at one of `count` things at rest: `soonestMs` while they are few; the more there are, the longer each waits for its turn. */
export function restingLookMs(count: number, soonestMs: number): number {
  return Math.max(soonestMs, Math.min(RESTING_LOOK_MS_MAX, count * RESTING_LOOK_EVERY_MS));
}

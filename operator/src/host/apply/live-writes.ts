import type { Clock } from '@civitas/kube';
import { LIVE_WRITE_EVERY_MS, LIVE_WRITES_BURST_MAX, RESTING_LOOK_MS_MAX } from '../controllers/limits.ts';

/** What all statuses together may write of what changes all the time. */
export interface LiveWrites {
  /** Whether this object's status may be written now; then it counts as written. */
  take(key: string): boolean;
}

/** An object that has not asked for two of its turns has gone, or has nothing new any more. */
const GONE_AFTER_MS = 2 * RESTING_LOOK_MS_MAX;

/**
 * However many objects there are, the API server hears of their heights at one pace; metrics carry them live. Whoever asked first is first:
 * all of them ask by clocks of their own, and with the first come the same few would be served for ever.
 */
export function createLiveWrites(clock: Clock): LiveWrites {
  let [allowance, sinceMs] = [LIVE_WRITES_BURST_MAX, clock.monotonicMs()];
  /** By who waits, in the order in which they began to: when they asked last. */
  const waiting = new Map<string, number>();

  return {
    take(key) {
      const nowMs = clock.monotonicMs();
      const earned = Math.floor((nowMs - sinceMs) / LIVE_WRITE_EVERY_MS);
      sinceMs += earned * LIVE_WRITE_EVERY_MS;
      allowance = Math.min(LIVE_WRITES_BURST_MAX, allowance + earned);
      for (const [other, askedMs] of waiting) if (nowMs - askedMs > GONE_AFTER_MS) waiting.delete(other);
      waiting.set(key, nowMs);
      const isNext = [...waiting.keys()].slice(0, allowance).includes(key);
      if (!isNext) return false;
      waiting.delete(key);
      allowance--;
      return true;
    },
  };
}

import type { Clock } from '@civitas/kube';
import { LIVE_WRITE_EVERY_MS, LIVE_WRITES_BURST_MAX } from '../controllers/limits.ts';

/** What all statuses together may write of what changes all the time. */
export interface LiveWrites {
  /** Whether one more may be written now; then it counts as written. */
  take(): boolean;
}

/** However many objects there are, the API server hears of their heights at one pace; metrics carry them live. */
export function createLiveWrites(clock: Clock): LiveWrites {
  let [allowance, sinceMs] = [LIVE_WRITES_BURST_MAX, clock.monotonicMs()];
  return {
    take() {
      const earned = Math.floor((clock.monotonicMs() - sinceMs) / LIVE_WRITE_EVERY_MS);
      sinceMs += earned * LIVE_WRITE_EVERY_MS;
      allowance = Math.min(LIVE_WRITES_BURST_MAX, allowance + earned);
      if (allowance === 0) return false;
      allowance--;
      return true;
    },
  };
}

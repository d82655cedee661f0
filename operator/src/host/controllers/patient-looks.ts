import type { Clock } from '@civitas/kube';
import { PROPOSAL_POLL_MS, PROPOSAL_POLL_MS_MAX } from './limits.ts';

/** Share of the time that something has waited already after which it is looked at again. */
const SHARE_OF_WAIT = 0.1;

/** When to look again at what people decide, who may take days: soon while it is fresh, later the longer nothing moves. */
export interface PatientLooks {
  /**
   * @param key of the object that waits.
   * @param state text that differs as soon as anything has moved; the wait counts from the first look that met it.
   * @returns ms until the next look, PROPOSAL_POLL_MS … PROPOSAL_POLL_MS_MAX.
   */
  next(key: string, state: string): number;
  /** It waits for nobody any more. */
  forget(key: string): void;
}

export function createPatientLooks(clock: Pick<Clock, 'nowUnixMs'>): PatientLooks {
  const waits = new Map<string, { readonly state: string; readonly sinceUnixMs: number }>();
  return {
    next(key, state) {
      const nowUnixMs = clock.nowUnixMs();
      const known = waits.get(key);
      const wait = known?.state === state ? known : { state, sinceUnixMs: nowUnixMs };
      waits.set(key, wait);
      const share = Math.round((nowUnixMs - wait.sinceUnixMs) * SHARE_OF_WAIT);
      return Math.min(PROPOSAL_POLL_MS_MAX, Math.max(PROPOSAL_POLL_MS, share));
    },
    forget: (key) => void waits.delete(key),
  };
}

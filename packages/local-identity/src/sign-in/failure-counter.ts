import { ADDRESS_FAILURES_FREE, COUNTED_MAX, FAILURES_KEPT_MS, PAUSE_MS_MAX, PAUSE_MS_MIN, PERSON_FAILURES_FREE } from '../limits.ts';

interface Count {
  readonly failures: number;
  readonly lastAtMs: number;
}

export interface FailureCounter {
  /** Milliseconds until this person, or this address, may try again; 0 when now. */
  readonly waitMs: (person: string, address: string) => number;
  /** An attempt begins: it counts as failed until it is known to be right, so that many at once gain nothing. */
  readonly begin: (person: string, address: string) => void;
  /** Forgets the person's failures and takes this one attempt off the address, which keeps its others. */
  readonly succeeded: (person: string, address: string) => void;
}

function pauseMs(failures: number, freeFailures: number): number {
  if (failures < freeFailures) return 0;
  return Math.min(PAUSE_MS_MAX, PAUSE_MS_MIN * 2 ** Math.min(20, failures - freeFailures));
}

/**
 * Counts wrong passwords and codes by person, known or not, and by address; each failure beyond the free ones doubles the pause. In
 * memory: a restart forgives, and nobody outside can cause one.
 *
 * @param nowMs clock, milliseconds; only differences count.
 */
export function createFailureCounter(nowMs: () => number): FailureCounter {
  const counts = new Map<string, Count>();
  const read = (key: string): Count => {
    const count = counts.get(key);
    return count !== undefined && nowMs() - count.lastAtMs < FAILURES_KEPT_MS ? count : { failures: 0, lastAtMs: 0 };
  };
  const count = (key: string): void => {
    const { failures } = read(key);
    counts.delete(key);
    counts.set(key, { failures: failures + 1, lastAtMs: nowMs() });
    const [oldest] = counts.keys();
    if (counts.size > COUNTED_MAX && oldest !== undefined) counts.delete(oldest);
  };
  const waitOf = (key: string, freeFailures: number): number => {
    const { failures, lastAtMs } = read(key);
    return Math.max(0, lastAtMs + pauseMs(failures, freeFailures) - nowMs());
  };
  const personKey = (person: string): string => `person ${person.trim().toLowerCase()}`;
  return {
    waitMs: (person, address) =>
      Math.max(waitOf(personKey(person), PERSON_FAILURES_FREE), waitOf(`address ${address}`, ADDRESS_FAILURES_FREE)),
    begin: (person, address) => {
      count(personKey(person));
      count(`address ${address}`);
    },
    succeeded: (person, address) => {
      counts.delete(personKey(person));
      const { failures, lastAtMs } = read(`address ${address}`);
      if (failures > 0) counts.set(`address ${address}`, { failures: failures - 1, lastAtMs });
    },
  };
}

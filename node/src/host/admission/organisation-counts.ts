import type { Refusal, Result } from '@civitas/canon';
import type { Instruments, nodeMetrics } from '@civitas/telemetry';
import { COUNTED_ORGANISATIONS_MAX } from './limits.ts';

/** Counts what one call of an organisation came to; `full`: what is said to those that would have been admitted. */
export type CountOrganisation = (organisation: string, answers: readonly Result<unknown>[], full: Refusal | undefined) => void;

const THROTTLES: ReadonlySet<string> = new Set(['RATE_LIMITED', 'QUEUE_FULL']);

/** Counts by organisation for the first that come; all others share `other`, so that the number of series stays small. */
export function followOrganisations(counter: Instruments<typeof nodeMetrics>['organisationOperations']): CountOrganisation {
  const named = new Set<string>();
  const nameOf = (organisation: string): string => {
    if (named.has(organisation)) return organisation;
    if (named.size >= COUNTED_ORGANISATIONS_MAX) return 'other';
    named.add(organisation);
    counter.begin({ organisation });
    return organisation;
  };
  return (organisation, answers, full) => {
    const counts = { admitted: 0, refused: 0, throttled: 0 };
    for (const answer of answers) counts[kindOf(answer.ok ? full : answer.refusal)] += 1;
    const name = nameOf(organisation);
    for (const result of ['admitted', 'refused', 'throttled'] as const) {
      if (counts[result] > 0) counter.inc({ organisation: name, result }, counts[result]);
    }
  };
}

function kindOf(refusal: Refusal | undefined): 'admitted' | 'refused' | 'throttled' {
  if (refusal === undefined) return 'admitted';
  return THROTTLES.has(refusal.code) ? 'throttled' : 'refused';
}

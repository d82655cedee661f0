import type { JsonObject } from '@civitas/canon';
import { type Outcome, refused } from './contract.ts';

/** The one code list of all domains (reference/domains.md §4.0). Codes are API: never reused. */
export const CODES = [
  'NOT_AUTHORISED',
  'POLICY_DENIED',
  'CONSENT_MISSING',
  'CONSENT_SPENT',
  'STALE_PROOF',
  'CLIENT_FROZEN',
  'LOCKED',
  'LIMIT',
  'STATE',
  'DUPLICATE',
  'RULE_UNMET',
] as const;
export type Code = (typeof CODES)[number];

export type RefusedOutcome = Outcome & { readonly ok: false };

/** A refusal with one of the domains' codes; `reason` is a stable kebab-case word for machines, other facts stand beside it. */
export function no(code: Code, reason: string, facts: JsonObject = {}): RefusedOutcome {
  return refused(code, { reason, ...facts }, code === 'LIMIT' ? 'retry' : 'drop');
}

/** STATE: the record is not in a state in which this is possible. */
export function wrongState(record: string, status: string): RefusedOutcome {
  return no('STATE', 'wrong-status', { record, status });
}

/** STATE: there is no such record. */
export function absent(record: string): RefusedOutcome {
  return no('STATE', 'absent', { record });
}

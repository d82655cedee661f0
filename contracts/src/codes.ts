import type { CodeMeanings, JsonObject } from '@civitas/canon';
import { type Outcome, refused } from './contract.ts';

/** The one code list of all domains (reference/domains.md §4.0). Codes are API: never reused. */
export const CODES = {
  NOT_AUTHORISED: {
    meaning: 'The caller, its role, or a signature in the arguments may not do this.',
    remedy: 'Act as the party the rule names; `reason` says which.',
  },
  POLICY_DENIED: {
    meaning: 'The ledger asked allows no such question for this purpose.',
    remedy: 'Its rule-maker sets a policy, or the question is not asked.',
  },
  CONSENT_MISSING: { meaning: 'There is no consent of the citizen for exactly this request.', remedy: 'Ask the citizen.' },
  CONSENT_SPENT: { meaning: 'The consent was used up, withdrawn or has run out.', remedy: 'Ask the citizen for a new one.' },
  STALE_PROOF: { meaning: 'A proof was true but is too old for this use.', remedy: 'Prove it again.' },
  CLIENT_FROZEN: {
    meaning: 'The light client of the other network is frozen after misbehaviour.',
    remedy: 'Its members decide over it (docs/runbooks/CivitasLinkStuck.md).',
  },
  LOCKED: { meaning: 'The value is reserved by a case that is still open.', remedy: 'Wait for that case, or end it.' },
  LIMIT: { meaning: 'A limit is reached; `reason` or `limit` names it.', remedy: 'Ask for less, or wait for the window to pass.' },
  STATE: {
    meaning: 'The record is not in a state that allows this, or there is none.',
    remedy: 'Read the record; do what its state calls for.',
  },
  DUPLICATE: { meaning: 'The same was done already.', remedy: 'Nothing: read the record that stands.' },
  RULE_UNMET: { meaning: 'A rule of the domain does not hold; `reason` names it.', remedy: 'Meet the rule, or decide otherwise.' },
} as const satisfies CodeMeanings;
export type Code = keyof typeof CODES;

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

import { type Envelope, type HistoryLine, table } from '../../../record.ts';
import type { ViewRequest } from './view-request.ts';

/** Who may ask what: one record for each caller, predicate and purpose; whatever has no record is denied. */
export type Policy = Envelope & {
  readonly callerNetwork: string;
  readonly callerOrganisation: string;
  readonly callerContract: string;
  readonly predicate: string;
  readonly purpose: string;
  readonly consent: 'required' | 'none';
  readonly ratePerDay: number;
  readonly answerAgeMsMax: number;
  readonly disclosure: 'immediate' | 'delayed';
  readonly delayMs: number;
  readonly enabled: boolean;
  readonly policyVersion: number;
};

export type AccessRequest = {
  readonly schema: string;
  readonly requestHash: string;
  readonly request: ViewRequest;
  readonly peer: string;
  /** Contract that asked, and that hears of a revocation. */
  readonly port: string;
  readonly sequence: number;
  readonly policy: string;
  readonly policyVersion: number;
  readonly receivedUnixMs: number;
  readonly dueUnixMs: number;
  readonly status: 'waiting' | 'released' | 'denied';
  /** Code and reason of a denial, else ''. */
  readonly code: string;
  readonly reason: string;
  readonly history: readonly HistoryLine[];
};

/** Proof that a person's data was read: no answer is accepted anywhere without it. */
export type AccessRecord = Envelope & {
  /** `released`: an answer to another ledger. `read`: a clinician's own reading. */
  readonly status: 'released' | 'read';
  readonly requestHash: string;
  readonly requester: string;
  readonly requesterNetwork: string;
  readonly custodian: string;
  readonly subject: string;
  readonly what: string;
  readonly purpose: string;
  readonly basis: string;
  readonly documents: readonly string[];
  /** Commitment of the answer, and the vault's name of it; '' for a reading. */
  readonly commitment: string;
  readonly reference: string;
  readonly attestation: string;
  readonly policyVersion: number;
  readonly disclosure: 'immediate' | 'delayed';
  readonly visibleFromUnixMs: number;
  readonly handle: string;
  readonly atUnixMs: number;
  /** When the requester said that it has the value; 0 until then: "released, not delivered". */
  readonly deliveredUnixMs: number;
  readonly digest: 'sent' | 'acknowledged' | 'undelivered';
};

export const policies = table<Policy>('policies');
/** Every version a policy had: `<policy>@<version>`. */
export const policyVersions = table<Policy>('policy-versions');
export const requests = table<AccessRequest>('requests');
export const records = table<AccessRecord>('records');
/** `<custodian>.<request hash>` while it waits. */
export const waiting = table<{ readonly requestHash: string; readonly dueUnixMs: number }>('waiting');
/** `<policy>.<day>` → requests received that day. */
export const rates = table<{ readonly count: number }>('rates');
/** Nullifier of a bill → who it was released to: one bill opens no second fund. */
export const bills = table<{ readonly requester: string; readonly requesterNetwork: string }>('bills');

export type PolicyKey = Pick<Policy, 'callerNetwork' | 'callerOrganisation' | 'callerContract' | 'predicate' | 'purpose'>;

export function policyId(key: PolicyKey): string {
  return `${key.callerNetwork}.${key.callerOrganisation}.${key.callerContract}.${key.predicate}.${key.purpose}`;
}

import type { ViewRequest } from '../../../health/access/v1/view-request.ts';
import { type Envelope, type HistoryLine, table } from '../../../record.ts';

export type ApplicationStatus = 'open' | 'proven' | 'approved' | 'rejected' | 'cancelled' | 'paid' | 'claw-back' | 'recovered';

export type Application = Envelope & {
  readonly account: string;
  readonly subject: string;
  /** Withdrawal reason of the national code list; 09 is serious illness. */
  readonly reason: string;
  readonly amountFen: number;
  /** Rules and catalogue of the day it was made: the decision is pinned to them. */
  readonly rulesVersion: number;
  readonly catalogueVersion: number;
  readonly requiredProofs: readonly string[];
  readonly status: ApplicationStatus;
  /** `organisation:actor` of everyone who handled it; none of them decides. */
  readonly handlers: readonly string[];
  /** Request hashes, oldest first; the last one counts. */
  readonly views: readonly string[];
  readonly decideDueUnixMs: number;
  readonly escalated: boolean;
  readonly decision: string;
  readonly reasons: readonly string[];
  readonly decidedBy: string;
  readonly bankReference: string;
  readonly paidUnixMs: number;
  /** Why the attestation was revoked, or ''. */
  readonly revoked: string;
  readonly history: readonly HistoryLine[];
};

export type ViewStatus = 'sent' | 'waiting' | 'answered' | 'attached' | 'denied' | 'timed-out' | 'past-due';

export type ViewRecord = Envelope & {
  readonly requestHash: string;
  readonly application: string;
  readonly request: ViewRequest;
  readonly source: string;
  readonly sequence: number;
  readonly status: ViewStatus;
  readonly timeoutUnixMs: number;
  readonly dueUnixMs: number;
  /** Of the proven answer; '' before. */
  readonly commitment: string;
  readonly reference: string;
  readonly billNullifier: string;
  readonly answeredUnixMs: number;
  /** Of a denial, else ''. */
  readonly code: string;
  readonly denial: string;
  readonly history: readonly HistoryLine[];
};

export const applications = table<Application>('applications');
export const views = table<ViewRecord>('views');
/** `<account>.<reason>` → the open application. */
export const openOnes = table<{ readonly application: string }>('open');
/** `<subject>.<reason>` → last payout. */
export const lastPaid = table<{ readonly paidUnixMs: number; readonly application: string }>('last-paid');
/** Nullifier of a bill → the application that it proves. */
export const bills = table<{ readonly application: string }>('bills');
/** Bank's reference → the payment, out or back. */
export const payments = table<Envelope & { readonly application: string; readonly amountFen: number }>('payments');

export function openId(application: Pick<Application, 'account' | 'reason'>): string {
  return `${application.account}.${application.reason}`;
}

export function lastPaidId(application: Pick<Application, 'subject' | 'reason'>): string {
  return `${application.subject}.${application.reason}`;
}

import { type Envelope, table } from '../../../record.ts';

/** `open` covers created, sent, notified and penalised, which the dates tell apart. */
export type FineStatus = 'created' | 'sent' | 'notified' | 'penalised' | 'paid' | 'collection' | 'waived' | 'refund-due' | 'refunded';
export const FINAL: readonly FineStatus[] = ['collection', 'waived', 'refunded'];
export const UNPAID: readonly FineStatus[] = ['created', 'sent', 'notified', 'penalised'];

export type FineEvent = {
  readonly eventId: string;
  readonly event: string;
  readonly onUnixMs: number;
  readonly by: string;
  readonly height: number;
  /** Of the event's arguments, for repeats. */
  readonly argsHash: string;
};

export type Fine = Envelope & {
  readonly violation: string;
  readonly officer: string;
  readonly article: number;
  readonly vehicleClass: string;
  readonly points: number;
  readonly dismissal: string;
  readonly createdOnUnixMs: number;
  /** As created; a penalty is measured against it. */
  readonly principalFen: number;
  /** Owed without expenses: the principal, or the total with penalty. */
  readonly amountFen: number;
  readonly expenseFen: number;
  readonly paidFen: number;
  readonly status: FineStatus;
  readonly notifiedOnUnixMs: number;
  /** Rules that the last rule-bound step followed; 0 when none was in force on the case's date. */
  readonly ruleVersion: number;
  readonly prefecture: 'none' | 'inserted' | 'sent' | 'received' | 'notified';
  readonly appeal: 'none' | 'court' | 'upheld' | 'waived' | 'undelivered';
  readonly courtItem: string;
  readonly receipt: string;
  readonly receiptStatus: 'none' | 'sent' | 'issued' | 'refused' | 'reversal-sent' | 'reversal-refused' | 'reversed';
  readonly events: readonly FineEvent[];
};

export const fines = table<Fine>('fines');
/** Payment reference → the payment: money is counted once. */
export const payments = table<Envelope & { readonly fine: string; readonly amountFen: number; readonly channel: string }>('payments');
/** Receipt code → last number given. */
export const counters = table<{ readonly last: number }>('counters');

/** Still owed, fen. */
export function dueFen(fine: Fine): number {
  return fine.amountFen + fine.expenseFen - fine.paidFen;
}

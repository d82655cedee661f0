import { createHmac } from 'node:crypto';
import { type Bytes, encodeCanonical, type Json } from '@civitas/canon';
import type { Call } from '../../sdk/sign-operation.ts';
import type { FineEvent } from './fine-event.ts';

const CONTRACT = 'transport.fine@v1';

/** Whose profile submits an event. */
export type FineParty = 'police' | 'bank';

export interface FineOperation {
  readonly party: FineParty;
  readonly call: Call;
}

/** 16 bytes under the organisation's index key, base64url: the same content names the same record at every run. */
export function keyedId(indexKey: Bytes, parts: readonly Json[]): string {
  return createHmac('sha256', indexKey).update(encodeCanonical(parts)).digest().subarray(0, 16).toString('base64url');
}

/** The fine of a case. */
export function fineIdOf(indexKey: Bytes, caseId: string): string {
  return keyedId(indexKey, ['fine', caseId]);
}

/** Independent of the file: case, activity, day, and which one of that day. */
export function eventIdOf(indexKey: Bytes, event: Pick<FineEvent, 'caseId' | 'activity' | 'day' | 'occurrence'>): string {
  return keyedId(indexKey, ['fine-event', event.caseId, event.activity, event.day, event.occurrence]);
}

const METHODS = {
  'Send Fine': 'send',
  'Insert Fine Notification': 'notify',
  'Add penalty': 'addPenalty',
  Payment: 'pay',
  'Insert Date Appeal to Prefecture': 'insertAppeal',
  'Send Appeal to Prefecture': 'sendAppeal',
  'Receive Result Appeal from Prefecture': 'receiveAppealResult',
  'Notify Result Appeal to Offender': 'notifyAppealResult',
  'Appeal to Judge': 'appealToJudge',
  'Send for Credit Collection': 'sendToCollection',
} as const;

/** Articles and officers are codes in the log: `157`, `541`. */
function articleOf(event: FineEvent): number {
  return Number(event.article ?? '0');
}

function createCall(indexKey: Bytes, event: FineEvent): Call {
  const { dismissal, officer } = event;
  const args = {
    id: fineIdOf(indexKey, event.caseId),
    violation: null,
    officer: `officer-${officer ?? 'unknown'}`.toLowerCase(),
    amountFen: event.amountMinor ?? 0,
    article: articleOf(event),
    vehicleClass: event.vehicleClass ?? 'A',
    points: event.points ?? 0,
    dismissal: dismissal === undefined || dismissal === 'NIL' ? null : dismissal,
    onUnixMs: event.atUnixMs,
  };
  return { contract: CONTRACT, method: 'create', role: 'police', args };
}

function ownArgs(event: FineEvent, eventId: string): Record<string, Json> {
  switch (event.activity) {
    case 'Send Fine':
      return { expenseFen: event.expenseMinor ?? 0 };
    case 'Insert Fine Notification':
      return { notificationType: event.notificationType ?? 'P', lastSent: event.lastSent ?? null };
    case 'Add penalty':
      return { amountFen: event.amountMinor ?? 0 };
    case 'Payment':
      return { amountFen: event.paymentMinor ?? 0, channel: 'counter', paymentReference: `log-${eventId}` };
    case 'Appeal to Judge':
      return { evidence: null };
    default:
      return {};
  }
}

/** The operation an event of the log becomes (contracts/FLOWS.md section 3). */
export function fineOperationOf(indexKey: Bytes, event: FineEvent): FineOperation {
  if (event.activity === 'Create Fine') return { party: 'police', call: createCall(indexKey, event) };
  const eventId = eventIdOf(indexKey, event);
  const args = { fine: fineIdOf(indexKey, event.caseId), eventId, onUnixMs: event.atUnixMs, ...ownArgs(event, eventId) };
  const party = event.activity === 'Payment' ? 'bank' : 'police';
  return { party, call: { contract: CONTRACT, method: METHODS[event.activity], role: party, args } };
}

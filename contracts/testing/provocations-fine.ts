import type { JsonObject } from '@civitas/canon';
import type { Outcome } from '@civitas/contracts';
import { aHash, anId, BY, committed, type Flows } from './flows.ts';
import { type Provocation, say, set } from './provocations.ts';

const DAY_MS = 86_400_000;
const FINE = (id: string) => `transport.fine/fines/${id}`;
const create = (f: Flows, changed: JsonObject = {}, violation: string | null = null) =>
  say(f, 'transport.fine create', BY.police, f.fineArgs(violation, changed));
const evidence = committed({ sha256: aHash('photo') }, 'photo').commitment;

/** What each step needs besides the case, and who takes it. */
const STEPS: Readonly<Record<string, { readonly by: Parameters<Flows['call']>[1]['by']; readonly more: JsonObject }>> = {
  send: { by: BY.police, more: { expenseFen: 10 } },
  notify: { by: BY.police, more: { notificationType: 'P', lastSent: null } },
  addPenalty: { by: BY.police, more: { amountFen: 7_000 } },
  pay: { by: BY.bank, more: { amountFen: 1, channel: 'bank', paymentReference: 'pay-0009' } },
  insertAppeal: { by: BY.police, more: {} },
  sendAppeal: { by: BY.police, more: {} },
  receiveAppealResult: { by: BY.police, more: {} },
  notifyAppealResult: { by: BY.police, more: {} },
  appealToJudge: { by: BY.cityPortal, more: { evidence } },
  sendToCollection: { by: BY.police, more: {} },
  refund: { by: BY.bank, more: { amountFen: 4_500, paymentReference: 'refund-0001' } },
};

function step(f: Flows, method: string, fine: string, changed: JsonObject = {}): Outcome {
  const { by, more } = STEPS[method] ?? { by: BY.police, more: {} };
  return say(f, `transport.fine ${method}`, by, { ...f.step(fine, `event-${method}`), ...more, ...changed });
}

/** An earlier event with the same id and other content; a case with too many events; a date in the future: alike for every step. */
function common(method: string): readonly Provocation[] {
  const event = { event: 'other', onUnixMs: 0, by: 'x', height: 1, argsHash: aHash('other') };
  return [
    [
      `transport.fine ${method} DUPLICATE other-content`,
      (f) => {
        const fine = f.fine();
        set(f, FINE(fine), { events: [{ ...event, eventId: anId(`event-${method}`) }] });
        return step(f, method, fine);
      },
    ],
    [
      `transport.fine ${method} LIMIT events`,
      (f) => {
        const fine = f.fine();
        set(f, FINE(fine), { events: Array.from({ length: 40 }, (_, at) => ({ ...event, eventId: anId(`e${at}`) })) });
        return step(f, method, fine);
      },
    ],
    [`transport.fine ${method} RULE_UNMET date-ahead`, (f) => step(f, method, f.fine(), { onUnixMs: f.city.nowUnixMs + DAY_MS })],
    [
      `transport.fine ${method} STATE wrong-status`,
      (f) => {
        const fine = f.fine();
        set(f, FINE(fine), { status: 'waived' });
        return step(f, method, fine);
      },
    ],
  ];
}

const inCourt = (f: Flows): string => {
  const fine = f.notified();
  set(f, FINE(fine), { appeal: 'court' });
  return fine;
};

export const fineProvocations: readonly Provocation[] = [
  ...Object.keys(STEPS).flatMap(common),
  ['transport.fine create DUPLICATE other-content', (f) => (create(f), create(f, { points: 1 }))],
  ['transport.fine create RULE_UNMET violation-or-officer', (f) => create(f, { officer: null })],
  ['transport.fine create RULE_UNMET violation-not-confirmed', (f) => create(f, {}, anId('violation'))],
  ['transport.fine create RULE_UNMET date-ahead', (f) => create(f, { onUnixMs: f.city.nowUnixMs + DAY_MS })],
  ['transport.fine send RULE_UNMET before-creation', (f) => step(f, 'send', f.fine(), { onUnixMs: 0 })],
  ['transport.fine send STATE absent', (f) => step(f, 'send', anId('nobody'))],
  ['transport.fine send STATE sent-before', (f) => step(f, 'send', f.notified())],
  ['transport.fine notify STATE notified-before', (f) => step(f, 'notify', f.notified())],
  ['transport.fine addPenalty RULE_UNMET appeal-pending', (f) => step(f, 'addPenalty', inCourt(f))],
  ['transport.fine addPenalty RULE_UNMET penalty-lowers', (f) => step(f, 'addPenalty', f.notified(), { amountFen: 1 })],
  ['transport.fine addPenalty RULE_UNMET penalty-above-rule', (f) => step(f, 'addPenalty', f.notified(), { amountFen: 10_501 })],
  ['transport.fine sendToCollection RULE_UNMET appeal-pending', (f) => step(f, 'sendToCollection', inCourt(f))],
  ['transport.fine pay DUPLICATE paid', (f) => step(f, 'pay', f.paidFine().fine)],
  ['transport.fine pay DUPLICATE payment-counted', (f) => step(f, 'pay', f.paidFine().fine, { paymentReference: 'pay-0001' })],
  ['transport.fine pay RULE_UNMET overpay', (f) => step(f, 'pay', f.notified(), { amountFen: 4_501 })],
  [
    'transport.fine pay LIMIT receipt-numbers',
    (f) => {
      const fine = f.notified();
      set(f, 'transport.fine/counters/33010126', { last: 9_999_999_999 });
      return step(f, 'pay', fine, { amountFen: 4_500 });
    },
  ],
  ['transport.fine insertAppeal STATE not-notified', (f) => step(f, 'insertAppeal', f.fine())],
  ['transport.fine receiveAppealResult STATE prefecture', (f) => step(f, 'receiveAppealResult', f.notified())],
  ['transport.fine appealToJudge STATE appealed-before', (f) => step(f, 'appealToJudge', f.appealed().fine)],
  ['transport.fine appealToJudge RULE_UNMET other-evidence', (f) => step(f, 'appealToJudge', f.notified(), { evidence: null })],
  [
    'transport.fine appealToJudge RULE_UNMET appeal-period-over',
    (f) => {
      const fine = f.notified();
      f.city.advance(60 * DAY_MS);
      return step(f, 'appealToJudge', fine);
    },
  ],
  ['transport.fine refund RULE_UNMET other-amount', (f) => step(f, 'refund', f.ruled().fine, { amountFen: 1 })],
  ['transport.fine refund DUPLICATE payment-counted', (f) => step(f, 'refund', f.ruled().fine, { paymentReference: 'pay-0001' })],
  [
    'transport.fine refund STATE receipt-not-reversed',
    (f) => {
      const { fine } = f.ruled();
      set(f, FINE(fine), { receiptStatus: 'reversal-refused' });
      return step(f, 'refund', fine);
    },
  ],
  [
    'transport.fine resendReceipt STATE receipt-status',
    (f) => say(f, 'transport.fine resendReceipt', BY.police, { fine: f.paidFine().fine }),
  ],
  [
    'transport.fine retryReversal STATE receipt-status',
    (f) => say(f, 'transport.fine retryReversal', BY.police, { fine: f.paidFine().fine }),
  ],
];

import { chainIdOf } from '../../../chain-id-of.ts';
import { rulesInForce } from '../../../city/rulebook/v1/rules-in-force.ts';
import { absent, no, wrongState } from '../../../codes.ts';
import { type Context, done, method, type Outcome } from '../../../contract.ts';
import { PACKET_LIFE_MS } from '../../../limits.ts';
import { envelopeOf } from '../../../record.ts';
import { fields, Id, oneOf, PositiveFen, Reference } from '../../../schema.ts';
import { CaseStep, closeStep, openStep } from './case-event.ts';
import { RECEIPT_CODE_UNSET, RECEIPT_NUMBER_MAX } from './limits.ts';
import { counters, dueFen, type Fine, fines, payments, UNPAID } from './records.ts';

/** Asks city to issue or reverse the receipt of a fine. */
export function sendReceipt(ctx: Context, id: string, asked: { kind: 'issue' | 'reverse'; fine: Fine }): Outcome | undefined {
  const { fine, kind } = asked;
  const value = { kind, receipt: fine.receipt, amountFen: fine.paidFen, cause: id };
  const sent = ctx.send({
    destination: chainIdOf(ctx, 'city'),
    timeoutUnixMs: ctx.timeUnixMs + PACKET_LIFE_MS,
    payloads: [{ port: 'city.fiscal-receipt', version: 'v1', encoding: 'json', value }],
    purpose: 'payment-management',
    basis: 'legal-obligation',
  });
  return sent.ok ? undefined : sent;
}

function nextReceipt(ctx: Context): { readonly ok: true; readonly receipt: string } | (Outcome & { readonly ok: false }) {
  const code = rulesInForce(ctx, 'transport', ctx.timeUnixMs)?.values.receiptCode ?? RECEIPT_CODE_UNSET;
  const number = (counters.find(ctx, code)?.last ?? 0) + 1;
  if (number > RECEIPT_NUMBER_MAX) return no('LIMIT', 'receipt-numbers', { code });
  counters.put(ctx, code, { last: number });
  return { ok: true, receipt: `${code}-${String(number).padStart(10, '0')}` };
}

export const pay = method({
  summary: 'Counts a payment; paid in full sends for the fiscal receipt. Never more than is owed, never twice.',
  args: fields({ ...CaseStep, amountFen: PositiveFen, channel: oneOf('counter', 'bank', 'portal'), paymentReference: Reference }),
  roles: ['bank', 'portal', 'police'],
  refusals: ['STATE', 'RULE_UNMET', 'DUPLICATE', 'LIMIT'],
  events: ['FineChanged'],
  run(ctx, args) {
    const step = openStep(ctx, 'pay', args);
    if (!step.ok) return step.outcome;
    const { fine, event } = step;
    const { amountFen, channel, paymentReference } = args;
    if (payments.find(ctx, paymentReference) !== undefined) return no('DUPLICATE', 'payment-counted', { paymentReference });
    if (fine.status === 'paid') return no('DUPLICATE', 'paid', { record: args.fine });
    if (!UNPAID.includes(fine.status)) return wrongState(args.fine, fine.status);
    if (amountFen > dueFen(fine)) return no('RULE_UNMET', 'overpay', { dueFen: dueFen(fine) });
    payments.put(ctx, paymentReference, {
      ...envelopeOf(ctx, 'transport.fine/payment@v1', args),
      fine: args.fine,
      amountFen,
      channel,
    });
    const counted: Fine = { ...fine, paidFen: fine.paidFen + amountFen };
    if (dueFen(counted) > 0) return closeStep(ctx, args.fine, counted, event);
    const numbered = nextReceipt(ctx);
    if (!numbered.ok) return numbered;
    const paid: Fine = { ...counted, status: 'paid', receipt: numbered.receipt, receiptStatus: 'sent' };
    const unsent = sendReceipt(ctx, args.fine, { kind: 'issue', fine: paid });
    return unsent ?? closeStep(ctx, args.fine, paid, event);
  },
});

export const refund = method({
  summary: 'Pays a waived fine back, once its receipt is reversed.',
  args: fields({ ...CaseStep, amountFen: PositiveFen, paymentReference: Reference }),
  roles: ['bank'],
  refusals: ['STATE', 'RULE_UNMET', 'DUPLICATE', 'LIMIT'],
  events: ['FineChanged'],
  run(ctx, args) {
    const step = openStep(ctx, 'refund', args);
    if (!step.ok) return step.outcome;
    const { fine, event } = step;
    if (payments.find(ctx, args.paymentReference) !== undefined)
      return no('DUPLICATE', 'payment-counted', { paymentReference: args.paymentReference });
    if (fine.status !== 'refund-due') return wrongState(args.fine, fine.status);
    // A receipt that city never took needs no reversal.
    if (fine.receipt !== '' && fine.receiptStatus !== 'reversed' && fine.receiptStatus !== 'refused')
      return no('STATE', 'receipt-not-reversed', { receiptStatus: fine.receiptStatus });
    if (args.amountFen !== fine.paidFen) return no('RULE_UNMET', 'other-amount', { paidFen: fine.paidFen });
    const { amountFen } = args;
    const envelope = envelopeOf(ctx, 'transport.fine/payment@v1', args);
    payments.put(ctx, args.paymentReference, { ...envelope, fine: args.fine, amountFen: -amountFen, channel: 'refund' });
    return closeStep(ctx, args.fine, { ...fine, status: 'refunded', paidFen: 0 }, event);
  },
});

function resend(
  ctx: Context,
  id: string,
  asked: { kind: 'issue' | 'reverse'; from: Fine['receiptStatus']; to: Fine['receiptStatus'] },
): Outcome {
  const fine = fines.find(ctx, id);
  if (fine === undefined) return absent(id);
  if (asked.kind === 'issue' && fine.status !== 'paid') return wrongState(id, fine.status);
  if (fine.receiptStatus !== asked.from) return no('STATE', 'receipt-status', { receiptStatus: fine.receiptStatus });
  const unsent = sendReceipt(ctx, id, { kind: asked.kind, fine });
  if (unsent !== undefined) return unsent;
  fines.put(ctx, id, { ...fine, receiptStatus: asked.to });
  return done({ id, receiptStatus: asked.to });
}

export const resendReceipt = method({
  summary: 'Asks for the receipt again after city did not take the request.',
  args: fields({ fine: Id }),
  roles: ['police'],
  refusals: ['STATE'],
  events: [],
  run: (ctx, args) => resend(ctx, args.fine, { kind: 'issue', from: 'refused', to: 'sent' }),
});

export const retryReversal = method({
  summary: 'Asks for the reversal again, after the claim on the receipt was unwound.',
  args: fields({ fine: Id }),
  roles: ['police'],
  refusals: ['STATE'],
  events: [],
  run: (ctx, args) => resend(ctx, args.fine, { kind: 'reverse', from: 'reversal-refused', to: 'reversal-sent' }),
});

import { absent, no, wrongState } from '../../../codes.ts';
import { type Context, done, method, type Outcome } from '../../../contract.ts';
import { addLine, envelopeOf, repeatOf } from '../../../record.ts';
import { fields, Id, oneOf, PositiveFen, Reference } from '../../../schema.ts';
import { type Application, applications, lastPaid, lastPaidId, openId, openOnes, payments } from './records.ts';

type Payment = { readonly application: string; readonly amountFen: number; readonly bankReference: string };

/** A bank's reference moves money once: the same payment again changes nothing, another one with the same reference is refused. */
function checkReference(ctx: Context, payment: Payment): Outcome | undefined {
  const existing = payments.find(ctx, payment.bankReference);
  if (existing === undefined) return undefined;
  return repeatOf(existing, envelopeOf(ctx, existing.schema, payment), payment.bankReference);
}

function notePayment(ctx: Context, payment: Payment): void {
  const { application, amountFen } = payment;
  const envelope = envelopeOf(ctx, 'housing.withdrawal/payment@v1', payment);
  payments.put(ctx, payment.bankReference, { ...envelope, application, amountFen });
}

export const pay = method({
  summary: "Pays an approved withdrawal, once; the bank's reference makes it idempotent.",
  args: fields({ application: Id, amountFen: PositiveFen, bankReference: Reference }),
  roles: ['bank'],
  refusals: ['STATE', 'RULE_UNMET', 'DUPLICATE'],
  events: ['Paid'],
  run(ctx, args) {
    const repeat = checkReference(ctx, args);
    if (repeat !== undefined) return repeat;
    const application = applications.find(ctx, args.application);
    if (application === undefined) return absent(args.application);
    if (application.status === 'paid') return no('DUPLICATE', 'paid', { bankReference: application.bankReference });
    if (application.status !== 'approved') return wrongState(args.application, application.status);
    if (application.revoked !== '') return no('RULE_UNMET', 'attestation-revoked', { revoked: application.revoked });
    if (args.amountFen !== application.amountFen) return no('RULE_UNMET', 'other-amount', { amountFen: application.amountFen });
    const settled = ctx.invoke('housing.account', 'settle', { account: application.account, amountFen: args.amountFen });
    if (!settled.ok) return settled;
    notePayment(ctx, args);
    const paid: Application = {
      ...application,
      status: 'paid',
      bankReference: args.bankReference,
      paidUnixMs: ctx.timeUnixMs,
      history: addLine(application.history, ctx, 'paid'),
    };
    applications.put(ctx, args.application, paid);
    lastPaid.put(ctx, lastPaidId(paid), { paidUnixMs: ctx.timeUnixMs, application: args.application });
    ctx.state.delete(openOnes.collection, openId(paid));
    ctx.emit('Paid', { application: args.application, amountFen: args.amountFen });
    return done({ id: args.application, status: 'paid' });
  },
});

export const clawBack = method({
  summary: 'Opens the recovery of a payout that should not have been: a case of its own, never a silent edit.',
  args: fields({ application: Id, reason: oneOf('attestation-revoked', 'fraud', 'paid-in-error') }),
  roles: ['centre'],
  refusals: ['STATE'],
  events: ['ClawBackOpened'],
  run(ctx, args) {
    const application = applications.find(ctx, args.application);
    if (application === undefined) return absent(args.application);
    if (application.status === 'claw-back') return done({ id: args.application, unchanged: true });
    if (application.status !== 'paid') return wrongState(args.application, application.status);
    const history = addLine(application.history, ctx, `claw-back-${args.reason}`);
    applications.put(ctx, args.application, { ...application, status: 'claw-back', history });
    ctx.emit('ClawBackOpened', { application: args.application, reason: args.reason });
    return done({ id: args.application, status: 'claw-back' });
  },
});

export const recover = method({
  summary: 'The money is back; the account is credited again.',
  args: fields({ application: Id, amountFen: PositiveFen, bankReference: Reference }),
  roles: ['bank'],
  refusals: ['STATE', 'RULE_UNMET', 'DUPLICATE'],
  events: ['Recovered'],
  run(ctx, args) {
    const repeat = checkReference(ctx, args);
    if (repeat !== undefined) return repeat;
    const application = applications.find(ctx, args.application);
    if (application === undefined) return absent(args.application);
    if (application.status !== 'claw-back') return wrongState(args.application, application.status);
    if (args.amountFen !== application.amountFen) return no('RULE_UNMET', 'other-amount', { amountFen: application.amountFen });
    const restored = ctx.invoke('housing.account', 'restore', { account: application.account, amountFen: args.amountFen });
    if (!restored.ok) return restored;
    notePayment(ctx, args);
    const history = addLine(application.history, ctx, 'recovered');
    applications.put(ctx, args.application, { ...application, status: 'recovered', history });
    ctx.emit('Recovered', { application: args.application, amountFen: args.amountFen });
    return done({ id: args.application, status: 'recovered' });
  },
});

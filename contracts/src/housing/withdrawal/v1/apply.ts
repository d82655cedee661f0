import { type RulesInForce, rulesInForce } from '../../../city/rulebook/v1/rules-in-force.ts';
import { absent, no, wrongState } from '../../../codes.ts';
import { type Context, done, method, type Outcome } from '../../../contract.ts';
import { addLine, envelopeOf, newId, repeatOf } from '../../../record.ts';
import { fields, Id, oneOf, PositiveFen, Subject } from '../../../schema.ts';
import type { Account } from '../../account/v1/records.ts';
import { DAY_MS } from './limits.ts';
import { type Application, applications, lastPaid, lastPaidId, openId, openOnes } from './records.ts';

export const ILLNESS = '09';

type Asked = { readonly account: string; readonly subject: string; readonly reason: '09'; readonly amountFen: number };

function checkRules(ctx: Context, asked: Asked, rules: RulesInForce<'housing'>): Outcome | undefined {
  const { withdrawalCapFen, withdrawalIntervalDays } = rules.values;
  if (asked.amountFen > withdrawalCapFen) return no('RULE_UNMET', 'above-cap', { withdrawalCapFen });
  const last = lastPaid.find(ctx, lastPaidId(asked));
  if (last !== undefined && ctx.timeUnixMs < last.paidUnixMs + withdrawalIntervalDays * DAY_MS)
    return no('RULE_UNMET', 'interval', { withdrawalIntervalDays, lastPaidUnixMs: last.paidUnixMs });
  return undefined;
}

function checkAccount(ctx: Context, asked: Asked): Outcome | undefined {
  const account = ctx.readOther('housing.account', 'accounts', asked.account) as Account | undefined;
  if (account === undefined) return absent(asked.account);
  return account.subject === asked.subject ? undefined : no('RULE_UNMET', 'other-subject', { record: asked.account });
}

function applicationOf(ctx: Context, asked: Asked, rules: RulesInForce<'housing'>): Application {
  return {
    ...envelopeOf(ctx, 'housing.withdrawal/application@v1', asked),
    ...asked,
    rulesVersion: rules.version,
    catalogueVersion: rules.values.catalogueVersion,
    requiredProofs: ['illness-in-catalogue'],
    status: 'open',
    handlers: [`${ctx.caller.organisation}:${ctx.caller.actor}`],
    views: [],
    decideDueUnixMs: 0,
    escalated: false,
    decision: '',
    reasons: [],
    decidedBy: '',
    bankReference: '',
    paidUnixMs: 0,
    revoked: '',
    history: addLine([], ctx, 'applied'),
  };
}

export const apply = method({
  summary: 'Applies for a withdrawal; pins the rules of today, reserves the amount and says which proofs are needed.',
  args: fields({ account: Id, subject: Subject, reason: oneOf(ILLNESS), amountFen: PositiveFen }),
  roles: ['portal', 'centre'],
  refusals: ['STATE', 'RULE_UNMET', 'DUPLICATE'],
  events: ['Applied'],
  run(ctx, args) {
    const id = newId(ctx, 'housing.withdrawal/applications');
    const existing = applications.find(ctx, id);
    if (existing !== undefined) return repeatOf(existing, envelopeOf(ctx, existing.schema, args), id);
    const rules = rulesInForce(ctx, 'housing', ctx.timeUnixMs);
    if (rules === undefined) return no('RULE_UNMET', 'no-rules');
    const open = openOnes.find(ctx, openId(args));
    if (open !== undefined) return no('DUPLICATE', 'application-open', { record: open.application });
    const refusal = checkAccount(ctx, args) ?? checkRules(ctx, args, rules);
    if (refusal !== undefined) return refusal;
    const reserved = ctx.invoke('housing.account', 'reserve', { account: args.account, amountFen: args.amountFen });
    if (!reserved.ok) return reserved;
    const application = applicationOf(ctx, args, rules);
    applications.put(ctx, id, application);
    openOnes.put(ctx, openId(args), { application: id });
    ctx.emit('Applied', { application: id, reason: args.reason, rulesVersion: rules.version });
    const { rulesVersion, catalogueVersion, requiredProofs } = application;
    return done({ id, rulesVersion, catalogueVersion, requiredProofs });
  },
});

/** Ends an application that pays nothing: the reservation goes back, the reason is free again. */
export function endUnpaid(ctx: Context, id: string, ended: Application): Outcome {
  const released = ctx.invoke('housing.account', 'releaseReserved', { account: ended.account, amountFen: ended.amountFen });
  if (!released.ok) return released;
  applications.put(ctx, id, ended);
  ctx.state.delete(openOnes.collection, openId(ended));
  return done({ id, status: ended.status });
}

export const cancel = method({
  summary: 'Withdraws an application before it is decided, or approved on an attestation that was revoked.',
  args: fields({ application: Id }),
  roles: ['portal', 'centre'],
  refusals: ['STATE', 'NOT_AUTHORISED'],
  events: ['Cancelled'],
  run(ctx, args) {
    const application = applications.find(ctx, args.application);
    if (application === undefined) return absent(args.application);
    if (ctx.caller.role === 'portal' && application.owner !== ctx.caller.organisation) return no('NOT_AUTHORISED', 'other-applicant');
    if (application.status === 'cancelled') return done({ id: args.application, unchanged: true });
    const cancellable =
      ['open', 'proven'].includes(application.status) || (application.status === 'approved' && application.revoked !== '');
    if (!cancellable) return wrongState(args.application, application.status);
    ctx.emit('Cancelled', { application: args.application });
    return endUnpaid(ctx, args.application, {
      ...application,
      status: 'cancelled',
      history: addLine(application.history, ctx, 'cancelled'),
    });
  },
});

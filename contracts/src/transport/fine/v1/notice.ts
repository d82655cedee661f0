import { Type } from '@sinclair/typebox';
import { rulesInForce } from '../../../city/rulebook/v1/rules-in-force.ts';
import { no, wrongState } from '../../../codes.ts';
import { type Context, method, type Outcome } from '../../../contract.ts';
import { DATE_AHEAD_MS_MAX } from '../../../limits.ts';
import { envelopeOf, repeatOf } from '../../../record.ts';
import { Fen, fields, Id, integer, Name, oneOf, orNull, PositiveFen, UnixMs } from '../../../schema.ts';
import type { Violation } from '../../violation/v1/records.ts';
import { CaseStep, closeStep, eventOf, openStep } from './case-event.ts';
import { FINAL, type Fine, fines, UNPAID } from './records.ts';

// A machine's record fines nobody: it needs the second officer's confirmation. An officer's own fine stands on the officer.
function checkBasis(ctx: Context, violation: string | null, officer: string | null): Outcome | undefined {
  if ((violation === null) === (officer === null)) return no('RULE_UNMET', 'violation-or-officer');
  if (violation === null) return undefined;
  const record = ctx.readOther('transport.violation', 'violations', violation) as Violation | undefined;
  if (record?.status === 'confirmed') return undefined;
  return no('RULE_UNMET', 'violation-not-confirmed', { status: record?.status ?? 'absent' });
}

export const create = method({
  summary: 'Creates a fine on a confirmed violation, or on an officer’s own report.',
  args: fields({
    id: Id,
    violation: orNull(Id),
    officer: orNull(Name),
    amountFen: PositiveFen,
    article: integer(1, 100_000),
    vehicleClass: oneOf('A', 'C', 'M', 'R'),
    points: integer(0, 100),
    dismissal: orNull(Type.String({ pattern: '^[A-Z0-9#@$]{1,4}$', maxLength: 4, privacy: 'public' })),
    onUnixMs: UnixMs,
  }),
  roles: ['police'],
  refusals: ['DUPLICATE', 'RULE_UNMET'],
  events: ['FineChanged'],
  run(ctx, args) {
    const { id, amountFen, article, vehicleClass, points, onUnixMs } = args;
    const envelope = envelopeOf(ctx, 'transport.fine/fine@v1', args);
    const existing = fines.find(ctx, id);
    if (existing !== undefined) return repeatOf(existing, envelope, id);
    if (onUnixMs > ctx.timeUnixMs + DATE_AHEAD_MS_MAX) return no('RULE_UNMET', 'date-ahead', { nowUnixMs: ctx.timeUnixMs });
    const refusal = checkBasis(ctx, args.violation, args.officer);
    if (refusal !== undefined) return refusal;
    const fine: Fine = {
      ...envelope,
      violation: args.violation ?? '',
      officer: args.officer ?? '',
      article,
      vehicleClass,
      points,
      dismissal: args.dismissal ?? '',
      createdOnUnixMs: onUnixMs,
      principalFen: amountFen,
      amountFen,
      expenseFen: 0,
      paidFen: 0,
      status: 'created',
      notifiedOnUnixMs: 0,
      ruleVersion: 0,
      prefecture: 'none',
      appeal: 'none',
      courtItem: '',
      receipt: '',
      receiptStatus: 'none',
      events: [],
    };
    return closeStep(ctx, id, fine, eventOf(ctx, 'create', { fine: id, eventId: id, onUnixMs }));
  },
});

function happened(fine: Fine, event: string): boolean {
  return fine.events.some((one) => one.event === event);
}

export const send = method({
  summary: 'Sends the notice by post; its expense is owed too, unless the fine was paid before.',
  args: fields({ ...CaseStep, expenseFen: Fen }),
  roles: ['police'],
  refusals: ['STATE', 'RULE_UNMET', 'DUPLICATE', 'LIMIT'],
  events: ['FineChanged'],
  run(ctx, args) {
    const step = openStep(ctx, 'send', args);
    if (!step.ok) return step.outcome;
    const { fine, event } = step;
    if (FINAL.includes(fine.status) || fine.status === 'refund-due') return wrongState(args.fine, fine.status);
    if (happened(fine, 'send')) return no('STATE', 'sent-before', { record: args.fine });
    // The notice crossed with the payment: it happens, and nothing more is owed.
    if (fine.status === 'paid') return closeStep(ctx, args.fine, fine, event);
    const status = fine.status === 'created' ? 'sent' : fine.status;
    return closeStep(ctx, args.fine, { ...fine, status, expenseFen: fine.expenseFen + args.expenseFen }, event);
  },
});

export const notify = method({
  summary: 'Notes that the offender was notified: appeal period and late penalty count from here.',
  args: fields({ ...CaseStep, notificationType: oneOf('P', 'C'), lastSent: orNull(oneOf('P', 'N', 'C')) }),
  roles: ['police'],
  refusals: ['STATE', 'RULE_UNMET', 'DUPLICATE', 'LIMIT'],
  events: ['FineChanged'],
  run(ctx, args) {
    const step = openStep(ctx, 'notify', args);
    if (!step.ok) return step.outcome;
    const { fine, event } = step;
    if (FINAL.includes(fine.status) || fine.status === 'refund-due') return wrongState(args.fine, fine.status);
    if (fine.notifiedOnUnixMs > 0) return no('STATE', 'notified-before', { record: args.fine });
    const status = UNPAID.includes(fine.status) ? 'notified' : fine.status;
    return closeStep(ctx, args.fine, { ...fine, status, notifiedOnUnixMs: args.onUnixMs }, event);
  },
});

export const addPenalty = method({
  summary: 'Raises an unpaid fine after notification; stayed while an appeal is before the court.',
  args: fields({ ...CaseStep, amountFen: PositiveFen }),
  roles: ['police'],
  refusals: ['STATE', 'RULE_UNMET', 'DUPLICATE', 'LIMIT'],
  events: ['FineChanged'],
  run(ctx, args) {
    const step = openStep(ctx, 'add-penalty', args);
    if (!step.ok) return step.outcome;
    const { fine, event } = step;
    if (fine.appeal === 'court') return no('RULE_UNMET', 'appeal-pending', { record: args.fine });
    if (fine.status !== 'notified') return wrongState(args.fine, fine.status);
    if (args.amountFen < fine.amountFen) return no('RULE_UNMET', 'penalty-lowers', { amountFen: fine.amountFen });
    const rules = rulesInForce(ctx, 'transport', args.onUnixMs);
    // Integer division rounds down, in the citizen's favour.
    const penaltyMax = rules === undefined ? args.amountFen : Math.floor((fine.principalFen * rules.values.penaltyPercentMax) / 100);
    if (args.amountFen > penaltyMax) return no('RULE_UNMET', 'penalty-above-rule', { amountFenMax: penaltyMax });
    const penalised: Fine = { ...fine, status: 'penalised', amountFen: args.amountFen, ruleVersion: rules?.version ?? 0 };
    return closeStep(ctx, args.fine, penalised, event);
  },
});

export const sendToCollection = method({
  summary: 'Hands an unpaid, notified fine to credit collection; final here.',
  args: fields(CaseStep),
  roles: ['police'],
  refusals: ['STATE', 'RULE_UNMET', 'DUPLICATE', 'LIMIT'],
  events: ['FineChanged'],
  run(ctx, args) {
    const step = openStep(ctx, 'send-to-collection', args);
    if (!step.ok) return step.outcome;
    const { fine, event } = step;
    if (fine.appeal === 'court') return no('RULE_UNMET', 'appeal-pending', { record: args.fine });
    if (fine.status !== 'notified' && fine.status !== 'penalised') return wrongState(args.fine, fine.status);
    return closeStep(ctx, args.fine, { ...fine, status: 'collection' }, event);
  },
});

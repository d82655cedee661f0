import { base64urlDecode, base64urlEncode, commitmentOf } from '@civitas/canon';
import { findRules } from '../../../city/rulebook/v1/rules-in-force.ts';
import { absent, no, wrongState } from '../../../codes.ts';
import { type Context, done, method, type Outcome } from '../../../contract.ts';
import { type Answer, AnswerSchema, BAND_FEN_MAX } from '../../../health/attestation/v1/answer.ts';
import { addLine } from '../../../record.ts';
import { Bytes32, fields } from '../../../schema.ts';
import { addWorkingDays } from '../../../working-day.ts';
import { type Application, applications, bills, type ViewRecord, views } from './records.ts';

function checkAnswer(ctx: Context, view: ViewRecord, opened: { value: Answer; salt: string; amountFen: number }): Outcome | undefined {
  const { value, salt, amountFen } = opened;
  const saltBytes = base64urlDecode(salt) ?? new Uint8Array(32);
  const commitment = base64urlEncode(commitmentOf(ctx.crypto.sha256, saltBytes, value));
  if (commitment !== view.commitment) return no('RULE_UNMET', 'commitment-mismatch', { requestHash: view.requestHash });
  if (!value.answer) return no('RULE_UNMET', 'answer-no', { requestHash: view.requestHash });
  const amountFenMax = BAND_FEN_MAX[value.amountBand];
  if (amountFen > amountFenMax) return no('RULE_UNMET', 'amount-above-band', { amountFenMax });
  return undefined;
}

function prove(ctx: Context, view: ViewRecord, application: Application): Outcome {
  const rules = findRules(ctx, 'housing', application.rulesVersion);
  if (rules === undefined) return no('STATE', 'absent', { record: `housing.${application.rulesVersion}` });
  const decideDueUnixMs = addWorkingDays(ctx.timeUnixMs, rules.values.decisionDays, rules.values.calendar);
  const handler = `${ctx.caller.organisation}:${ctx.caller.actor}`;
  const handlers = application.handlers.includes(handler) ? application.handlers : [...application.handlers, handler];
  const history = addLine(application.history, ctx, 'proven');
  applications.put(ctx, view.application, { ...application, status: 'proven', decideDueUnixMs, handlers, history });
  bills.put(ctx, view.billNullifier, { application: view.application });
  views.put(ctx, view.requestHash, { ...view, status: 'attached', history: addLine(view.history, ctx, 'attached') });
  ctx.emit('Proven', { application: view.application, decideDueUnixMs });
  return done({ id: view.application, decideDueUnixMs });
}

export const attachView = method({
  summary: 'Opens the proven commitment: one bit and a band, under the applicant’s own subject id.',
  args: fields({ requestHash: Bytes32, value: AnswerSchema, salt: Bytes32 }),
  roles: ['centre'],
  refusals: ['STATE', 'RULE_UNMET', 'DUPLICATE'],
  events: ['Proven'],
  run(ctx, args) {
    const view = views.find(ctx, args.requestHash);
    const application = view === undefined ? undefined : applications.find(ctx, view.application);
    if (view === undefined || application === undefined) return absent(args.requestHash);
    if (view.status === 'attached') return done({ id: view.application, unchanged: true });
    if (view.status !== 'answered') return wrongState(args.requestHash, view.status);
    if (application.status !== 'open') return wrongState(view.application, application.status);
    if (application.revoked !== '') return no('RULE_UNMET', 'attestation-revoked', { revoked: application.revoked });
    const { value, salt } = args;
    const refusal = checkAnswer(ctx, view, { value, salt, amountFen: application.amountFen });
    if (refusal !== undefined) return refusal;
    if (bills.find(ctx, view.billNullifier) !== undefined) return no('DUPLICATE', 'bill-used', { billNullifier: view.billNullifier });
    return prove(ctx, view, application);
  },
});

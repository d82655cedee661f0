import { chainIdOf } from '../../../chain-id-of.ts';
import { rulesInForce } from '../../../city/rulebook/v1/rules-in-force.ts';
import { no, wrongState } from '../../../codes.ts';
import { type Context, type Method, method, type Outcome } from '../../../contract.ts';
import { PACKET_LIFE_MS } from '../../../limits.ts';
import { Commitment, fields, orNull } from '../../../schema.ts';
import { addWorkingDays } from '../../../working-day.ts';
import type { Violation } from '../../violation/v1/records.ts';
import { CaseStep, closeStep, openStep } from './case-event.ts';
import { FINAL, type Fine } from './records.ts';

type Prefecture = Fine['prefecture'];

function prefectureStep(summary: string, step: { event: string; from: readonly Prefecture[]; to: Prefecture }): Method {
  return method({
    summary,
    args: fields(CaseStep),
    roles: ['police', 'portal'],
    refusals: ['STATE', 'RULE_UNMET', 'DUPLICATE', 'LIMIT'],
    events: ['FineChanged'],
    run(ctx, args) {
      const opened = openStep(ctx, step.event, args);
      if (!opened.ok) return opened.outcome;
      const { fine, event } = opened;
      if (FINAL.includes(fine.status)) return wrongState(args.fine, fine.status);
      if (fine.notifiedOnUnixMs === 0) return no('STATE', 'not-notified', { record: args.fine });
      if (!step.from.includes(fine.prefecture)) return no('STATE', 'prefecture', { prefecture: fine.prefecture });
      return closeStep(ctx, args.fine, { ...fine, prefecture: step.to }, event);
    },
  });
}

/** An appeal to the prefecture does not stay the late penalty; one to the court does. */
export const prefectureMethods: Readonly<Record<string, Method>> = {
  insertAppeal: prefectureStep('Notes the date of an appeal to the prefecture.', {
    event: 'insert-appeal',
    from: ['none'],
    to: 'inserted',
  }),
  // An appeal may reach the prefecture at once, before its date is entered here.
  sendAppeal: prefectureStep('Sends the appeal to the prefecture.', { event: 'send-appeal', from: ['none', 'inserted'], to: 'sent' }),
  receiveAppealResult: prefectureStep("Receives the prefecture's result.", {
    event: 'receive-appeal-result',
    from: ['sent'],
    to: 'received',
  }),
  notifyAppealResult: prefectureStep('Notifies the offender of the result.', {
    event: 'notify-appeal-result',
    from: ['received'],
    to: 'notified',
  }),
};

function checkPeriod(ctx: Context, fine: Fine, onUnixMs: number): { readonly version: number } | (Outcome & { readonly ok: false }) {
  const rules = rulesInForce(ctx, 'transport', onUnixMs);
  if (rules === undefined || fine.notifiedOnUnixMs === 0) return { version: rules?.version ?? 0 };
  const endUnixMs = addWorkingDays(fine.notifiedOnUnixMs, rules.values.appealDays, rules.values.calendar);
  return onUnixMs < endUnixMs ? { version: rules.version } : no('RULE_UNMET', 'appeal-period-over', { endUnixMs });
}

// The court gets what the device captured, not what somebody brings later.
function checkEvidence(ctx: Context, fine: Fine, evidence: string | null) {
  if (fine.violation === '') return { ok: true, capturedUnixMs: fine.createdOnUnixMs } as const;
  const violation = ctx.readOther('transport.violation', 'violations', fine.violation) as Violation | undefined;
  if (violation?.evidence !== evidence) return no('RULE_UNMET', 'other-evidence', { record: fine.violation });
  return { ok: true, capturedUnixMs: violation.capturedUnixMs } as const;
}

export const appealToJudge = method({
  summary: 'Appeals to the court: the evidence goes to the courts ledger, late fees are stayed.',
  args: fields({ ...CaseStep, evidence: orNull(Commitment) }),
  roles: ['portal', 'police'],
  refusals: ['STATE', 'RULE_UNMET', 'DUPLICATE', 'LIMIT'],
  events: ['FineChanged'],
  run(ctx, args) {
    const step = openStep(ctx, 'appeal-to-judge', args);
    if (!step.ok) return step.outcome;
    const { fine, event } = step;
    if (FINAL.includes(fine.status) || fine.status === 'refund-due') return wrongState(args.fine, fine.status);
    if (fine.appeal !== 'none' && fine.appeal !== 'undelivered') return no('STATE', 'appealed-before', { appeal: fine.appeal });
    const period = checkPeriod(ctx, fine, args.onUnixMs);
    if (!('version' in period)) return period;
    const checked = checkEvidence(ctx, fine, args.evidence);
    if (!checked.ok) return checked;
    const { article, amountFen } = fine;
    const contested = { fine: args.fine, evidence: args.evidence, capturedUnixMs: checked.capturedUnixMs, article, amountFen };
    const sent = ctx.send({
      destination: chainIdOf(ctx, 'courts'),
      timeoutUnixMs: ctx.timeUnixMs + PACKET_LIFE_MS,
      payloads: [
        {
          port: 'courts.evidence',
          version: 'v1',
          encoding: 'json',
          value: { kind: 'appeal', ...contested, appealedUnixMs: args.onUnixMs },
        },
      ],
      purpose: 'dispute-resolution',
      basis: 'legal-obligation',
    });
    if (!sent.ok) return sent;
    return closeStep(ctx, args.fine, { ...fine, appeal: 'court', ruleVersion: period.version }, event);
  },
});

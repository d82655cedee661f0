import { absent, no, wrongState } from '../../../codes.ts';
import { done, method } from '../../../contract.ts';
import { addLine } from '../../../record.ts';
import { fields, Id, listOf, oneOf } from '../../../schema.ts';
import { endUnpaid } from './apply.ts';
import { REASONS_MAX } from './limits.ts';
import { type Application, applications } from './records.ts';

const Reason = oneOf('proofs-complete', 'illness-not-in-catalogue', 'proof-missing', 'attestation-revoked', 'amount-not-justified');

export const decide = method({
  summary: 'A reviewer who handled nothing of it decides; after the working-day deadline the decision is marked escalated.',
  args: fields({ application: Id, decision: oneOf('approve', 'reject'), reasons: listOf(Reason, REASONS_MAX, 1) }),
  roles: ['centre'],
  refusals: ['STATE', 'NOT_AUTHORISED', 'RULE_UNMET'],
  events: ['Decided'],
  run(ctx, args) {
    const application = applications.find(ctx, args.application);
    if (application === undefined) return absent(args.application);
    const allowed = args.decision === 'approve' ? ['proven'] : ['open', 'proven'];
    if (!allowed.includes(application.status)) return wrongState(args.application, application.status);
    const reviewer = `${ctx.caller.organisation}:${ctx.caller.actor}`;
    if (application.handlers.includes(reviewer)) return no('NOT_AUTHORISED', 'same-actor');
    if (args.decision === 'approve' && application.revoked !== '')
      return no('RULE_UNMET', 'attestation-revoked', { revoked: application.revoked });
    const escalated = application.decideDueUnixMs > 0 && ctx.timeUnixMs >= application.decideDueUnixMs;
    const decided: Application = {
      ...application,
      status: args.decision === 'approve' ? 'approved' : 'rejected',
      decision: args.decision,
      reasons: args.reasons,
      decidedBy: reviewer,
      escalated,
      history: addLine(application.history, ctx, args.decision),
    };
    ctx.emit('Decided', { application: args.application, decision: args.decision, escalated });
    if (args.decision === 'reject') return endUnpaid(ctx, args.application, decided);
    applications.put(ctx, args.application, decided);
    return done({ id: args.application, status: 'approved', escalated });
  },
});

import { absent, no, wrongState } from '../../../codes.ts';
import { type Contract, done, method } from '../../../contract.ts';
import { DATE_AHEAD_MS_MAX } from '../../../limits.ts';
import { addLine, envelopeOf, repeatOf } from '../../../record.ts';
import { Commitment, fields, Id, integer, Name, oneOf, Subject, UnixMs } from '../../../schema.ts';
import { type Violation, violations } from './records.ts';

const record = method({
  summary: 'A device or officer records a violation; with lapsed calibration it is void at once.',
  args: fields({
    id: Id,
    capturedUnixMs: UnixMs,
    device: Name,
    calibratedUntilUnixMs: UnixMs,
    vehicle: Subject,
    vehicleClass: oneOf('A', 'C', 'M', 'R'),
    article: integer(1, 100_000),
    evidence: Commitment,
  }),
  roles: ['police'],
  refusals: ['DUPLICATE', 'RULE_UNMET'],
  events: ['ViolationRecorded'],
  run(ctx, args) {
    const { id, ...facts } = args;
    const envelope = envelopeOf(ctx, 'transport.violation/violation@v1', args);
    const existing = violations.find(ctx, id);
    if (existing !== undefined) return repeatOf(existing, envelope, id);
    if (args.capturedUnixMs > ctx.timeUnixMs + DATE_AHEAD_MS_MAX) return no('RULE_UNMET', 'date-ahead', { nowUnixMs: ctx.timeUnixMs });
    const lapsed = args.calibratedUntilUnixMs < args.capturedUnixMs;
    const status = lapsed ? 'void' : 'recorded';
    const history = addLine([], ctx, lapsed ? 'calibration-lapsed' : 'recorded');
    violations.put(ctx, id, { ...envelope, ...facts, status, reviewedBy: '', history });
    ctx.emit('ViolationRecorded', { violation: id, status });
    return done({ id, status });
  },
});

const review = method({
  summary: 'A second officer confirms or waives: no machine record fines anyone by itself.',
  args: fields({ violation: Id, verdict: oneOf('confirm', 'waive') }),
  roles: ['police'],
  refusals: ['STATE', 'NOT_AUTHORISED'],
  events: ['ViolationReviewed'],
  run(ctx, args) {
    const violation = violations.find(ctx, args.violation);
    if (violation === undefined) return absent(args.violation);
    const status = args.verdict === 'confirm' ? 'confirmed' : 'waived';
    if (violation.owner === ctx.caller.organisation && violation.actor === ctx.caller.actor) return no('NOT_AUTHORISED', 'same-actor');
    if (violation.status === status) return done({ id: args.violation, unchanged: true });
    if (violation.status !== 'recorded') return wrongState(args.violation, violation.status);
    const reviewedBy = `${ctx.caller.organisation}:${ctx.caller.actor}`;
    const reviewed: Violation = { ...violation, status, reviewedBy, history: addLine(violation.history, ctx, status) };
    violations.put(ctx, args.violation, reviewed);
    ctx.emit('ViolationReviewed', { violation: args.violation, status });
    return done({ id: args.violation, status });
  },
});

/** Recorded violations: device calibrated, second officer, evidence by commitment. */
export const violationV1: Contract = {
  name: 'transport.violation',
  version: 'v1',
  summary: 'Violations recorded by devices and officers, reviewed by a second officer.',
  methods: { record, review },
  views: {},
  ports: {},
  collections: { violations: { readableBy: ['police', 'portal'] } },
};

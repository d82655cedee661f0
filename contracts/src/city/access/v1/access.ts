import { Type } from '@sinclair/typebox';
import { absent, no, wrongState } from '../../../codes.ts';
import { type Contract, done, method, type ReadContext, view } from '../../../contract.ts';
import { addLine } from '../../../record.ts';
import { Bytes32, fields, integer, Name, oneOf, optional, Signature, Subject } from '../../../schema.ts';
import { addWorkingDays } from '../../../working-day.ts';
import { checkCitizen } from '../../identity/v1/citizen-signature.ts';
import type { SubjectRecord } from '../../identity/v1/records.ts';
import { rulesInForce } from '../../rulebook/v1/rules-in-force.ts';
import { digestPort } from './digest-port.ts';
import { EXPLAIN_DAYS, LIST_ENTRIES_MAX } from './limits.ts';
import { bySubject, bySubjectId, type Digest, digests } from './records.ts';

/** `<chain id>.<id of the access record>`. */
const DigestId = Type.String({ pattern: '^[a-z0-9.-]{1,50}[.][A-Za-z0-9_-]{22,43}$', maxLength: 94, privacy: 'public' });
const NO_CALENDAR = { holidays: [], workdays: [] };

const DisputeDocument = fields({
  chainId: Name,
  digest: DigestId,
  ground: oneOf('unknown-agency', 'no-reason', 'wrong-person', 'misuse-suspected'),
  keyId: Bytes32,
  kind: oneOf('dispute'),
  nonce: Bytes32,
});

const attribute = method({
  summary: 'The registrar names the subject of an entry that came without a request.',
  args: fields({ digest: DigestId, subject: Subject }),
  roles: ['registrar'],
  refusals: ['STATE', 'DUPLICATE'],
  events: ['AccessSeen'],
  run(ctx, args) {
    const digest = digests.find(ctx, args.digest);
    if (digest === undefined) return absent(args.digest);
    if (digest.subject === args.subject) return done({ id: args.digest, unchanged: true });
    if (digest.subject !== '') return no('DUPLICATE', 'attributed', { record: args.digest });
    if (ctx.readOther('city.identity', 'subjects', args.subject) === undefined) return absent(args.subject);
    const named: Digest = { ...digest, subject: args.subject, history: addLine(digest.history, ctx, 'attributed') };
    digests.put(ctx, args.digest, named);
    bySubject.put(ctx, bySubjectId(args.subject, named), { digest: args.digest });
    ctx.emit('AccessSeen', { digest: args.digest, subject: args.subject });
    return done({ id: args.digest });
  },
});

const dispute = method({
  summary: "A citizen disputes an entry, with the citizen's own signature.",
  args: fields({ dispute: DisputeDocument, signature: Signature }),
  roles: ['portal'],
  refusals: ['STATE', 'NOT_AUTHORISED', 'RULE_UNMET'],
  events: ['DisputeOpened'],
  run(ctx, args) {
    const { dispute: document, signature } = args;
    if (document.chainId !== ctx.chainId) return no('RULE_UNMET', 'other-ledger', { chainId: document.chainId });
    const digest = digests.find(ctx, document.digest);
    if (digest === undefined) return absent(document.digest);
    if (digest.dispute !== 'none') return wrongState(document.digest, digest.dispute);
    const checked = checkCitizen(ctx, { domain: 'dispute', document, keyId: document.keyId, signature, subject: digest.subject });
    if (!checked.ok) return checked;
    const rules = rulesInForce(ctx, 'city', ctx.timeUnixMs)?.values;
    const days = rules?.explainDays ?? EXPLAIN_DAYS;
    const explainDueUnixMs = addWorkingDays(ctx.timeUnixMs, days, rules?.calendar ?? NO_CALENDAR);
    digests.put(ctx, document.digest, {
      ...digest,
      dispute: 'open',
      ground: document.ground,
      disputedBy: document.keyId,
      explainDueUnixMs,
      history: addLine(digest.history, ctx, 'disputed'),
    });
    ctx.emit('DisputeOpened', { digest: document.digest, ground: document.ground, explainDueUnixMs });
    return done({ id: document.digest, explainDueUnixMs });
  },
});

const explain = method({
  summary: 'The agency that read or gave explains a disputed entry.',
  args: fields({
    digest: DigestId,
    explanation: oneOf('service-requested', 'legal-duty', 'medical-need', 'mistaken-read', 'under-investigation'),
  }),
  roles: ['requester', 'custodian'],
  refusals: ['STATE', 'NOT_AUTHORISED'],
  events: ['Explained'],
  run(ctx, args) {
    const digest = digests.find(ctx, args.digest);
    if (digest === undefined) return absent(args.digest);
    if (digest.dispute !== 'open') return wrongState(args.digest, digest.dispute);
    const { requester, custodian } = digest.entry;
    const { organisation } = ctx.caller;
    if (organisation !== requester && organisation !== custodian) return no('NOT_AUTHORISED', 'not-a-party', { organisation });
    const late = ctx.timeUnixMs >= digest.explainDueUnixMs;
    const history = addLine(digest.history, ctx, late ? 'explained-late' : 'explained');
    digests.put(ctx, args.digest, { ...digest, dispute: 'explained', explanation: args.explanation, history });
    ctx.emit('Explained', { digest: args.digest, explanation: args.explanation, late });
    return done({ id: args.digest, late });
  },
});

function maySee(ctx: ReadContext, subject: SubjectRecord): boolean {
  return ctx.caller.role === 'registrar' || subject.custodian === ctx.caller.organisation;
}

function shown(digest: Digest, nowUnixMs: number) {
  const { entry, id, source, dispute: state, explanation, explainDueUnixMs } = digest;
  const escalated = state === 'open' && nowUnixMs >= explainDueUnixMs;
  return { id, source, ...entry, dispute: state, explanation, explainDueUnixMs, escalated };
}

const list = view({
  summary: "A citizen's accesses in order of time; delayed ones from their date on. For the citizen's portal and the registrar.",
  args: fields({
    subject: Subject,
    after: optional(Type.String({ pattern: '^[A-Za-z0-9_.-]{1,160}$', maxLength: 160, privacy: 'pseudonym' })),
    limit: optional(integer(1, LIST_ENTRIES_MAX)),
  }),
  roles: ['portal', 'registrar'],
  run(ctx, args) {
    const subject = ctx.readOther('city.identity', 'subjects', args.subject) as SubjectRecord | undefined;
    if (subject === undefined) return absent(args.subject);
    if (!maySee(ctx, subject)) return no('NOT_AUTHORISED', 'other-custodian');
    const limit = args.limit ?? LIST_ENTRIES_MAX;
    const page = ctx.state.scan('by-subject', {
      prefix: `${args.subject}.`,
      ...(args.after === undefined ? {} : { after: args.after }),
      limit,
    });
    const entries = [];
    for (const { record } of page) {
      const digest = digests.find(ctx, String(record['digest']));
      if (digest !== undefined && digest.entry.visibleFromUnixMs <= ctx.timeUnixMs) entries.push(shown(digest, ctx.timeUnixMs));
    }
    return done({ entries, next: page.length === limit ? (page.at(-1)?.id ?? null) : null });
  },
});

/** Who read what about a citizen: digests from every domain, shown to the citizen, disputed and explained. */
export const accessV1: Contract = {
  name: 'city.access',
  version: 'v1',
  summary: "Digests of access records of all domains: the citizen's list, disputes, explanations.",
  methods: { attribute, dispute, explain },
  views: { list },
  ports: { v1: digestPort },
  collections: {
    digests: { readableBy: ['registrar', 'portal'] },
    'by-subject': { readableBy: 'views' },
  },
};

import type { Json } from '@civitas/canon';
import type { Static } from '@sinclair/typebox';
import { absent, no, type RefusedOutcome, wrongState } from '../../../codes.ts';
import { type Context, type Contract, done, method } from '../../../contract.ts';
import { envelopeOf, repeatOf } from '../../../record.ts';
import { fields, Id, listOf, oneOf } from '../../../schema.ts';
import { Document } from './document.ts';
import { DOCUMENTS_MAX } from './limits.ts';
import { type DocumentRecord, documents } from './records.ts';

type Registered = { readonly ok: true; readonly status: 'registered' | 'unchanged' } | RefusedOutcome;

function put(ctx: Context, document: Static<typeof Document>, supersedes: string): Registered {
  const envelope = envelopeOf(ctx, 'health.index/document@v1', document);
  const existing = documents.find(ctx, document.id);
  if (existing !== undefined) {
    const repeat = repeatOf(existing, envelope, document.id);
    return repeat.ok ? { ok: true, status: 'unchanged' } : repeat;
  }
  const fresh = { status: 'current', supersededBy: '', supersedes, reason: '', correctedUnixMs: 0 } as const;
  documents.put(ctx, document.id, { ...envelope, ...document, ...fresh });
  ctx.emit('DocumentRegistered', { document: document.id, kind: document.kind });
  return { ok: true, status: 'registered' };
}

const register = method({
  summary: 'Registers one document of the calling custodian.',
  args: Document,
  roles: ['custodian'],
  refusals: ['DUPLICATE'],
  events: ['DocumentRegistered'],
  run(ctx, args) {
    const registered = put(ctx, args, '');
    return registered.ok ? done({ id: args.id, status: registered.status }) : registered;
  },
});

const registerMany = method({
  summary: 'Registers up to 100 documents, each with its own result: one that conflicts does not stop the others.',
  args: fields({ documents: listOf(Document, DOCUMENTS_MAX, 1) }),
  roles: ['custodian'],
  refusals: [],
  events: ['DocumentRegistered'],
  run(ctx, args) {
    const results: Json[] = args.documents.map((document) => {
      const registered = put(ctx, document, '');
      return { id: document.id, status: registered.ok ? registered.status : 'duplicate' };
    });
    return done({ results });
  },
});

function findOwn(ctx: Context, id: string): { readonly ok: true; readonly document: DocumentRecord } | RefusedOutcome {
  const document = documents.find(ctx, id);
  if (document === undefined) return absent(id);
  return document.owner === ctx.caller.organisation ? { ok: true, document } : no('NOT_AUTHORISED', 'other-custodian', { record: id });
}

const supersede = method({
  summary: 'Replaces a document by a corrected one; the old one stays, marked.',
  args: fields({ id: Id, document: Document }),
  roles: ['custodian'],
  refusals: ['STATE', 'NOT_AUTHORISED', 'DUPLICATE', 'RULE_UNMET'],
  events: ['DocumentRegistered', 'DocumentCorrected'],
  run(ctx, args) {
    const found = findOwn(ctx, args.id);
    if (!found.ok) return found;
    const { document } = found;
    if (document.status === 'superseded' && document.supersededBy === args.document.id) return done({ id: args.id, unchanged: true });
    if (document.status !== 'current') return wrongState(args.id, document.status);
    if (document.subject !== args.document.subject) return no('RULE_UNMET', 'other-subject', { record: args.id });
    const registered = put(ctx, args.document, args.id);
    if (!registered.ok) return registered;
    if (registered.status === 'unchanged') return no('DUPLICATE', 'registered-before', { record: args.document.id });
    documents.put(ctx, args.id, {
      ...document,
      status: 'superseded',
      supersededBy: args.document.id,
      correctedUnixMs: ctx.timeUnixMs,
    });
    ctx.emit('DocumentCorrected', { document: args.id, by: args.document.id });
    return done({ id: args.id, supersededBy: args.document.id });
  },
});

const markError = method({
  summary: 'Marks a document as entered in error; it stays readable as such.',
  args: fields({ id: Id, reason: oneOf('wrong-patient', 'wrong-content', 'technical') }),
  roles: ['custodian'],
  refusals: ['STATE', 'NOT_AUTHORISED'],
  events: ['DocumentCorrected'],
  run(ctx, args) {
    const found = findOwn(ctx, args.id);
    if (!found.ok) return found;
    const { document } = found;
    if (document.status === 'entered-in-error' && document.reason === args.reason) return done({ id: args.id, unchanged: true });
    if (document.status !== 'current') return wrongState(args.id, document.status);
    documents.put(ctx, args.id, { ...document, status: 'entered-in-error', reason: args.reason, correctedUnixMs: ctx.timeUnixMs });
    ctx.emit('DocumentCorrected', { document: args.id, by: '' });
    return done({ id: args.id });
  },
});

/** The index of clinical documents by salted commitments; corrections never delete. */
export const indexV1: Contract = {
  name: 'health.index',
  version: 'v1',
  summary: 'Salted digests of clinical documents, each signed for by the custodian that holds it.',
  methods: { register, registerMany, supersede, markError },
  views: {},
  ports: {},
  collections: { documents: { readableBy: ['custodian', 'reviewer'] } },
};

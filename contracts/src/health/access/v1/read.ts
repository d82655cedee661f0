import { absent, no } from '../../../codes.ts';
import { type Context, done, method, type Outcome } from '../../../contract.ts';
import { BasisCode } from '../../../purpose.ts';
import { envelopeOf, newId, repeatOf } from '../../../record.ts';
import { fields, Handle, Id, listOf, oneOf, orNull, Subject } from '../../../schema.ts';
import type { DocumentRecord } from '../../index/v1/records.ts';
import { sendDigest } from './digest.ts';
import { READ_DOCUMENTS_MAX } from './limits.ts';
import { type AccessRecord, records } from './records.ts';

function checkDocuments(ctx: Context, ids: readonly string[], subject: string): Outcome | undefined {
  for (const id of ids) {
    const document = ctx.readOther('health.index', 'documents', id) as DocumentRecord | undefined;
    if (document === undefined) return absent(id);
    if (document.owner !== ctx.caller.organisation) return no('NOT_AUTHORISED', 'other-custodian', { record: id });
    if (document.subject !== subject) return no('NOT_AUTHORISED', 'other-subject', { record: id });
  }
  return undefined;
}

export const read = method({
  summary: 'A clinician reads documents of the own custodian; the record comes first, and the citizen sees it.',
  args: fields({
    documents: listOf(Id, READ_DOCUMENTS_MAX, 1),
    subject: Subject,
    purpose: oneOf('treatment', 'payment-management', 'public-health'),
    basis: BasisCode,
    handle: orNull(Handle),
  }),
  roles: ['custodian'],
  refusals: ['STATE', 'NOT_AUTHORISED', 'DUPLICATE'],
  events: ['AccessGranted'],
  run(ctx, args) {
    const id = newId(ctx, 'health.access/records');
    const envelope = envelopeOf(ctx, 'health.access/record@v1', args);
    const existing = records.find(ctx, id);
    if (existing !== undefined) return repeatOf(existing, envelope, id);
    const refusal = checkDocuments(ctx, args.documents, args.subject);
    if (refusal !== undefined) return refusal;
    const { organisation } = ctx.caller;
    const record: AccessRecord = {
      ...envelope,
      status: 'read',
      requestHash: '',
      requester: organisation,
      requesterNetwork: ctx.chainId,
      custodian: organisation,
      subject: args.subject,
      what: 'documents',
      purpose: args.purpose,
      basis: args.basis,
      documents: args.documents,
      commitment: '',
      reference: '',
      attestation: '',
      policyVersion: 0,
      disclosure: 'immediate',
      visibleFromUnixMs: ctx.timeUnixMs,
      handle: args.handle ?? '',
      atUnixMs: ctx.timeUnixMs,
      deliveredUnixMs: ctx.timeUnixMs,
      digest: 'sent',
    };
    records.put(ctx, id, record);
    const unsent = sendDigest(ctx, id, record);
    if (unsent !== undefined) return unsent;
    ctx.emit('AccessGranted', { record: id, requester: organisation, custodian: organisation });
    return done({ id });
  },
});

export const resendDigest = method({
  summary: "Sends a citizen's entry again after city did not get it.",
  args: fields({ record: Id }),
  roles: ['custodian'],
  refusals: ['STATE', 'NOT_AUTHORISED'],
  events: [],
  run(ctx, args) {
    const record = records.find(ctx, args.record);
    if (record === undefined) return absent(args.record);
    if (record.custodian !== ctx.caller.organisation) return no('NOT_AUTHORISED', 'other-custodian');
    if (record.digest !== 'undelivered') return no('STATE', 'digest-not-undelivered', { digest: record.digest });
    const unsent = sendDigest(ctx, args.record, record);
    if (unsent !== undefined) return unsent;
    records.put(ctx, args.record, { ...record, digest: 'sent' });
    return done({ id: args.record });
  },
});

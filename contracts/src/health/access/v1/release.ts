import { absent, no, type RefusedOutcome, wrongState } from '../../../codes.ts';
import { type Context, done, method, type Outcome } from '../../../contract.ts';
import { addLine, envelopeOf } from '../../../record.ts';
import { Bytes32, fields, Id, oneOf, Subject } from '../../../schema.ts';
import type { Attestation } from '../../attestation/v1/records.ts';
import { sendDigest } from './digest.ts';
import { type AccessRecord, type AccessRequest, bills, type Policy, policyVersions, records, requests, waiting } from './records.ts';

function findWaiting(ctx: Context, requestHash: string): { readonly ok: true; readonly request: AccessRequest } | RefusedOutcome {
  const request = requests.find(ctx, requestHash);
  if (request === undefined) return absent(requestHash);
  if (request.request.custodian !== ctx.caller.organisation) return no('NOT_AUTHORISED', 'other-custodian');
  if (request.status !== 'waiting') return wrongState(requestHash, request.status);
  // The requester may already hold a proof that nothing was released by then.
  if (ctx.timeUnixMs >= request.dueUnixMs) return no('STATE', 'past-due', { dueUnixMs: request.dueUnixMs, nowUnixMs: ctx.timeUnixMs });
  return { ok: true, request };
}

function checkAttestation(ctx: Context, request: AccessRequest, attestation: Attestation, policy: Policy): Outcome | undefined {
  const { request: asked } = request;
  if (attestation.owner !== ctx.caller.organisation) return no('NOT_AUTHORISED', 'other-custodian');
  if (attestation.status !== 'confirmed') return no('RULE_UNMET', 'not-confirmed', { status: attestation.status });
  if (attestation.predicate !== asked.predicate) return no('RULE_UNMET', 'other-predicate');
  if (attestation.catalogueVersion !== asked.catalogueVersion)
    return no('RULE_UNMET', 'other-catalogue', { catalogueVersion: asked.catalogueVersion });
  if (ctx.timeUnixMs - attestation.confirmedUnixMs > policy.answerAgeMsMax)
    return no('RULE_UNMET', 'answer-too-old', { answerAgeMsMax: policy.answerAgeMsMax });
  const used = bills.find(ctx, attestation.billNullifier);
  if (used !== undefined && (used.requester !== asked.requester || used.requesterNetwork !== asked.requesterNetwork))
    return no('DUPLICATE', 'bill-used', { billNullifier: attestation.billNullifier });
  return undefined;
}

function recordOf(
  ctx: Context,
  request: AccessRequest,
  made: { attestation: Attestation; attestationId: string; policy: Policy },
): AccessRecord {
  const { request: asked, requestHash, policyVersion } = request;
  const { attestation, policy } = made;
  return {
    ...envelopeOf(ctx, 'health.access/record@v1', { requestHash }),
    status: 'released',
    requestHash,
    requester: asked.requester,
    requesterNetwork: asked.requesterNetwork,
    custodian: asked.custodian,
    subject: attestation.subject,
    what: asked.predicate,
    purpose: asked.purpose,
    basis: policy.consent === 'required' ? 'consent' : 'official-authority',
    documents: [],
    commitment: attestation.resultCommitment,
    reference: attestation.reference,
    attestation: made.attestationId,
    policyVersion,
    disclosure: policy.disclosure,
    visibleFromUnixMs: ctx.timeUnixMs + policy.delayMs,
    handle: '',
    atUnixMs: ctx.timeUnixMs,
    deliveredUnixMs: 0,
    digest: 'sent',
  };
}

function settle(ctx: Context, request: AccessRequest, status: 'released' | 'denied', denial: { code: string; reason: string }): void {
  requests.put(ctx, request.requestHash, { ...request, status, ...denial, history: addLine(request.history, ctx, status) });
  ctx.state.delete(waiting.collection, `${request.request.custodian}.${request.requestHash}`);
}

export const release = method({
  summary: "The custodian answers by a confirmed attestation: access record, answer's commitment and final acknowledgement in one block.",
  args: fields({ requestHash: Bytes32, attestation: Id, subject: Subject }),
  roles: ['custodian'],
  refusals: ['STATE', 'NOT_AUTHORISED', 'RULE_UNMET', 'DUPLICATE', 'LIMIT'],
  events: ['AccessGranted'],
  run(ctx, args) {
    const { requestHash } = args;
    if (requests.find(ctx, requestHash)?.status === 'released' && records.find(ctx, requestHash)?.attestation === args.attestation)
      return done({ id: requestHash, unchanged: true });
    const found = findWaiting(ctx, requestHash);
    if (!found.ok) return found;
    const { request } = found;
    const attestation = ctx.readOther('health.attestation', 'attestations', args.attestation) as Attestation | undefined;
    const policy = policyVersions.find(ctx, `${request.policy}@${request.policyVersion}`);
    if (attestation === undefined || policy === undefined) return absent(args.attestation);
    if (attestation.subject !== args.subject) return no('RULE_UNMET', 'other-subject');
    const refusal = checkAttestation(ctx, request, attestation, policy);
    if (refusal !== undefined) return refusal;
    const { requester, requesterNetwork } = request.request;
    const used = ctx.invoke('health.attestation', 'use', {
      attestation: args.attestation,
      requestHash,
      network: requesterNetwork,
      port: request.port,
    });
    if (!used.ok) return used;
    const record = recordOf(ctx, request, { attestation, attestationId: args.attestation, policy });
    records.put(ctx, requestHash, record);
    bills.put(ctx, attestation.billNullifier, { requester, requesterNetwork });
    settle(ctx, request, 'released', { code: '', reason: '' });
    const { commitment, reference, catalogueVersion } = { ...record, catalogueVersion: request.request.catalogueVersion };
    const answer = { kind: 'view-answer', requestHash, record: requestHash, commitment, reference, catalogueVersion };
    const value = { ...answer, billNullifier: attestation.billNullifier, atUnixMs: ctx.timeUnixMs };
    const acknowledged = ctx.acknowledge({ peer: request.peer, sequence: request.sequence }, { status: 'ok', value });
    if (!acknowledged.ok) return acknowledged;
    const unsent = sendDigest(ctx, requestHash, record);
    if (unsent !== undefined) return unsent;
    ctx.emit('AccessGranted', { record: requestHash, requester, custodian: record.custodian });
    return done({ id: requestHash, commitment });
  },
});

export const deny = method({
  summary: 'The custodian refuses a waiting request; final for its hash.',
  args: fields({ requestHash: Bytes32, reason: oneOf('no-record', 'subject-unknown', 'treatment-ongoing', 'not-our-patient') }),
  roles: ['custodian'],
  refusals: ['STATE', 'NOT_AUTHORISED'],
  events: ['AccessDenied'],
  run(ctx, args) {
    const { requestHash, reason } = args;
    const found = findWaiting(ctx, requestHash);
    if (!found.ok) return found;
    settle(ctx, found.request, 'denied', { code: 'POLICY_DENIED', reason });
    const { peer, sequence } = found.request;
    const facts = { reason, requestHash };
    const acknowledged = ctx.acknowledge({ peer, sequence }, { status: 'error', code: 'POLICY_DENIED', retriable: false, facts });
    if (!acknowledged.ok) return acknowledged;
    ctx.emit('AccessDenied', { requestHash, code: 'POLICY_DENIED' });
    return done({ id: requestHash });
  },
});

export const received = method({
  summary: 'The requester says that the value reached it.',
  args: fields({ requestHash: Bytes32 }),
  roles: ['requester'],
  refusals: ['STATE', 'NOT_AUTHORISED'],
  events: ['AccessDelivered'],
  run(ctx, args) {
    const record = records.find(ctx, args.requestHash);
    if (record === undefined) return absent(args.requestHash);
    if (record.requester !== ctx.caller.organisation) return no('NOT_AUTHORISED', 'other-requester');
    if (record.deliveredUnixMs > 0) return done({ id: args.requestHash, unchanged: true });
    records.put(ctx, args.requestHash, { ...record, deliveredUnixMs: ctx.timeUnixMs });
    ctx.emit('AccessDelivered', { record: args.requestHash });
    return done({ id: args.requestHash });
  },
});

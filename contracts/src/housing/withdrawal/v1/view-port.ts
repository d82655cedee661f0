import { chainIdOf } from '../../../chain-id-of.ts';
import { checkArgs } from '../../../check-args.ts';
import { no } from '../../../codes.ts';
import { type Context, port } from '../../../contract.ts';
import { ViewRequestPayload, viewRequestHashOf } from '../../../health/access/v1/view-request.ts';
import { VaultReference } from '../../../health/index/v1/document.ts';
import { acknowledgementOfRefusal, type PayloadAcknowledgement } from '../../../packet.ts';
import { addLine } from '../../../record.ts';
import { Bytes32, Commitment, fields, integer, Name, oneOf, UnixMs } from '../../../schema.ts';
import { type Application, applications, type ViewRecord, views } from './records.ts';

const ViewAnswer = fields({
  kind: oneOf('view-answer'),
  requestHash: Bytes32,
  record: Bytes32,
  commitment: Commitment,
  reference: VaultReference,
  catalogueVersion: integer(1, 1_000_000),
  billNullifier: Bytes32,
  atUnixMs: UnixMs,
});

function findSent(ctx: Context, value: unknown): ViewRecord | undefined {
  const payload = checkArgs(ViewRequestPayload, value);
  return payload.ok ? views.find(ctx, viewRequestHashOf(ctx.crypto.sha256, payload.value.request)) : undefined;
}

function change(ctx: Context, view: ViewRecord, changed: Partial<ViewRecord> & Pick<ViewRecord, 'status'>): void {
  views.put(ctx, view.requestHash, { ...view, ...changed, history: addLine(view.history, ctx, changed.status) });
  ctx.emit('ViewChanged', { requestHash: view.requestHash, status: changed.status });
}

function answered(ctx: Context, view: ViewRecord, answer: PayloadAcknowledgement): void {
  if (answer.status === 'deferred') return change(ctx, view, { status: 'waiting', dueUnixMs: answer.dueUnixMs });
  if (answer.status === 'error')
    return change(ctx, view, { status: 'denied', code: answer.code, denial: String(answer.facts['reason'] ?? '') });
  const checked = checkArgs(ViewAnswer, answer.value);
  const fits =
    checked.ok && checked.value.requestHash === view.requestHash && checked.value.catalogueVersion === view.request.catalogueVersion;
  // Only a record of the access makes an answer: without it nobody may act on the data.
  if (!fits) return change(ctx, view, { status: 'denied', code: 'RULE_UNMET', denial: 'answer-malformed' });
  const { commitment, reference, billNullifier, atUnixMs } = checked.value;
  change(ctx, view, { status: 'answered', commitment, reference, billNullifier, answeredUnixMs: atUnixMs });
}

function revoke(ctx: Context, id: string, application: Application, reason: string): void {
  const paid = application.status === 'paid';
  const revoked: Application = {
    ...application,
    revoked: reason,
    status: paid ? 'claw-back' : application.status,
    history: addLine(application.history, ctx, 'attestation-revoked'),
  };
  applications.put(ctx, id, revoked);
  ctx.emit(paid ? 'ClawBackOpened' : 'ProofRevoked', { application: id, reason });
}

export const viewPort = port({
  version: 'v1',
  payload: fields({ kind: oneOf('attestation-revoked'), requestHash: Bytes32, reason: Name }),
  receive(ctx, received, notice) {
    const { source } = received.packet;
    if (source !== chainIdOf(ctx, 'health') || received.sourcePort !== 'health.attestation')
      return acknowledgementOfRefusal(no('NOT_AUTHORISED', 'not-the-source', { source, sourcePort: received.sourcePort }).refusal);
    const view = views.find(ctx, notice.requestHash);
    const application = view === undefined ? undefined : applications.find(ctx, view.application);
    if (view === undefined || application === undefined) return { status: 'ok', value: { relied: false } };
    if (application.revoked === '') revoke(ctx, view.application, application, notice.reason);
    return { status: 'ok', value: { relied: true } };
  },
  acknowledged(ctx, _sent, value, answer) {
    const view = findSent(ctx, value);
    if (view?.status === 'sent' || view?.status === 'waiting') answered(ctx, view, answer);
  },
  timedOut(ctx, _sent, value) {
    const view = findSent(ctx, value);
    if (view?.status === 'sent') change(ctx, view, { status: 'timed-out', code: 'STATE', denial: 'timed-out' });
    if (view?.status === 'waiting') change(ctx, view, { status: 'past-due', code: 'STATE', denial: 'past-due' });
  },
});

import type { JsonObject, Refusal } from '@civitas/canon';
import { rulesInForce } from '../../../city/rulebook/v1/rules-in-force.ts';
import { no } from '../../../codes.ts';
import { type Context, type ForeignProof, type PortAnswer, port, type ReceivedPacket } from '../../../contract.ts';
import { acknowledgementOfRefusal } from '../../../packet.ts';
import { addLine } from '../../../record.ts';
import { checkRequest, checkSender } from './check-request.ts';
import { digestAnswered, digestTimedOut } from './digest.ts';
import { type AccessRequest, policyId, requests, waiting } from './records.ts';
import { type ViewRequest, ViewRequestPayload, viewRequestHashOf } from './view-request.ts';

function requestOf(ctx: Context, received: ReceivedPacket, request: ViewRequest, requestHash: string) {
  const { source: peer, sequence } = received.packet;
  const schema = 'health.access/request@v1';
  return { schema, requestHash, request, peer, port: received.sourcePort, sequence, receivedUnixMs: ctx.timeUnixMs };
}

/** A denial is kept: a consent refunded on it can never be used again with the proof of this request. */
function denied(ctx: Context, received: ReceivedPacket, made: { request: ViewRequest; requestHash: string; refusal: Refusal }): PortAnswer {
  const { refusal, requestHash } = made;
  const record: AccessRequest = {
    ...requestOf(ctx, received, made.request, requestHash),
    policy: '',
    policyVersion: 0,
    dueUnixMs: 0,
    status: 'denied',
    code: refusal.code,
    reason: String(refusal.facts['reason']),
    history: addLine([], ctx, 'denied'),
  };
  requests.put(ctx, requestHash, record);
  ctx.emit('AccessDenied', { requestHash, code: refusal.code });
  const answer = acknowledgementOfRefusal(refusal);
  return answer.status === 'error' ? { ...answer, keep: true } : answer;
}

export const requestPort = port({
  version: 'v1',
  payload: ViewRequestPayload,
  receive(ctx, received, value) {
    const { request } = value;
    const requestHash = viewRequestHashOf(ctx.crypto.sha256, request);
    // A stranger's packet leaves no trace, or it could spoil the request hash of the rightful one.
    const stranger = checkSender(ctx, received, request);
    if (stranger !== undefined) return acknowledgementOfRefusal(stranger);
    if (requests.find(ctx, requestHash) !== undefined)
      return acknowledgementOfRefusal(no('CONSENT_SPENT', 'replayed', { requestHash }).refusal);
    const proof = value.consumption.proof as ForeignProof;
    const consumption = { proof, record: value.consumption.record as JsonObject };
    const checked = checkRequest(ctx, received, { request, requestHash, consumption });
    if (!checked.ok) return denied(ctx, received, { request, requestHash, refusal: checked.refusal });
    const viewDueMs = rulesInForce(ctx, 'health', ctx.timeUnixMs)?.values.viewDueMs ?? request.answerWithinMs;
    const dueUnixMs = ctx.timeUnixMs + Math.min(viewDueMs, request.answerWithinMs);
    requests.put(ctx, requestHash, {
      ...requestOf(ctx, received, request, requestHash),
      policy: policyId(checked.policy),
      policyVersion: checked.policy.policyVersion,
      dueUnixMs,
      status: 'waiting',
      code: '',
      reason: '',
      history: addLine([], ctx, 'received'),
    });
    waiting.put(ctx, `${request.custodian}.${requestHash}`, { requestHash, dueUnixMs });
    ctx.emit('AccessRequested', { requestHash, custodian: request.custodian, dueUnixMs });
    return { status: 'deferred', dueUnixMs };
  },
  acknowledged: (ctx, _sent, value, answer) => digestAnswered(ctx, value as JsonObject, answer),
  timedOut: (ctx, _sent, value) => digestTimedOut(ctx, value as JsonObject),
});

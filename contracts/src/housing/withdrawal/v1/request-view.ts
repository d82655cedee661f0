import type { JsonObject } from '@civitas/canon';
import { absent, no, wrongState } from '../../../codes.ts';
import { type Context, done, method, type Outcome } from '../../../contract.ts';
import { ConsumptionProof, ViewRequest, viewRequestHashOf } from '../../../health/access/v1/view-request.ts';
import { ANSWER_WAIT_MS_MAX } from '../../../limits.ts';
import { addLine, envelopeOf } from '../../../record.ts';
import { fields, Id, UnixMs } from '../../../schema.ts';
import { VIEW_TIMEOUT_MS_MIN, VIEWS_MAX } from './limits.ts';
import { type Application, applications, type ViewRecord, views } from './records.ts';

/** Views that ended without an answer; the application may ask again with a new consent. */
const ENDED = ['denied', 'timed-out', 'past-due'];

function checkRequest(ctx: Context, application: Application, request: ViewRequest): Outcome | undefined {
  if (request.requesterNetwork !== ctx.chainId) return no('RULE_UNMET', 'other-network', { requesterNetwork: ctx.chainId });
  if (request.requester !== ctx.caller.organisation) return no('NOT_AUTHORISED', 'other-requester');
  if (!application.requiredProofs.includes(request.predicate)) return no('RULE_UNMET', 'proof-not-needed');
  if (request.catalogueVersion !== application.catalogueVersion)
    return no('RULE_UNMET', 'other-catalogue', { catalogueVersion: application.catalogueVersion });
  return undefined;
}

function checkOpen(ctx: Context, id: string, application: Application): Outcome | undefined {
  if (application.status !== 'open') return wrongState(id, application.status);
  if (application.views.length >= VIEWS_MAX) return no('LIMIT', 'views', { viewsMax: VIEWS_MAX });
  const last = application.views.at(-1);
  const status = last === undefined ? undefined : views.find(ctx, last)?.status;
  return status === undefined || ENDED.includes(status) ? undefined : no('STATE', 'view-running', { status });
}

export const requestView = method({
  summary:
    'Sends the question to the source ledger, with the proof that the consent was consumed for exactly it. One packet a request hash, ever.',
  args: fields({ application: Id, request: ViewRequest, consumption: ConsumptionProof, timeoutUnixMs: UnixMs }),
  roles: ['centre'],
  refusals: ['STATE', 'NOT_AUTHORISED', 'RULE_UNMET', 'DUPLICATE', 'LIMIT'],
  events: ['ViewRequested'],
  run(ctx, args) {
    const { request, consumption, timeoutUnixMs } = args;
    const application = applications.find(ctx, args.application);
    if (application === undefined) return absent(args.application);
    const requestHash = viewRequestHashOf(ctx.crypto.sha256, request);
    // city refunds a consent on this record's word, so the same request is never sent a second time.
    if (views.find(ctx, requestHash) !== undefined) return no('DUPLICATE', 'request-sent', { requestHash });
    const refusal = checkOpen(ctx, args.application, application) ?? checkRequest(ctx, application, request);
    if (refusal !== undefined) return refusal;
    const waitMs = timeoutUnixMs - ctx.timeUnixMs;
    if (waitMs < VIEW_TIMEOUT_MS_MIN || waitMs > ANSWER_WAIT_MS_MAX)
      return no('RULE_UNMET', 'timeout', { waitMsMin: VIEW_TIMEOUT_MS_MIN, waitMsMax: ANSWER_WAIT_MS_MAX });
    const value = { kind: 'view-request', request, consumption } as JsonObject;
    const sent = ctx.send({
      destination: request.source,
      timeoutUnixMs,
      payloads: [{ port: 'health.access', version: 'v1', encoding: 'json', value }],
      purpose: request.purpose,
      basis: 'consent',
      requires: [{ peer: consumption.proof.peer, headerHeight: consumption.proof.headerHeight }],
    });
    if (!sent.ok) return sent;
    const view: ViewRecord = {
      ...envelopeOf(ctx, 'housing.withdrawal/view@v1', { requestHash }),
      requestHash,
      application: args.application,
      request,
      source: request.source,
      sequence: sent.sequence,
      status: 'sent',
      timeoutUnixMs,
      dueUnixMs: 0,
      commitment: '',
      reference: '',
      billNullifier: '',
      answeredUnixMs: 0,
      code: '',
      denial: '',
      history: addLine([], ctx, 'sent'),
    };
    views.put(ctx, requestHash, view);
    const handler = `${ctx.caller.organisation}:${ctx.caller.actor}`;
    const handlers = application.handlers.includes(handler) ? application.handlers : [...application.handlers, handler];
    const history = addLine(application.history, ctx, 'view-requested');
    applications.put(ctx, args.application, { ...application, handlers, views: [...application.views, requestHash], history });
    ctx.emit('ViewRequested', { application: args.application, requestHash, sequence: sent.sequence });
    return done({ id: requestHash, sequence: sent.sequence });
  },
});

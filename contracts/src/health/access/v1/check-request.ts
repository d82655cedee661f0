import type { JsonObject, Refusal } from '@civitas/canon';
import { chainIdOf } from '../../../chain-id-of.ts';
import type { Consumption } from '../../../city/consent/v1/records.ts';
import { type Code, no } from '../../../codes.ts';
import type { Context, ForeignProof, ReceivedPacket } from '../../../contract.ts';
import { dayNumberOf } from '../../../working-day.ts';
import { type Policy, policies, policyId, rates } from './records.ts';
import type { ViewRequest } from './view-request.ts';

export type Checked = { readonly ok: true; readonly policy: Policy } | { readonly ok: false; readonly refusal: Refusal };

/** A view request with what proves that it may be asked. */
export type Asked = {
  readonly request: ViewRequest;
  readonly requestHash: string;
  readonly consumption: { readonly proof: ForeignProof; readonly record: JsonObject };
};

function deny(code: Code, reason: string, asked: Asked): Checked {
  return no(code, reason, { requestHash: asked.requestHash });
}

/** The packet must come from the ledger that the request names, to the ledger that it asks: nobody carries another's request. */
export function checkSender(ctx: Context, received: ReceivedPacket, request: ViewRequest): Refusal | undefined {
  const { source } = received.packet;
  if (request.requesterNetwork !== source) return no('NOT_AUTHORISED', 'other-network', { source }).refusal;
  if (request.source !== ctx.chainId) return no('NOT_AUTHORISED', 'other-source', { source: request.source }).refusal;
  return undefined;
}

function checkPolicy(ctx: Context, received: ReceivedPacket, asked: Asked): Checked {
  const { request } = asked;
  const id = policyId({
    callerNetwork: received.packet.source,
    callerOrganisation: request.requester,
    callerContract: received.sourcePort,
    predicate: request.predicate,
    purpose: request.purpose,
  });
  const policy = policies.find(ctx, id);
  if (policy === undefined) return deny('POLICY_DENIED', 'no-policy', asked);
  if (!policy.enabled) return deny('POLICY_DENIED', 'policy-disabled', asked);
  const rateId = `${id}.${dayNumberOf(ctx.timeUnixMs)}`;
  const count = rates.find(ctx, rateId)?.count ?? 0;
  if (count >= policy.ratePerDay) return deny('LIMIT', 'rate', asked);
  rates.put(ctx, rateId, { count: count + 1 });
  return { ok: true, policy };
}

/** The consumption must be of this very request, proven on city, and still live by this ledger's time. */
function checkConsumption(ctx: Context, asked: Asked): Checked | undefined {
  const { request, requestHash } = asked;
  const record = asked.consumption.record as Partial<Consumption>;
  if (record.requestHash !== requestHash || record.status !== 'consumed') return deny('CONSENT_MISSING', 'other-request', asked);
  const same =
    record.consent === request.consent &&
    record.requester === request.requester &&
    record.requesterNetwork === request.requesterNetwork &&
    record.custodian === request.custodian &&
    record.source === request.source &&
    record.predicate === request.predicate &&
    record.purpose === request.purpose;
  if (!same) return deny('CONSENT_MISSING', 'other-terms', asked);
  const { proof } = asked.consumption;
  if (proof.peer !== chainIdOf(ctx, 'city')) return deny('CONSENT_MISSING', 'not-from-city', asked);
  const proven = ctx.verifyForeign(proof, `city.consent/consumptions/${requestHash}`, asked.consumption.record);
  if (!proven.ok) return no(codeOf(proven.refusal.code), 'not-proven', { requestHash, code: proven.refusal.code });
  // Last: only a proven record's expiry means anything.
  if (!((record.expiresAtUnixMs ?? 0) > ctx.timeUnixMs)) return deny('STALE_PROOF', 'consumption-expired', asked);
  return undefined;
}

// A frozen client is the link's trouble, not the citizen's: the requester may ask again when it thaws.
function codeOf(code: string): Code {
  return code === 'CLIENT_FROZEN' ? 'CLIENT_FROZEN' : 'CONSENT_MISSING';
}

/** Policy, then consent of a view request; whatever is not allowed is denied. */
export function checkRequest(ctx: Context, received: ReceivedPacket, asked: Asked): Checked {
  const policy = checkPolicy(ctx, received, asked);
  if (!policy.ok) return policy;
  if (policy.policy.consent === 'none') return policy;
  return checkConsumption(ctx, asked) ?? policy;
}

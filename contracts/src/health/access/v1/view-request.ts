import type { Sha256 } from '@civitas/canon';
import { type Static, Type } from '@sinclair/typebox';
import { PredicateCode, PurposeCode } from '../../../purpose.ts';
import { hashOfJson } from '../../../record.ts';
import { Bytes32, fields, Handle, integer, Name, oneOf, Proof } from '../../../schema.ts';
import { ANSWER_WITHIN_MS_MAX, ANSWER_WITHIN_MS_MIN } from './limits.ts';

/** One exact question of one requester about one person. Its hash is what a consent is consumed for. */
export const ViewRequest = fields({
  /** The answer is of use within this time of its receipt at the source, ms. */
  answerWithinMs: integer(ANSWER_WITHIN_MS_MIN, ANSWER_WITHIN_MS_MAX),
  catalogueVersion: integer(1, 1_000_000),
  consent: Bytes32,
  custodian: Name,
  /** Link token; only the custodian's gateway can have the registrar resolve it. */
  handle: Handle,
  nonce: Bytes32,
  predicate: PredicateCode,
  purpose: PurposeCode,
  requester: Name,
  requesterNetwork: Name,
  source: Name,
});
export type ViewRequest = Static<typeof ViewRequest>;

/** The proof that a consent was consumed: the record on `city` and its state proof there. */
export const ConsumptionProof = fields({
  proof: Proof,
  record: Type.Record(Type.String({ maxLength: 64 }), Type.Unknown(), { privacy: 'public' }),
});

/** Payload of a view request, `health.access` v1. */
export const ViewRequestPayload = fields({ kind: oneOf('view-request'), request: ViewRequest, consumption: ConsumptionProof });

/** base64url(SHA-256("civitas/view-request/v1\n" ‖ canonical(request))). */
export function viewRequestHashOf(sha256: Sha256, request: ViewRequest): string {
  return hashOfJson(sha256, 'civitas/view-request/v1', request);
}

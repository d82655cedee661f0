import { encodeCanonical, type Json, type JsonObject, utf8Encode } from '@civitas/canon';
import { done, type ForeignProof, type Outcome, refused } from '@civitas/contracts';
import { proofFromJson, verifyAbsence, verifyMembership } from '@civitas/proofs';
import type { Execution } from '../ledger/execution.ts';
import { activeClient, bytesOf } from './client.ts';
import { findHeader } from './records.ts';

/** Checks a peer's record, or its absence (value undefined), under a verified header: HEADER_UNKNOWN, PROOF_MALFORMED or PROOF_INVALID. */
export function verifyUnderHeader(execution: Execution, claim: ForeignProof, key: string, value: JsonObject | undefined): Outcome {
  const header = findHeader(execution.records, claim.peer, claim.headerHeight);
  if (header === undefined || claim.headerHeight < 1) {
    return refused('HEADER_UNKNOWN', { peer: claim.peer, headerHeight: claim.headerHeight }, 'sync');
  }
  const json: Json = claim.proof;
  const proof = proofFromJson(json);
  if (!proof.ok) return proof;
  const { sha256 } = execution.ledger.crypto;
  const stated = { root: bytesOf(header.appHash), key: utf8Encode(key), proof: proof.value };
  const holds =
    value === undefined ? verifyAbsence(sha256, stated) : verifyMembership(sha256, { ...stated, value: encodeCanonical(value) });
  return holds ? done() : refused('PROOF_INVALID', { peer: claim.peer, headerHeight: claim.headerHeight, key });
}

/** The same through a client that must be active: the door of contracts and of packets. */
export function verifyForeign(execution: Execution, claim: ForeignProof, key: string, value: JsonObject | undefined): Outcome {
  const client = activeClient(execution, claim.peer);
  return client.ok ? verifyUnderHeader(execution, claim, key, value) : client;
}

import { base64urlEncode, concatBytes, encodeCanonical, type JsonObject, utf8Encode } from '@civitas/canon';
import { nodeCrypto } from '@civitas/canon/node';
import { CATALOGUE_VERSION } from '../city/rule-values.ts';
import { freshNonce } from '../person.ts';

export const PREDICATE = 'illness-in-catalogue';
export const PURPOSE = 'verify-eligibility';

/** Chain ids of the three ledgers of the flow. */
export interface Chains {
  readonly city: string;
  readonly health: string;
  readonly housing: string;
}

interface GrantFields {
  readonly chains: Chains;
  readonly subject: string;
  readonly keyId: string;
  /** Commitment of what the citizen was shown. */
  readonly detail: string;
  readonly expiresAtUnixMs: number;
}

/** The grant that a citizen signs: to whom, about what, for what, once (contracts/FLOWS.md section 2). */
export function grantOf({ chains, ...own }: GrantFields): JsonObject {
  return {
    ...own,
    chainId: chains.city,
    custodian: 'hospital-1',
    kind: 'consent',
    nonce: freshNonce(),
    predicate: PREDICATE,
    purpose: PURPOSE,
    requester: 'fund-centre',
    requesterNetwork: chains.housing,
    source: chains.health,
    usesMax: 1,
  };
}

/** The exact question; `handle` is the link token that stands for the patient. */
export function viewRequestOf({ chains, ...own }: { chains: Chains; consent: string; handle: string; answerWithinMs: number }): JsonObject {
  return {
    ...own,
    catalogueVersion: CATALOGUE_VERSION,
    custodian: 'hospital-1',
    nonce: freshNonce(),
    predicate: PREDICATE,
    purpose: PURPOSE,
    requester: 'fund-centre',
    requesterNetwork: chains.housing,
    source: chains.health,
  };
}

/** Hash that a consent is consumed for. */
export function viewRequestHashOf(request: JsonObject): string {
  return base64urlEncode(nodeCrypto.sha256(concatBytes(utf8Encode('civitas/view-request/v1\n'), encodeCanonical(request))));
}

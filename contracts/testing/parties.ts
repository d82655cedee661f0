import { base64urlEncode, commitmentOf, type Json, type JsonObject, utf8Encode } from '@civitas/canon';
import { nodeCrypto } from '@civitas/canon/node';
import type { Outcome } from '@civitas/contracts';

/** Ids and hashes that a short text names, the same in every run. */
export function anId(name: string): string {
  return base64urlEncode(nodeCrypto.sha256(utf8Encode(`id ${name}`)).slice(0, 16));
}
export function aHash(name: string): string {
  return base64urlEncode(nodeCrypto.sha256(utf8Encode(`hash ${name}`)));
}
/** Commitment of a value under a named salt. */
export function committed(value: Json, salt = 'salt'): { readonly commitment: string; readonly salt: string } {
  const bytes = nodeCrypto.sha256(utf8Encode(`salt ${salt}`));
  return { commitment: base64urlEncode(commitmentOf(nodeCrypto.sha256, bytes, value)), salt: base64urlEncode(bytes) };
}

/** The result of an outcome that must be a success. */
export function resultOf(outcome: Outcome): JsonObject {
  if (!outcome.ok) throw new Error(`refused: ${JSON.stringify(outcome.refusal)}`);
  return outcome.result as JsonObject;
}

export type By = { readonly organisation: string; readonly role: string; readonly actor?: string; readonly coSigners?: readonly string[] };
export const BY = {
  platform: { organisation: 'platform', role: 'platform' },
  registrar: { organisation: 'civil-affairs', role: 'registrar', coSigners: ['civil-affairs'] },
  cityPortal: { organisation: 'citizen-portal', role: 'portal' },
  requester: { organisation: 'fund-centre', role: 'requester' },
  claimant: { organisation: 'employer-1', role: 'claimant' },
  issuer: { organisation: 'traffic-police', role: 'issuer' },
  hospital: { organisation: 'hospital-1', role: 'custodian', actor: 'doctor-1' },
  hospitalSecond: { organisation: 'hospital-1', role: 'custodian', actor: 'doctor-2' },
  otherHospital: { organisation: 'hospital-2', role: 'custodian' },
  reviewer: { organisation: 'health-commission', role: 'reviewer' },
  centre: { organisation: 'fund-centre', role: 'centre', coSigners: ['fund-centre'] },
  decider: { organisation: 'fund-centre', role: 'centre', actor: 'reviewer-1' },
  bank: { organisation: 'bank-1', role: 'bank' },
  police: { organisation: 'traffic-police', role: 'police', actor: 'officer-1' },
  policeSecond: { organisation: 'traffic-police', role: 'police', actor: 'officer-2' },
  party: { organisation: 'traffic-police', role: 'party' },
  court: { organisation: 'court-1', role: 'court' },
} as const satisfies Record<string, By>;

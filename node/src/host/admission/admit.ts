import {
  accept,
  type Bytes,
  base64urlDecode,
  base64urlEncode,
  coSignatureSignBytes,
  type Envelope,
  equalBytes,
  type KeyId,
  type Operation,
  type Result,
  refuse,
} from '@civitas/canon';
import { ownSignatureOf } from '../../core/ledger/check-operation.ts';
import { EXPIRY_AHEAD_MS_MAX } from '../../core/ledger/limits.ts';
import { coSignatureVerdictId, type SignedUnder } from '../../core/ledger/verdicts.ts';
import { proposesValidatorChange } from '../../core/validators/proposes-change.ts';
import type { LedgerHost, Members } from '../ledger/ledger-host.ts';
import type { ReadOperation } from './read-operation.ts';

/** An operation that may be ordered once its signatures hold: all else that its bytes and the last commit decide has been checked. */
export interface AdmittedOperation {
  readonly operation: Operation;
  readonly envelope: Envelope;
  readonly envelopeHash: Bytes;
  readonly operationHash: Bytes;
  /** From its hash to the root of its batch; empty where it is signed alone. */
  readonly path: () => readonly Bytes[];
  /** The organisation's own first, then the co-signatures. */
  readonly signatures: readonly (SignedUnder & { readonly keyId: KeyId })[];
}

export interface AdmissionContext {
  readonly ledger: Pick<LedgerHost, 'genesis' | 'genesisHash' | 'members' | 'status'>;
  /** Header time of the last block. */
  readonly blockTimeUnixMs: number;
  readonly nowUnixMs: () => number;
}

function checkPlace(context: AdmissionContext, operation: Operation): Result<true> {
  const { chainId } = context.ledger.genesis;
  const timeUnixMs = context.blockTimeUnixMs;
  if (operation.network !== chainId) return refuse('WRONG_NETWORK', { got: operation.network, expected: chainId });
  if (!equalBytes(operation.genesis, context.ledger.genesisHash)) {
    return refuse('WRONG_NETWORK', { field: 'genesis', expected: base64urlEncode(context.ledger.genesisHash) });
  }
  const { expiresAtUnixMs } = operation;
  if (expiresAtUnixMs <= timeUnixMs) return refuse('EXPIRED', { expiresAtUnixMs, timeUnixMs });
  const latestUnixMs = Math.max(context.nowUnixMs(), timeUnixMs) + EXPIRY_AHEAD_MS_MAX;
  if (expiresAtUnixMs > latestUnixMs) return refuse('EXPIRED', { expiresAtUnixMs, latestUnixMs });
  return accept(true);
}

function checkMembership(members: Members, operation: Operation): Result<Bytes> {
  const denied = (expected: string): Result<Bytes> => refuse('NOT_AUTHORISED', { organisation: operation.organisation, expected });
  const organisation = members.findOrganisation(operation.organisation);
  if (organisation === undefined) return denied('an enrolled organisation');
  const known = members.findKey(operation.keyId);
  if (known === undefined || known.revoked || known.organisation !== operation.organisation) return denied('a key of the organisation');
  const isRelay = operation.role === 'relay';
  if (known.key.use !== (isRelay ? 'relay' : 'operation')) return denied(`a key for ${isRelay ? 'relay' : 'operation'}`);
  if (operation.role !== 'member' && !organisation.roles.includes(operation.role)) return denied(`the role ${operation.role}`);
  const publicKey = base64urlDecode(known.key.publicKey);
  return publicKey === undefined ? denied('a sound key') : accept(publicKey);
}

function coSignaturesOf(
  context: AdmissionContext,
  envelope: Envelope,
  hashes: Pick<AdmittedOperation, 'envelopeHash' | 'operationHash'>,
): Result<AdmittedOperation['signatures']> {
  const signatures: AdmittedOperation['signatures'][number][] = [];
  for (const { keyId, signature } of envelope.coSignatures) {
    const known = context.ledger.members.findKey(keyId);
    const publicKey = known === undefined || known.revoked ? undefined : base64urlDecode(known.key.publicKey);
    if (publicKey === undefined) return refuse('NOT_AUTHORISED', { keyId, expected: 'an approver key in force' });
    const message = (): Bytes => coSignatureSignBytes(hashes.operationHash);
    signatures.push({ keyId, verdictId: coSignatureVerdictId(hashes.envelopeHash, keyId), signature, publicKey, message });
  }
  return accept(signatures);
}

/**
 * Everything that can be refused before ordering but the signatures themselves, cheapest first; the ledger checks it all again when it
 * executes.
 *
 * @param organisation of the caller's certificate: an organisation submits its own operations only.
 * @returns canon's codes of a body, WRONG_NETWORK, EXPIRED, NOT_AUTHORISED, or RULE_UNMET for a change of validators under the embedded engine.
 */
export function admitOperation(
  context: AdmissionContext,
  { signed, path }: ReadOperation,
  organisation: string,
): Result<AdmittedOperation> {
  const { envelope, operationHash } = signed;
  const parsed = signed.operation;
  if (!parsed.ok) return parsed;
  const operation = parsed.value;
  if (operation.organisation !== organisation) {
    return refuse('NOT_AUTHORISED', { organisation: operation.organisation, certificate: organisation });
  }
  const place = checkPlace(context, operation);
  if (!place.ok) return place;
  // The embedded engine's chain has one validator for ever; a network grows onto real consensus first.
  if (proposesValidatorChange(operation) && context.ledger.status().engine === 'embedded') {
    return refuse('RULE_UNMET', { reason: 'embedded-engine', method: operation.method });
  }
  const key = checkMembership(context.ledger.members, operation);
  if (!key.ok) return key;
  const hashes = { envelopeHash: signed.hash, operationHash };
  const coSignatures = coSignaturesOf(context, envelope, hashes);
  if (!coSignatures.ok) return coSignatures;
  const { keyId } = operation;
  const own = { ...ownSignatureOf(context.ledger.genesis.chainId, signed, { id: keyId, publicKey: key.value }), keyId };
  return accept({ operation, envelope, ...hashes, path, signatures: [own, ...coSignatures.value] });
}

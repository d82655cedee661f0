import {
  accept,
  type Bytes,
  base64urlDecode,
  base64urlEncode,
  type CryptoPort,
  checkEnvelope,
  coSignatureSignBytes,
  type Envelope,
  envelopeHash,
  equalBytes,
  type KeyId,
  type Operation,
  operationSignBytes,
  parseOperation,
  type Result,
  refuse,
} from '@civitas/canon';
import type { SignedOperation } from '@civitas/proto/civitas/ledger/v1/operation';
import { EXPIRY_AHEAD_MS_MAX } from '../../core/ledger/limits.ts';
import { coSignatureVerdictId, operationVerdictId, type SignedUnder } from '../../core/ledger/verdicts.ts';
import type { LedgerHost, Members } from '../ledger/ledger-host.ts';

/** An operation that may be ordered once its signatures hold: all else that its bytes and the last commit decide has been checked. */
export interface AdmittedOperation {
  readonly operation: Operation;
  readonly envelope: Envelope;
  readonly envelopeHash: Bytes;
  readonly operationHash: Bytes;
  /** The organisation's own first, then the co-signatures. */
  readonly signatures: readonly (SignedUnder & { readonly keyId: KeyId })[];
}

export interface AdmissionContext {
  readonly crypto: Pick<CryptoPort, 'sha256'>;
  readonly ledger: Pick<LedgerHost, 'genesis' | 'genesisHash' | 'members'>;
  /** Header time of the last block. */
  readonly blockTimeUnixMs: number;
  readonly nowUnixMs: () => number;
}

/** gRPC hands out Buffers over a message's memory: pure code gets arrays of its own, which neither alias nor behave differently. */
function ownBytes(bytes: Bytes): Bytes {
  return new Uint8Array(bytes);
}

/** Reads the wire message into an envelope; shared signatures are reserved for a later engine. */
export function envelopeOf(signed: SignedOperation): Result<Envelope> {
  if (signed.shared !== undefined) return refuse('SHARED_SIGNATURE_UNSUPPORTED');
  return checkEnvelope({
    body: ownBytes(signed.body),
    signature: ownBytes(signed.signature),
    coSignatures: signed.coSignatures.map(({ keyId, signature }) => ({ keyId: keyId as KeyId, signature: ownBytes(signature) })),
  });
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
 * @returns MALFORMED and canon's other form codes, WRONG_NETWORK, EXPIRED or NOT_AUTHORISED.
 */
export function admitOperation(context: AdmissionContext, signed: SignedOperation, organisation: string): Result<AdmittedOperation> {
  const formed = envelopeOf(signed);
  if (!formed.ok) return formed;
  const envelope = formed.value;
  const parsed = parseOperation(envelope.body);
  if (!parsed.ok) return parsed;
  const operation = parsed.value;
  if (operation.organisation !== organisation) {
    return refuse('NOT_AUTHORISED', { organisation: operation.organisation, certificate: organisation });
  }
  const place = checkPlace(context, operation);
  if (!place.ok) return place;
  const key = checkMembership(context.ledger.members, operation);
  if (!key.ok) return key;
  const { sha256 } = context.crypto;
  const message = operationSignBytes(envelope.body);
  // canon's operationHash, over the bytes that the signature needs too.
  const hashes = { envelopeHash: envelopeHash(sha256, envelope), operationHash: sha256(message) };
  const coSignatures = coSignaturesOf(context, envelope, hashes);
  if (!coSignatures.ok) return coSignatures;
  const own = {
    keyId: operation.keyId,
    verdictId: operationVerdictId(hashes.envelopeHash),
    signature: envelope.signature,
    publicKey: key.value,
    message: () => message,
  };
  return accept({ operation, envelope, ...hashes, signatures: [own, ...coSignatures.value] });
}

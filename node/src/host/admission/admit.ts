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
  operationHash,
  operationSignBytes,
  parseOperation,
  type Result,
  refuse,
} from '@civitas/canon';
import type { SignedOperation } from '@civitas/proto/civitas/ledger/v1/operation';
import { EXPIRY_AHEAD_MS_MAX } from '../../core/ledger/limits.ts';
import type { Verdicts } from '../../core/ledger/verdicts.ts';
import type { LedgerHost, Members } from '../ledger/ledger-host.ts';

/** An operation that may be ordered: everything that its bytes and the last commit decide has been checked. */
export interface AdmittedOperation {
  readonly operation: Operation;
  readonly envelope: Envelope;
  readonly envelopeHash: Bytes;
  readonly operationHash: Bytes;
}

export interface AdmissionContext {
  readonly crypto: CryptoPort;
  readonly verdicts: Verdicts;
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

function checkCoSignatures(context: AdmissionContext, admitted: AdmittedOperation): Result<true> {
  const message = coSignatureSignBytes(admitted.operationHash);
  for (const { keyId, signature } of admitted.envelope.coSignatures) {
    const known = context.ledger.members.findKey(keyId);
    const publicKey = known === undefined || known.revoked ? undefined : base64urlDecode(known.key.publicKey);
    if (publicKey === undefined) return refuse('NOT_AUTHORISED', { keyId, expected: 'an approver key in force' });
    if (!context.verdicts.verify({ envelopeHash: admitted.envelopeHash, message, signature, publicKey })) {
      return refuse('SIGNATURE_INVALID', { keyId });
    }
  }
  return accept(true);
}

/**
 * Everything that can be refused before ordering, cheapest first; the ledger checks it all again when it executes.
 *
 * @param organisation of the caller's certificate: an organisation submits its own operations only.
 * @returns MALFORMED and canon's other form codes, WRONG_NETWORK, EXPIRED, NOT_AUTHORISED or SIGNATURE_INVALID.
 */
export function admitOperation(context: AdmissionContext, signed: SignedOperation, organisation: string): Result<AdmittedOperation> {
  const envelope = envelopeOf(signed);
  if (!envelope.ok) return envelope;
  const parsed = parseOperation(envelope.value.body);
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
  const admitted: AdmittedOperation = {
    operation,
    envelope: envelope.value,
    envelopeHash: envelopeHash(sha256, envelope.value),
    operationHash: operationHash(sha256, envelope.value.body),
  };
  const message = operationSignBytes(envelope.value.body);
  const signedUnder = { envelopeHash: admitted.envelopeHash, message, signature: envelope.value.signature, publicKey: key.value };
  if (!context.verdicts.verify(signedUnder)) return refuse('SIGNATURE_INVALID', { keyId: operation.keyId });
  const coSigned = checkCoSignatures(context, admitted);
  return coSigned.ok ? accept(admitted) : coSigned;
}

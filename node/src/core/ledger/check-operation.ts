import {
  accept,
  type Bytes,
  checkEnvelope,
  coSignatureSignBytes,
  type Envelope,
  equalBytes,
  type KeyId,
  type Operation,
  operationSignBytes,
  type Result,
  refuse,
  sharedSignBytes,
} from '@civitas/canon';
import type { Caller } from '@civitas/contracts';
import { findKey, findOrganisation, type KeyRecord, publicKeyOf } from '../members/records.ts';
import type { RecordSource } from '../state/records.ts';
import type { HashedEnvelope } from './bundle.ts';
import type { BlockFacts } from './execution.ts';
import { EXPIRY_AHEAD_MS_MAX } from './limits.ts';
import { type ReplayTable, replayIdOf } from './replay-table.ts';
import { coSignatureVerdictId, operationVerdictId, type SignedUnder, sharedVerdictId, type Verdicts } from './verdicts.ts';

/** What operations are checked against. */
export interface Admission {
  readonly chainId: string;
  readonly genesisHash: Bytes;
  readonly sha256: (data: Bytes) => Bytes;
  readonly verdicts: Verdicts;
  readonly replay: ReplayTable;
}

/** An operation whose organisation signed it, for this network, in time, for the first time. */
export interface ProvenOperation {
  readonly operation: Operation;
  readonly operationHash: Bytes;
  readonly replayId: Bytes;
  readonly key: KeyRecord;
  readonly envelopeHash: Bytes;
}

/** What the organisation's own signature of an operation rests on: its body, or the root of the batch that it came in. */
export function ownSignatureOf(
  chainId: string,
  signed: HashedEnvelope,
  key: { readonly id: KeyId; readonly publicKey: Bytes },
): SignedUnder {
  const { envelope, hash } = signed;
  const { body, signature, shared } = envelope;
  const { id, publicKey } = key;
  if (shared === undefined) {
    return { verdictId: operationVerdictId(hash), message: () => operationSignBytes(body), signature, publicKey };
  }
  const verdictId = sharedVerdictId(chainId, id, signature, shared);
  return { verdictId, message: () => sharedSignBytes(chainId, shared), signature, publicKey };
}

function checkSignature(admission: Admission, signed: HashedEnvelope, id: KeyId, key: KeyRecord): boolean {
  return admission.verdicts.verify(ownSignatureOf(admission.chainId, signed, { id, publicKey: publicKeyOf(key) }));
}

function checkTime(operation: Operation, timeUnixMs: number, lagMsMax: number): Result<true> {
  const { expiresAtUnixMs } = operation;
  if (expiresAtUnixMs <= timeUnixMs) return refuse('EXPIRED', { expiresAtUnixMs, timeUnixMs });
  const latest = timeUnixMs + EXPIRY_AHEAD_MS_MAX + lagMsMax;
  return expiresAtUnixMs <= latest ? accept(true) : refuse('EXPIRY_TOO_FAR', { expiresAtUnixMs, expiresAtUnixMsMax: latest });
}

/**
 * Checks everything about an operation that decides whether it is charged to its organisation: form, network, signature, time, replay.
 *
 * @param block height and time it would execute at; @param lagMsMax what header time may lag the signer's clock, ms.
 * @returns canon's codes, WRONG_NETWORK, NOT_AUTHORISED, SIGNATURE_INVALID, EXPIRED, EXPIRY_TOO_FAR or REPLAYED.
 */
export function proveOperation(
  admission: Admission,
  records: RecordSource,
  signed: HashedEnvelope,
  at: Pick<BlockFacts, 'timeUnixMs'> & { readonly lagMsMax: number },
): Result<ProvenOperation> {
  const { envelope, hash } = signed;
  const formed = checkEnvelope(envelope);
  if (!formed.ok) return formed;
  const parsed = signed.operation;
  if (!parsed.ok) return parsed;
  const operation = parsed.value;
  if (operation.network !== admission.chainId) return refuse('WRONG_NETWORK', { network: operation.network, expected: admission.chainId });
  if (!equalBytes(operation.genesis, admission.genesisHash)) return refuse('WRONG_NETWORK', { reason: 'another genesis' });
  const key = findKey(records, operation.keyId);
  if (key === undefined || key.status !== 'active') return refuse('NOT_AUTHORISED', { reason: 'unknown-key', keyId: operation.keyId });
  if (key.organisation !== operation.organisation)
    return refuse('NOT_AUTHORISED', { reason: 'another-organisations-key', keyId: operation.keyId });
  if (!checkSignature(admission, signed, operation.keyId, key)) return refuse('SIGNATURE_INVALID', { keyId: operation.keyId });
  const time = checkTime(operation, at.timeUnixMs, at.lagMsMax);
  if (!time.ok) return time;
  const replayId = replayIdOf(admission.sha256, operation.organisation, operation.idempotencyKey);
  const height = admission.replay.findHeight(replayId);
  if (height !== undefined) return refuse('REPLAYED', { height });
  return accept({ operation, operationHash: signed.operationHash, replayId, key, envelopeHash: hash });
}

function checkCoSignatures(
  admission: Admission,
  records: RecordSource,
  envelope: Envelope,
  proven: ProvenOperation,
): Result<Caller['coSigners']> {
  const coSigners: { keyId: string; organisation: string }[] = [];
  for (const { keyId, signature } of envelope.coSignatures) {
    const key = findKey(records, keyId);
    if (key?.use !== 'approver' || key.status !== 'active') return refuse('CO_SIGNATURE_INVALID', { reason: 'no-approver', keyId });
    const publicKey = publicKeyOf(key);
    const message = (): Bytes => coSignatureSignBytes(proven.operationHash);
    if (!admission.verdicts.verify({ verdictId: coSignatureVerdictId(proven.envelopeHash, keyId), message, signature, publicKey }))
      return refuse('CO_SIGNATURE_INVALID', { keyId });
    coSigners.push({ keyId, organisation: key.organisation });
  }
  return accept(coSigners);
}

function checkKeyUse(key: KeyRecord, role: string, keyId: KeyId): Result<true> {
  // The relay's key is good for the relay's role alone and the other way round: it buys quota, never trust.
  const fits = key.use === 'relay' ? role === 'relay' : key.use === 'operation' && role !== 'relay';
  return fits ? accept(true) : refuse('NOT_AUTHORISED', { reason: 'key-use', use: key.use, role, keyId });
}

/** Who a proven operation speaks for: NOT_AUTHORISED or CO_SIGNATURE_INVALID. */
export function callerOf(admission: Admission, records: RecordSource, envelope: Envelope, proven: ProvenOperation): Result<Caller> {
  const { organisation, role, keyId, actor } = proven.operation;
  const use = checkKeyUse(proven.key, role, keyId);
  if (!use.ok) return use;
  const member = findOrganisation(records, organisation);
  if (member?.status !== 'enrolled') return refuse('NOT_AUTHORISED', { reason: 'not-enrolled', organisation });
  // Every enrolled organisation is a member, whatever else it is.
  if (role !== 'member' && !member.roles.includes(role)) return refuse('NOT_AUTHORISED', { reason: 'role', organisation, role });
  const coSigners = checkCoSignatures(admission, records, envelope, proven);
  if (!coSigners.ok) return coSigners;
  return accept({ organisation, role, keyId, actor, coSigners: coSigners.value });
}

import { type KeyObject, randomBytes } from 'node:crypto';
import {
  assertParsed,
  type Bytes,
  chainIdOf,
  contractNameOf,
  coSignatureSignBytes,
  encodeOperation,
  hashOf,
  type JsonObject,
  type KeyId,
  operationHash,
  operationSignBytes,
  organisationNameOf,
  sharedBatchOf,
  sharedSignBytes,
  unixMsFrom,
} from '@civitas/canon';
import { nodeCrypto, signEd25519 } from '@civitas/canon/node';
import type { CoSignature, OperationBatch, SignedOperation } from '@civitas/proto/civitas/ledger/v1/operation.ts';
import type { NetworkAccess, Profile } from '../profile/load-profile.ts';
import { OPERATION_LIFE_MS } from './limits.ts';

const NOTHING = new Uint8Array(0);

/** A person's key that co-signs governance verbs. */
export interface Approver {
  readonly keyId: KeyId;
  readonly key: KeyObject;
}

/** One call of one contract, before it is signed. */
export interface Call {
  /** With version: `health.index@v1`. */
  readonly contract: string;
  readonly method: string;
  readonly args: JsonObject;
  readonly role: string;
  /** Pseudonym of the person who acts; default `cli`. */
  readonly actor?: string;
  /** 16 bytes; random when left out. */
  readonly idempotencyKey?: Bytes;
  readonly approver?: Approver;
}

/** A call as an operation, before its organisation's own signature. */
export interface PreparedCall {
  /** What is signed: canonical JSON. */
  readonly body: Bytes;
  /** 32 bytes; names the operation everywhere. */
  readonly hash: Bytes;
  readonly coSignatures: CoSignature[];
}

export interface Signed extends PreparedCall {
  readonly operation: SignedOperation;
}

/** Signs prepared calls of one organisation for one network. */
export interface CallSigner {
  sign(call: PreparedCall): SignedOperation;
  /** One signature for all. @param calls 2 … 256. */
  signTogether(calls: readonly PreparedCall[]): OperationBatch;
}

/** @throws InvariantError when a name is malformed. */
export function prepareCall(profile: Profile, access: NetworkAccess, call: Call, nowUnixMs: number): PreparedCall {
  const body = encodeOperation({
    actor: call.actor ?? 'cli',
    args: call.args,
    contract: contractNameOf(call.contract),
    expiresAtUnixMs: unixMsFrom(nowUnixMs + OPERATION_LIFE_MS),
    genesis: hashOf(access.genesisHash),
    idempotencyKey: call.idempotencyKey ?? new Uint8Array(randomBytes(16)),
    keyId: profile.keyId,
    method: call.method,
    network: chainIdOf(access.document.chainId),
    organisation: organisationNameOf(profile.agency),
    role: call.role,
  });
  const hash = operationHash(nodeCrypto.sha256, body);
  const { approver } = call;
  const coSignatures =
    approver === undefined ? [] : [{ keyId: approver.keyId, signature: signEd25519(approver.key, coSignatureSignBytes(hash)) }];
  return { body, hash, coSignatures };
}

export function signerOf({ operationKey }: Profile, { document }: NetworkAccess): CallSigner {
  return {
    sign: ({ body, coSignatures }) => ({
      body,
      signature: signEd25519(operationKey, operationSignBytes(body)),
      coSignatures,
      shared: undefined,
    }),
    signTogether(calls) {
      const batch = assertParsed(
        sharedBatchOf(
          nodeCrypto.sha256,
          calls.map(({ hash }) => hash),
        ),
      );
      const signature = signEd25519(operationKey, sharedSignBytes(document.chainId, batch));
      const operations = calls.map(({ body, coSignatures }) => ({ body, signature: NOTHING, coSignatures, shared: undefined }));
      return { signature, operations };
    },
  };
}

/** Signs a call with the profile's operation key for one network. @throws InvariantError when a name is malformed. */
export function signCall(profile: Profile, access: NetworkAccess, call: Call, nowUnixMs: number): Signed {
  const prepared = prepareCall(profile, access, call, nowUnixMs);
  return { ...prepared, operation: signerOf(profile, access).sign(prepared) };
}

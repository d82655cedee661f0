import { type KeyObject, randomBytes } from 'node:crypto';
import {
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
  unixMsFrom,
} from '@civitas/canon';
import { nodeCrypto, signEd25519 } from '@civitas/canon/node';
import type { SignedOperation } from '@civitas/proto/civitas/ledger/v1/operation.ts';
import type { NetworkAccess, Profile } from '../profile/load-profile.ts';
import { OPERATION_LIFE_MS } from './limits.ts';

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

export interface Signed {
  readonly operation: SignedOperation;
  /** 32 bytes; names the operation everywhere. */
  readonly hash: Bytes;
}

/** Signs a call with the profile's operation key for one network. @throws InvariantError when a name is malformed. */
export function signCall(profile: Profile, access: NetworkAccess, call: Call, nowUnixMs: number): Signed {
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
  const signature = signEd25519(profile.operationKey, operationSignBytes(body));
  const hash = operationHash(nodeCrypto.sha256, body);
  const { approver } = call;
  const coSignatures =
    approver === undefined ? [] : [{ keyId: approver.keyId, signature: signEd25519(approver.key, coSignatureSignBytes(hash)) }];
  return { operation: { body, signature, coSignatures, shared: undefined }, hash };
}

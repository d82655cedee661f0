import { randomBytes } from 'node:crypto';
import {
  assertParsed,
  type CoSignature,
  chainIdOf,
  contractNameOf,
  coSignatureSignBytes,
  encodeOperation,
  hashOf,
  type JsonObject,
  operationHash,
  operationSignBytes,
  organisationNameOf,
  parseUnixMs,
} from '@civitas/canon';
import { nodeCrypto } from '@civitas/canon/node';
import type { SignedOperation } from '@civitas/proto/civitas/ledger/v1/operation';
import type { SigningKey } from '../keys/node-keys.ts';

export interface GatewayOperation {
  readonly chainId: string;
  readonly genesisHash: Uint8Array;
  readonly organisation: string;
  readonly role: string;
  readonly key: SigningKey;
  /** Pseudonym of the process that acts. */
  readonly actor: string;
  readonly contract: string;
  readonly method: string;
  readonly args: JsonObject;
  readonly expiresAtUnixMs: number;
  /** 16 bytes, the same in every repetition of one wish; default fresh ones. */
  readonly idempotencyKey?: Uint8Array;
  /** Approver keys that co-sign. */
  readonly coSigners?: readonly SigningKey[];
}

const IDEMPOTENCY_KEY_BYTES = 16;

/** An operation before its organisation's own signature. */
export type UnsignedOperation = Pick<SignedOperation, 'body' | 'coSignatures'>;

/** Makes an operation, co-signed but not yet signed by its organisation. */
export function prepareGatewayOperation(request: GatewayOperation): UnsignedOperation {
  const body = encodeOperation({
    actor: request.actor,
    args: request.args,
    contract: contractNameOf(request.contract),
    expiresAtUnixMs: assertParsed(parseUnixMs(request.expiresAtUnixMs)),
    genesis: hashOf(request.genesisHash),
    idempotencyKey: request.idempotencyKey ?? new Uint8Array(randomBytes(IDEMPOTENCY_KEY_BYTES)),
    keyId: request.key.keyId,
    method: request.method,
    network: chainIdOf(request.chainId),
    organisation: organisationNameOf(request.organisation),
    role: request.role,
  });
  const message = coSignatureSignBytes(operationHash(nodeCrypto.sha256, body));
  const coSignatures: CoSignature[] = (request.coSigners ?? []).map((key) => ({ keyId: key.keyId, signature: key.sign(message) }));
  coSignatures.sort((left, right) => (left.keyId < right.keyId ? -1 : 1));
  return { body, coSignatures };
}

/** Makes and signs an operation of a key that this process holds. */
export function signGatewayOperation(request: GatewayOperation): SignedOperation {
  const unsigned = prepareGatewayOperation(request);
  return { ...unsigned, signature: request.key.sign(operationSignBytes(unsigned.body)), shared: undefined };
}

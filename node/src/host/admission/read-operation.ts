import {
  accept,
  type Bytes,
  checkEnvelope,
  type Envelope,
  type KeyId,
  operationHash,
  type Result,
  refuse,
  SHARED_BATCH_BYTES_MAX,
  SHARED_OPERATIONS_MAX,
  SHARED_OPERATIONS_MIN,
  type Sha256,
  SIGNATURE_BYTES,
  sharedBatchOf,
  sharedPathsOf,
  sharedPlaceOf,
} from '@civitas/canon';
import type { OperationBatch, SignedOperation } from '@civitas/proto/civitas/ledger/v1/operation';
import { type HashedEnvelope, hashedEnvelope } from '../../core/ledger/bundle.ts';
import { CO_SIGNATURE_BYTES, OPERATION_FRAMING_BYTES } from './limits.ts';

/** An operation as it came in, its form checked. */
export interface ReadOperation {
  readonly signed: HashedEnvelope;
  /** From its hash to the root of its batch; empty where it is signed alone. */
  readonly path: () => readonly Bytes[];
}

/** gRPC hands out Buffers over a message's memory: pure code gets arrays of its own, which neither alias nor behave differently. */
function ownBytes(bytes: Bytes): Bytes {
  return new Uint8Array(bytes);
}

const noPath = (): readonly Bytes[] => [];

interface Own extends Pick<Envelope, 'body' | 'signature' | 'shared'> {
  readonly hash: Bytes;
  readonly path: ReadOperation['path'];
}

function read(sha256: Sha256, wire: SignedOperation, { hash, path, ...own }: Own): Result<ReadOperation> {
  const coSignatures = wire.coSignatures.map(({ keyId, signature }) => ({ keyId: keyId as KeyId, signature: ownBytes(signature) }));
  const formed = checkEnvelope({ ...own, coSignatures });
  return formed.ok ? accept({ signed: hashedEnvelope(sha256, formed.value, hash), path }) : formed;
}

/** Reads an operation that comes alone, signed alone or with its path; canon's form codes, MALFORMED. */
export function readOperation(sha256: Sha256, wire: SignedOperation): Result<ReadOperation> {
  const body = ownBytes(wire.body);
  const hash = operationHash(sha256, body);
  const { shared } = wire;
  if (shared === undefined) {
    return read(sha256, wire, { body, signature: ownBytes(wire.signature), shared: undefined, hash, path: noPath });
  }
  if (wire.signature.length > 0) return refuse('MALFORMED', { field: 'signature', expected: 'nothing beside a shared signature' });
  const siblings = shared.path.map(ownBytes);
  const place = sharedPlaceOf(sha256, hash, { index: shared.index, total: shared.total, siblings });
  if (!place.ok) return place;
  return read(sha256, wire, { body, signature: ownBytes(shared.signature), shared: place.value, hash, path: () => siblings });
}

/** Bytes of an operation but for its own signature, as a bundle carries it, at most. */
export function encodedBodyBytesOf({ body, coSignatures }: { readonly body: Bytes; readonly coSignatures: readonly unknown[] }): number {
  return body.length + coSignatures.length * CO_SIGNATURE_BYTES + OPERATION_FRAMING_BYTES;
}

function checkBatch({ operations, signature }: OperationBatch): Result<true> {
  const count = operations.length;
  if (count < SHARED_OPERATIONS_MIN || count > SHARED_OPERATIONS_MAX) {
    return refuse('MALFORMED', { field: 'batch', got: count, expected: `${SHARED_OPERATIONS_MIN} … ${SHARED_OPERATIONS_MAX} operations` });
  }
  const batchBytes = operations.reduce((bytes, operation) => bytes + encodedBodyBytesOf(operation), 0);
  if (batchBytes > SHARED_BATCH_BYTES_MAX) {
    return refuse('MALFORMED', { field: 'batch', got: batchBytes, expected: `at most ${SHARED_BATCH_BYTES_MAX} bytes` });
  }
  if (signature.length !== SIGNATURE_BYTES) return refuse('SIGNATURE_FORM', { signatureBytes: signature.length });
  const hasOwn = operations.some((operation) => operation.signature.length > 0 || operation.shared !== undefined);
  return hasOwn ? refuse('MALFORMED', { field: 'signature', expected: 'nothing inside a batch' }) : accept(true);
}

/** Reads operations under one shared signature: refused together (MALFORMED, SIGNATURE_FORM), or each read alone. */
export function readBatch(sha256: Sha256, wire: OperationBatch): Result<readonly Result<ReadOperation>[]> {
  const checked = checkBatch(wire);
  if (!checked.ok) return checked;
  const bodies = wire.operations.map(({ body }) => ownBytes(body));
  const hashes = bodies.map((body) => operationHash(sha256, body));
  const batch = sharedBatchOf(sha256, hashes);
  if (!batch.ok) return batch;
  const signature = ownBytes(wire.signature);
  let paths: ReturnType<typeof sharedPathsOf>['paths'] | undefined;
  const pathAt = (index: number): readonly Bytes[] => {
    // Only where the batch was parted: the others go on as a group.
    paths ??= sharedPathsOf(sha256, hashes).paths;
    return paths[index]?.siblings ?? [];
  };
  return accept(
    wire.operations.map((operation, index) => {
      const [body, hash] = [bodies[index] ?? operation.body, hashes[index] ?? operation.body];
      return read(sha256, operation, { body, signature, shared: { index, ...batch.value }, hash, path: () => pathAt(index) });
    }),
  );
}

import {
  accept,
  type Bytes,
  type Envelope,
  type KeyId,
  operationHash,
  type Result,
  refuse,
  SHARED_OPERATIONS_MAX,
  SHARED_OPERATIONS_MIN,
  type Sha256,
  type SharedPlace,
  SIGNATURE_BYTES,
  sharedBatchOf,
  sharedPathsOf,
  sharedPlaceOf,
} from '@civitas/canon';
import { type SharedGroup, type SignedOperation, Bundle as WireBundle } from '@civitas/proto/civitas/ledger/v1/operation';
import { type Bundle, type HashedEnvelope, hashedEnvelope, sharedGroupsOf } from '../../core/ledger/bundle.ts';
import { BUNDLE_BYTES_MAX } from '../../core/ledger/limits.ts';
import { isPackedBundle, openPackedBundle } from './packed-bundle.ts';
import { readBundle } from './read-bundle.ts';

const NOTHING = new Uint8Array(0);
const NO_CO_SIGNATURES: Envelope['coSignatures'] = [];

function malformed(reason: string): ReturnType<typeof refuse> {
  return refuse('BUNDLE_MALFORMED', { reason });
}

function decodeWire(bytes: Bytes): WireBundle | undefined {
  try {
    return WireBundle.decode(bytes);
  } catch {
    return undefined;
  }
}

interface Own {
  readonly signature: Bytes;
  readonly shared: SharedPlace | undefined;
}

function hashed(sha256: Sha256, wire: SignedOperation, own: Own, hash: Bytes): HashedEnvelope {
  const coSignatures =
    wire.coSignatures.length === 0
      ? NO_CO_SIGNATURES
      : wire.coSignatures.map(({ keyId, signature }) => ({ keyId: keyId as KeyId, signature }));
  const envelope: Envelope = { body: wire.body, signature: own.signature, shared: own.shared, coSignatures };
  return hashedEnvelope(sha256, envelope, hash);
}

/** An operation outside the groups: signed alone, or with its path. */
function decodeSingle(sha256: Sha256, wire: SignedOperation): Result<HashedEnvelope> {
  const { body, signature, shared } = wire;
  const hash = operationHash(sha256, body);
  if (shared === undefined) return accept(hashed(sha256, wire, { signature, shared }, hash));
  if (signature.length > 0) return malformed('an operation with two signatures of its own');
  const place = sharedPlaceOf(sha256, hash, { index: shared.index, total: shared.total, siblings: shared.path });
  return place.ok
    ? accept(hashed(sha256, wire, { signature: shared.signature, shared: place.value }, hash))
    : malformed('a path that its index and total do not allow');
}

function decodeGroup(sha256: Sha256, wires: readonly SignedOperation[], signature: Bytes): Result<readonly HashedEnvelope[]> {
  if (wires.some((wire) => wire.signature.length > 0 || wire.shared !== undefined)) return malformed('a signature inside a group');
  const hashes = wires.map(({ body }) => operationHash(sha256, body));
  const batch = sharedBatchOf(sha256, hashes);
  if (!batch.ok) return batch;
  return accept(
    wires.map((wire, index) => hashed(sha256, wire, { signature, shared: { index, ...batch.value } }, hashes[index] ?? NOTHING)),
  );
}

function isGroup({ first, count, signature }: SharedGroup, from: number, to: number): boolean {
  if (signature.length !== SIGNATURE_BYTES || first < from) return false;
  return count >= SHARED_OPERATIONS_MIN && count <= SHARED_OPERATIONS_MAX && first + count <= to;
}

function decodeOperations(sha256: Sha256, { operations, groups }: WireBundle): Result<readonly HashedEnvelope[]> {
  const decoded: HashedEnvelope[] = [];
  let next = 0;
  const decodeSingles = (end: number): Result<true> => {
    for (const wire of operations.slice(next, end)) {
      const single = decodeSingle(sha256, wire);
      if (!single.ok) return single;
      decoded.push(single.value);
    }
    return accept(true);
  };
  for (const group of groups) {
    if (!isGroup(group, next, operations.length)) return malformed('a group out of bounds or out of order');
    const before = decodeSingles(group.first);
    if (!before.ok) return before;
    next = group.first + group.count;
    const members = decodeGroup(sha256, operations.slice(group.first, next), group.signature);
    if (!members.ok) return members;
    decoded.push(...members.value);
  }
  const after = decodeSingles(operations.length);
  return after.ok ? accept(decoded) : after;
}

function decodePlain(sha256: Sha256, bytes: Bytes): Result<Bundle> {
  const wire = readBundle(bytes);
  if (wire === undefined) return malformed('not the canonical encoding of a bundle');
  const operations = decodeOperations(sha256, wire);
  if (!operations.ok) return operations;
  // The same operations have two encodings otherwise: a batch as a group, and as so many paths.
  if (sharedGroupsOf(operations.value.map(({ envelope }) => envelope)).length !== wire.groups.length) {
    return malformed('a whole batch that is not a group');
  }
  const { chainId, gateway, keyId, signature } = wire;
  return accept({ chainId, gateway, keyId, operations: operations.value, signature, packedHash: undefined, bytes: bytes.length });
}

function decodePacked(sha256: Sha256, bytes: Bytes): Result<Bundle> {
  const opened = openPackedBundle(bytes);
  if (!opened.ok) return opened;
  const { unsigned, signature, content } = opened.value;
  const bundle = decodePlain(sha256, unsigned);
  if (!bundle.ok) return bundle;
  if (bundle.value.signature.length > 0) return malformed('a signature inside what is packed');
  return accept({ ...bundle.value, signature, packedHash: sha256(content), bytes: unsigned.length });
}

/**
 * Reads a bundle strictly, packed or not: BUNDLE_TOO_LARGE, or BUNDLE_MALFORMED for bytes that are not their message's only encoding. Which
 * packing is the bundle's the gateway's signature says.
 */
export function decodeBundle(sha256: Sha256, bytes: Bytes): Result<Bundle> {
  if (bytes.length > BUNDLE_BYTES_MAX) return refuse('BUNDLE_TOO_LARGE', { bundleBytes: bytes.length, bundleBytesMax: BUNDLE_BYTES_MAX });
  return isPackedBundle(bytes) ? decodePacked(sha256, bytes) : decodePlain(sha256, bytes);
}

/** The encoding of an ordered bundle as people read it: what was packed is unpacked, and then without the signature over its packing. */
export function plainBundleOf(bytes: Bytes): Bytes {
  if (!isPackedBundle(bytes)) return bytes;
  const opened = openPackedBundle(bytes);
  // What cannot be read was executed as a bundle without operations.
  return opened.ok ? opened.value.unsigned : NOTHING;
}

/** An operation of a bundle to be written, with the path to its root where its signature is shared. */
export interface BundledOperation {
  readonly envelope: Envelope;
  readonly path: () => readonly Bytes[];
}

function encodeOperation({ envelope, path }: BundledOperation, isInGroup: boolean): SignedOperation {
  const { body, signature, shared } = envelope;
  const coSignatures = [...envelope.coSignatures];
  if (shared === undefined) return { body, signature, coSignatures, shared };
  const { index, total } = shared;
  const own = isInGroup ? undefined : { signature, index, total, path: [...path()] };
  return { body, signature: NOTHING, coSignatures, shared: own };
}

/** A bundle in its one plain encoding. */
export function encodeBundle(
  bundle: Pick<Bundle, 'chainId' | 'gateway' | 'keyId' | 'signature'>,
  bundled: readonly BundledOperation[],
): Bytes {
  const groups = sharedGroupsOf(bundled.map(({ envelope }) => envelope));
  const isInGroup = (at: number): boolean => groups.some(({ first, count }) => at >= first && at < first + count);
  const operations = bundled.map((operation, at) => encodeOperation(operation, isInGroup(at)));
  return WireBundle.encode({ ...bundle, operations, groups }).finish();
}

/** An operation of a bundle in the form in which it stands alone; undefined where the bytes are no bundle with such an operation. */
export function standaloneOperation(sha256: Sha256, bytes: Bytes, at: number): SignedOperation | undefined {
  const wire = decodeWire(bytes);
  const operation = wire?.operations[at];
  const group = wire?.groups.find(({ first, count }) => at >= first && at < first + count);
  if (wire === undefined || operation === undefined || group === undefined) return operation;
  const { first, count, signature } = group;
  const hashes = wire.operations.slice(first, first + count).map(({ body }) => operationHash(sha256, body));
  const path = sharedPathsOf(sha256, hashes).paths[at - first];
  return path && { ...operation, shared: { signature, index: path.index, total: count, path: [...path.siblings] } };
}

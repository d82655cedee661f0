import { type Bytes, concatBytes } from './bytes.ts';
import type { CryptoPort, Sha256 } from './crypto-port.ts';
import type { Hash } from './ids.ts';
import { invariant } from './invariant.ts';
import { SHARED_OPERATIONS_MAX, SHARED_OPERATIONS_MIN, SIGNATURE_BYTES } from './limits.ts';
import { type MerklePath, merklePaths, merkleRoot, rootOfMerklePath } from './merkle.ts';
import { operationHash, operationSignBytes } from './operation.ts';
import { accept, type Result, refuse } from './refusal.ts';
import { verifySignature } from './signature-rule.ts';
import { utf8Encode } from './utf8.ts';

/** Where an operation stands under a signature that covers several. The root is always computed, never taken from a wire. */
export interface SharedPlace {
  /** Position among the covered operations. */
  readonly index: number;
  /** Covered operations, 2 … 256. */
  readonly total: number;
  /** RFC 6962 root over the operation hashes, 32 bytes. */
  readonly root: Bytes;
}

/** What every covered operation has in common. */
export type SharedBatch = Pick<SharedPlace, 'total' | 'root'>;

const SHARED_DOMAIN = utf8Encode('civitas/shared/v1\n');

function uint32(value: number): Bytes {
  return Uint8Array.of(value >>> 24, (value >>> 16) & 0xff, (value >>> 8) & 0xff, value & 0xff);
}

/**
 * What an organisation's key signs for several operations at once: the chain id's length (32-bit big-endian) and bytes, the number of
 * operations (32-bit big-endian), and the Merkle root over their hashes.
 *
 * The count is signed, because two trees of different size can share all turns of one leaf.
 */
export function sharedSignBytes(chainId: string, { total, root }: SharedBatch): Bytes {
  const name = utf8Encode(chainId);
  return concatBytes(SHARED_DOMAIN, uint32(name.length), name, uint32(total), root);
}

function isTotal(total: number): boolean {
  return Number.isSafeInteger(total) && total >= SHARED_OPERATIONS_MIN && total <= SHARED_OPERATIONS_MAX;
}

/** The batch over these operation hashes, in this order. @returns SIGNATURE_FORM for fewer than 2 or more than 256. */
export function sharedBatchOf(sha256: Sha256, operationHashes: readonly Bytes[]): Result<SharedBatch> {
  const total = operationHashes.length;
  return isTotal(total) ? accept({ total, root: merkleRoot(sha256, operationHashes) }) : refuse('SIGNATURE_FORM', { total });
}

/** The batch with the path of each operation, in order. @param operationHashes 2 … 256 of 32 bytes. */
export function sharedPathsOf(sha256: Sha256, operationHashes: readonly Bytes[]): SharedBatch & { readonly paths: readonly MerklePath[] } {
  const total = operationHashes.length;
  invariant(isTotal(total), 'a shared signature covers 2 to 256 operations');
  return { total, ...merklePaths(sha256, operationHashes) };
}

/**
 * The place that an operation's path leads to; whether the signature covers it is the signature's to say.
 *
 * @returns SIGNATURE_FORM where index, total and path do not fit together: a path has exactly the length that they decide.
 */
export function sharedPlaceOf(sha256: Sha256, hash: Hash, path: MerklePath): Result<SharedPlace> {
  const { index, total, siblings } = path;
  const root = isTotal(total) ? rootOfMerklePath(sha256, hash, path) : undefined;
  return root === undefined ? refuse('SIGNATURE_FORM', { index, total, pathHashes: siblings.length }) : accept({ index, total, root });
}

/** An operation's own signature, in the form in which it stands alone. */
export interface OperationSignature {
  /** Over operationSignBytes(body), or over sharedSignBytes where `shared` stands; 64 bytes. */
  readonly signature: Bytes;
  readonly publicKey: Bytes;
  /** Path from the operation's hash to the signed root. */
  readonly shared: MerklePath | undefined;
}

/**
 * Whether the key signed this operation for this network, alone or with others. That the key is the one the body names, and that it was
 * enrolled, is the caller's to check.
 *
 * @returns SIGNATURE_FORM or SIGNATURE_INVALID.
 */
export function verifyOperationSignature(
  crypto: CryptoPort,
  { chainId, body }: { readonly chainId: string; readonly body: Bytes },
  { signature, publicKey, shared }: OperationSignature,
): Result<true> {
  if (signature.length !== SIGNATURE_BYTES) return refuse('SIGNATURE_FORM', { signatureBytes: signature.length });
  let message = operationSignBytes(body);
  if (shared !== undefined) {
    const place = sharedPlaceOf(crypto.sha256, operationHash(crypto.sha256, body), shared);
    if (!place.ok) return place;
    message = sharedSignBytes(chainId, place.value);
  }
  return verifySignature(crypto, { message, signature, publicKey }) ? accept(true) : refuse('SIGNATURE_INVALID');
}

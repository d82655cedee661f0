import { type Bytes, hashParts, invariant, type Sha256 } from '@civitas/canon';
import { TREE_DEPTH_MAX } from '../limits.ts';

// The compact binary sparse Merkle tree, pinned (ledger.md section 3). A key's path is SHA-256(key), most significant bit first.
// leaf  = SHA-256(0x00 ‖ SHA-256(key) ‖ SHA-256(value))
// inner = SHA-256(0x01 ‖ left ‖ right)
// A subtree with one leaf is that leaf's hash at whatever depth; one without is EMPTY_HASH; so is the empty tree.

/** First byte of a leaf's preimage. */
export const STATE_LEAF_DOMAIN = 0;
/** First byte of an inner node's preimage. */
export const STATE_INNER_DOMAIN = 1;

const HASH_BYTES = 32;
// One preimage at a time: hashing is synchronous and keeps nothing of its input. An array for each would be most of a small hash's cost.
const preimage = new Uint8Array(1 + 2 * HASH_BYTES);

function hashOfTwo(sha256: Sha256, domain: number, left: Bytes, right: Bytes): Bytes {
  // Of a proof from outside, which then has another root.
  if (left.length !== HASH_BYTES || right.length !== HASH_BYTES) return hashParts(sha256, Uint8Array.of(domain), left, right);
  preimage[0] = domain;
  preimage.set(left, 1);
  preimage.set(right, 1 + HASH_BYTES);
  return sha256(preimage);
}

/** Hash of the empty tree and of an empty child. No SHA-256 preimage of it is known. */
export const EMPTY_HASH: Bytes = new Uint8Array(32);

/** @param hashes SHA-256 of the key and of the value, 32 bytes each. */
export function stateLeafHash(sha256: Sha256, hashes: { readonly keyHash: Bytes; readonly valueHash: Bytes }): Bytes {
  return hashOfTwo(sha256, STATE_LEAF_DOMAIN, hashes.keyHash, hashes.valueHash);
}

export function stateInnerHash(sha256: Sha256, left: Bytes, right: Bytes): Bytes {
  return hashOfTwo(sha256, STATE_INNER_DOMAIN, left, right);
}

export function isEmptyHash(hash: Bytes): boolean {
  return hash.every((byte) => byte === 0);
}

/** Bit of a key hash at a depth, 0 (root) … 255: 0 turns left, 1 right. */
export function pathBit(keyHash: Bytes, depth: number): 0 | 1 {
  invariant(depth >= 0 && depth < TREE_DEPTH_MAX, 'depth outside the tree');
  return ((keyHash[depth >> 3] ?? 0) >> (7 - (depth & 7))) & 1 ? 1 : 0;
}

/** Leading bits that two key hashes share, 0 … 256. */
export function sharedPathBits(left: Bytes, right: Bytes): number {
  for (let depth = 0; depth < TREE_DEPTH_MAX; depth++) if (pathBit(left, depth) !== pathBit(right, depth)) return depth;
  return TREE_DEPTH_MAX;
}

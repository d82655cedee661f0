import { type Bytes, equalBytes, type Sha256 } from '@civitas/canon';
import { KEY_BYTES_MAX, TREE_DEPTH_MAX, VALUE_BYTES_MAX } from '../limits.ts';
import { EMPTY_HASH, isEmptyHash, pathBit, sharedPathBits, stateInnerHash, stateLeafHash } from './tree-hash.ts';

/** Where the path of a key ends: at the key's own leaf, at nothing, or at another key's leaf. */
export type ProofLeaf =
  | { readonly kind: 'present' }
  | { readonly kind: 'empty' }
  | { readonly kind: 'other'; readonly keyHash: Bytes; readonly valueHash: Bytes };

/** Membership or absence of one key under one root. */
export interface StateProof {
  /** 1 … 256 bytes. */
  readonly key: Bytes;
  readonly leaf: ProofLeaf;
  /** From the root downwards: siblings[d] is the sibling at depth d + 1; EMPTY_HASH for an empty one. At most 256. */
  readonly siblings: readonly Bytes[];
}

function foldToRoot(sha256: Sha256, keyHash: Bytes, walk: { readonly leafHash: Bytes; readonly siblings: readonly Bytes[] }): Bytes {
  let hash = walk.leafHash;
  for (let depth = walk.siblings.length - 1; depth >= 0; depth--) {
    const sibling = walk.siblings[depth] ?? EMPTY_HASH;
    hash = pathBit(keyHash, depth) === 1 ? stateInnerHash(sha256, sibling, hash) : stateInnerHash(sha256, hash, sibling);
  }
  return hash;
}

function hasForm(proof: StateProof, key: Bytes): boolean {
  if (key.length === 0 || key.length > KEY_BYTES_MAX || !equalBytes(proof.key, key)) return false;
  if (proof.siblings.length > TREE_DEPTH_MAX || proof.siblings.some((sibling) => sibling.length !== 32)) return false;
  // In a compact tree the lowest inner node has two children that are not empty, or the node would be its one leaf.
  const lowest = proof.siblings.at(-1);
  return lowest === undefined || !isEmptyHash(lowest);
}

/** True when `key` has exactly `value` under `root`. */
export function verifyMembership(
  sha256: Sha256,
  claim: { readonly root: Bytes; readonly key: Bytes; readonly value: Bytes; readonly proof: StateProof },
): boolean {
  const { root, key, value, proof } = claim;
  if (proof.leaf.kind !== 'present' || value.length > VALUE_BYTES_MAX || !hasForm(proof, key)) return false;
  const keyHash = sha256(key);
  const leafHash = stateLeafHash(sha256, { keyHash, valueHash: sha256(value) });
  return equalBytes(foldToRoot(sha256, keyHash, { leafHash, siblings: proof.siblings }), root);
}

/** Hash at the end of an absent key's path; undefined when the leaf does not show absence. */
function absenceHash(sha256: Sha256, keyHash: Bytes, proof: StateProof): Bytes | undefined {
  const { leaf, siblings } = proof;
  if (leaf.kind === 'present') return undefined;
  if (leaf.kind === 'empty') return EMPTY_HASH;
  if (leaf.keyHash.length !== 32 || leaf.valueHash.length !== 32) return undefined;
  const shared = sharedPathBits(leaf.keyHash, keyHash);
  // The other leaf must lie on this key's path, and must not be this key's own.
  if (shared < siblings.length || shared === TREE_DEPTH_MAX) return undefined;
  return stateLeafHash(sha256, leaf);
}

/** True when `key` has no value under `root`. */
export function verifyAbsence(sha256: Sha256, claim: { readonly root: Bytes; readonly key: Bytes; readonly proof: StateProof }): boolean {
  const { root, key, proof } = claim;
  if (!hasForm(proof, key)) return false;
  const keyHash = sha256(key);
  const leafHash = absenceHash(sha256, keyHash, proof);
  if (leafHash === undefined) return false;
  return equalBytes(foldToRoot(sha256, keyHash, { leafHash, siblings: proof.siblings }), root);
}

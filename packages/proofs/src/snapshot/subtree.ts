import { type Bytes, invariant, type Sha256 } from '@civitas/canon';
import { EMPTY_HASH, pathBit, stateInnerHash, stateLeafHash } from '../tree/tree-hash.ts';

/** What stands at one place of the compact tree; the count tells empty (0), one leaf (1) and inner node (2 or more) apart. */
export interface Subtree {
  readonly recordCount: number;
  /** 32 bytes; EMPTY_HASH without records. */
  readonly hash: Bytes;
}

/** A record's place in the tree. */
export interface SubtreeLeaf {
  readonly keyHash: Bytes;
  readonly valueHash: Bytes;
}

/** The node above two subtrees: a lone leaf is its own parent, whatever the depth. */
export function joinSubtrees(sha256: Sha256, left: Subtree, right: Subtree): Subtree {
  const recordCount = left.recordCount + right.recordCount;
  if (left.recordCount === 0 && right.recordCount < 2) return right;
  if (right.recordCount === 0 && left.recordCount < 2) return left;
  return { recordCount, hash: stateInnerHash(sha256, left.hash, right.hash) };
}

/** Index of the first leaf in [from, to) whose path turns right at a depth; `to` where none does. */
function firstRight(leaves: readonly SubtreeLeaf[], range: { readonly from: number; readonly to: number }, depth: number): number {
  let [low, high] = [range.from, range.to];
  while (low < high) {
    const middle = (low + high) >> 1;
    const leaf = leaves[middle];
    invariant(leaf !== undefined, 'leaf outside the range');
    if (pathBit(leaf.keyHash, depth) === 1) high = middle;
    else low = middle + 1;
  }
  return low;
}

function hashOf(
  sha256: Sha256,
  leaves: readonly SubtreeLeaf[],
  range: { readonly from: number; readonly to: number },
  depth: number,
): Bytes {
  const { from, to } = range;
  const first = leaves[from];
  if (from === to || first === undefined) return EMPTY_HASH;
  if (to - from === 1) return stateLeafHash(sha256, first);
  const middle = firstRight(leaves, range, depth);
  const left = hashOf(sha256, leaves, { from, to: middle }, depth + 1);
  const right = hashOf(sha256, leaves, { from: middle, to }, depth + 1);
  return stateInnerHash(sha256, left, right);
}

/**
 * The subtree of all leaves that share their first `depth` bits.
 *
 * @param leaves in rising order of key hash, each once; all below the subtree's own prefix.
 */
export function subtreeOf(sha256: Sha256, leaves: readonly SubtreeLeaf[], depth: number): Subtree {
  return { recordCount: leaves.length, hash: hashOf(sha256, leaves, { from: 0, to: leaves.length }, depth) };
}

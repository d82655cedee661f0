import { type Bytes, equalBytes } from './bytes.ts';
import type { Sha256 } from './crypto-port.ts';
import { hashParts } from './hash-parts.ts';
import { invariant } from './invariant.ts';
import { MERKLE_LEAVES_MAX } from './limits.ts';

// RFC 6962 section 2.1: domain bytes keep a leaf from passing as an inner node.
const LEAF = Uint8Array.of(0);
const INNER = Uint8Array.of(1);

function leafHash(sha256: Sha256, leaf: Bytes): Bytes {
  return hashParts(sha256, LEAF, leaf);
}

function innerHash(sha256: Sha256, left: Bytes, right: Bytes): Bytes {
  return hashParts(sha256, INNER, left, right);
}

/** Largest power of two below count; count ≥ 2. */
function splitPoint(count: number): number {
  let split = 1;
  while (split * 2 < count) split *= 2;
  return split;
}

function rootOfHashes(sha256: Sha256, hashes: readonly Bytes[], from: number = 0, to: number = hashes.length): Bytes {
  const first = hashes[from];
  if (first === undefined || from === to) return sha256(new Uint8Array(0));
  if (to - from === 1) return first;
  const split = from + splitPoint(to - from);
  return innerHash(sha256, rootOfHashes(sha256, hashes, from, split), rootOfHashes(sha256, hashes, split, to));
}

/** RFC 6962 tree head over the leaves; SHA-256 of nothing for none. 32 bytes. */
export function merkleRoot(sha256: Sha256, leaves: readonly Bytes[]): Bytes {
  return rootOfHashes(
    sha256,
    leaves.map((leaf) => leafHash(sha256, leaf)),
  );
}

/** A leaf's place in a tree and the siblings that lead to its root, lowest first. */
export interface MerklePath {
  readonly index: number;
  readonly total: number;
  readonly siblings: readonly Bytes[];
}

/** The path of leaf `index`. @throws InvariantError when there is no such leaf. */
export function merklePath(sha256: Sha256, leaves: readonly Bytes[], index: number): MerklePath {
  invariant(Number.isSafeInteger(index) && index >= 0 && index < leaves.length, 'no leaf at that index');
  const siblings: Bytes[] = [];
  let hashes = leaves.map((leaf) => leafHash(sha256, leaf));
  let at = index;
  while (hashes.length > 1) {
    const split = splitPoint(hashes.length);
    const right = at >= split;
    siblings.push(rootOfHashes(sha256, right ? hashes.slice(0, split) : hashes.slice(split)));
    hashes = right ? hashes.slice(split) : hashes.slice(0, split);
    if (right) at -= split;
  }
  return { index, total: leaves.length, siblings: siblings.reverse() };
}

/** The root and every leaf's path in one pass: about two hashes a leaf, where a path alone costs them all again. */
export function merklePaths(sha256: Sha256, leaves: readonly Bytes[]): { readonly root: Bytes; readonly paths: readonly MerklePath[] } {
  const siblings: Bytes[][] = leaves.map(() => []);
  const subtree = (from: number, to: number): Bytes => {
    const leaf = leaves[from];
    invariant(leaf !== undefined, 'a tree has a leaf');
    if (to - from === 1) return leafHash(sha256, leaf);
    const split = from + splitPoint(to - from);
    const [left, right] = [subtree(from, split), subtree(split, to)];
    for (let at = from; at < to; at++) siblings[at]?.push(at < split ? right : left);
    return innerHash(sha256, left, right);
  };
  const root = leaves.length === 0 ? merkleRoot(sha256, leaves) : subtree(0, leaves.length);
  return { root, paths: siblings.map((path, index) => ({ index, total: leaves.length, siblings: path })) };
}

/** One side per level from the top: true where the path goes right. Its length is fixed by index and total alone. */
function turnsOf(index: number, total: number): boolean[] {
  const turns: boolean[] = [];
  let [at, count] = [index, total];
  while (count > 1) {
    const split = splitPoint(count);
    const right = at >= split;
    turns.push(right);
    at = right ? at - split : at;
    count = right ? count - split : split;
  }
  return turns;
}

/** The root that a leaf and its path lead to; undefined where index and total do not fit the path. */
export function rootOfMerklePath(sha256: Sha256, leaf: Bytes, path: MerklePath): Bytes | undefined {
  const { index, total, siblings } = path;
  if (!Number.isSafeInteger(index) || !Number.isSafeInteger(total)) return undefined;
  if (index < 0 || index >= total || total > MERKLE_LEAVES_MAX) return undefined;
  const turns = turnsOf(index, total).reverse();
  if (turns.length !== siblings.length) return undefined;
  let hash = leafHash(sha256, leaf);
  for (const [level, sibling] of siblings.entries()) {
    if (sibling.length !== 32) return undefined;
    hash = turns[level] ? innerHash(sha256, sibling, hash) : innerHash(sha256, hash, sibling);
  }
  return hash;
}

/**
 * True when `leaf` is a leaf under the root with this path. Index and total decide the path's length and every turn.
 *
 * Two totals can share all turns of one leaf, so a total is only proven where its tree's shape differs: never count by it.
 */
export function verifyMerklePath(sha256: Sha256, root: Bytes, leaf: Bytes, path: MerklePath): boolean {
  const hash = rootOfMerklePath(sha256, leaf, path);
  return hash !== undefined && equalBytes(hash, root);
}

import { type Bytes, byteAt, compareBytes, equalBytes, hexEncode, invariant, type Sha256 } from '@civitas/canon';
import { EMPTY_HASH } from '@civitas/proofs';
import { emptyPage, type LeafSlot, leafSlot, type Page, type Slot } from './page.ts';
import type { PageReader } from './page-store.ts';

/** A root of the state tree: its hash, and the version (height) whose write made its top page; -1 for the empty tree. */
export interface TreeRoot {
  readonly hash: Bytes;
  readonly version: number;
}

export const EMPTY_ROOT: TreeRoot = { hash: EMPTY_HASH, version: -1 };

/** SHA-256 of a key with the hash of its new value, or undefined where the record is deleted. */
export interface LeafChange {
  readonly keyHash: Bytes;
  readonly valueHash: Bytes | undefined;
}

export interface PageName {
  readonly path: string;
  readonly version: number;
}

/** What a batch asks the store to write: new pages, and pages that only older roots still use. */
export interface TreeUpdate {
  readonly root: TreeRoot;
  readonly pages: readonly (PageName & { readonly page: Page })[];
  readonly stale: readonly PageName[];
}

export function nibbleAt(hash: Bytes, index: number): number {
  const byte = byteAt(hash, index >> 1);
  return index % 2 === 0 ? byte >> 4 : byte & 15;
}

interface Batch {
  readonly sha256: Sha256;
  readonly reader: PageReader;
  readonly version: number;
  readonly pages: (PageName & { readonly page: Page })[];
  readonly stale: PageName[];
}

function byNibble<T extends { readonly keyHash: Bytes }>(items: readonly T[], depth: number): ReadonlyMap<number, readonly T[]> {
  const groups = new Map<number, T[]>();
  for (const item of items) {
    const nibble = nibbleAt(item.keyHash, depth);
    const group = groups.get(nibble);
    if (group === undefined) groups.set(nibble, [item]);
    else group.push(item);
  }
  return groups;
}

function emit(batch: Batch, path: string, page: Page): Slot {
  batch.pages.push({ path, version: batch.version, page });
  return { kind: 'child', hash: page.nodeAt(1).hash, version: batch.version };
}

/** A subtree of fresh leaves, at least two of them below one page. */
function build(batch: Batch, path: string, leaves: readonly LeafSlot[]): Slot {
  if (leaves.length < 2) return leaves[0];
  invariant(path.length < 64, 'two keys share one hash');
  const slots = new Map<number, Slot>();
  for (const [nibble, group] of byNibble(leaves, path.length)) slots.set(nibble, build(batch, path + nibble.toString(16), group));
  return emit(batch, path, emptyPage(batch.sha256).with(slots));
}

function isSame(left: Slot, right: Slot): boolean {
  return left === right || (left?.kind === 'leaf' && right?.kind === 'leaf' && equalBytes(left.hash, right.hash));
}

function changedSlots(batch: Batch, at: { path: string; page: Page }, changes: readonly LeafChange[]): Map<number, Slot> {
  const changed = new Map<number, Slot>();
  for (const [nibble, group] of byNibble(changes, at.path.length)) {
    const before = at.page.slots[nibble];
    const after = update(batch, { path: at.path + nibble.toString(16), slot: before }, group);
    if (!isSame(before, after)) changed.set(nibble, after);
  }
  return changed;
}

function update(batch: Batch, at: { path: string; slot: Slot }, changes: readonly LeafChange[]): Slot {
  const { path, slot } = at;
  if (slot?.kind === 'child') {
    const page = batch.reader.page(path, slot.version);
    const changed = changedSlots(batch, { path, page }, changes);
    if (changed.size === 0) return slot;
    batch.stale.push({ path, version: slot.version });
    const next = page.with(changed);
    const node = next.nodeAt(1);
    if (node.kind === 'inner') return emit(batch, path, next);
    return node.kind === 'leaf' ? next.leafBelow(1) : undefined;
  }
  const leaves: LeafSlot[] = [];
  let kept = slot;
  for (const { keyHash, valueHash } of changes) {
    if (kept !== undefined && equalBytes(kept.keyHash, keyHash)) kept = undefined;
    if (valueHash !== undefined) leaves.push(leafSlot(batch.sha256, keyHash, valueHash));
  }
  if (kept !== undefined) leaves.push(kept);
  return build(batch, path, leaves);
}

/**
 * Applies one block's changes to a root.
 *
 * @param base any kept root; it stays provable.
 * @param version height of the block, above every version written before.
 * @param changes at most one for a key; order does not matter. Each dirty page is hashed once.
 * @returns the same root and no pages when nothing changed.
 */
export function applyChanges(
  tools: { readonly sha256: Sha256; readonly reader: PageReader },
  base: TreeRoot,
  version: number,
  changes: readonly LeafChange[],
): TreeUpdate {
  const batch: Batch = { ...tools, version, pages: [], stale: [] };
  const sorted = [...changes].sort((left, right) => compareBytes(left.keyHash, right.keyHash));
  const page = base.version < 0 ? emptyPage(tools.sha256) : tools.reader.page('', base.version);
  const changed = changedSlots(batch, { path: '', page }, sorted);
  if (changed.size === 0) return { root: base, pages: [], stale: [] };
  if (base.version >= 0) batch.stale.push({ path: '', version: base.version });
  const next = page.with(changed);
  const node = next.nodeAt(1);
  if (node.kind === 'empty') return { root: EMPTY_ROOT, pages: batch.pages, stale: batch.stale };
  batch.pages.push({ path: '', version, page: next });
  return { root: { hash: node.hash, version }, pages: batch.pages, stale: batch.stale };
}

/** Where a key's path through the tree ends, with the sibling hashes from the root downwards. */
export interface TreePath {
  readonly siblings: readonly Bytes[];
  readonly leaf: LeafSlot | undefined;
}

/** Walks to a key under a kept root: to its own leaf, to another leaf on its path, or to an empty child. */
export function pathTo(reader: PageReader, root: TreeRoot, keyHash: Bytes): TreePath {
  const siblings: Bytes[] = [];
  if (root.version < 0) return { siblings, leaf: undefined };
  let version = root.version;
  for (let depth = 0; depth < 64; depth++) {
    const page = reader.page(hexEncode(keyHash).slice(0, depth), version);
    const nibble = nibbleAt(keyHash, depth);
    let index = 1;
    for (let bit = 3; bit >= 0 && page.nodeAt(index).kind === 'inner'; bit--) {
      index = index * 2 + ((nibble >> bit) & 1);
      siblings.push(page.nodeAt(index ^ 1).hash);
    }
    const slot = page.slots[nibble];
    if (index < 16 || slot?.kind !== 'child') return { siblings, leaf: page.leafBelow(index) };
    version = slot.version;
  }
  invariant(false, 'a page lies below the last nibble');
}

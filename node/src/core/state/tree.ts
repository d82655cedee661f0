import { type Bytes, byteAt, compareBytes, equalBytes, hexEncode, invariant, type Sha256 } from '@civitas/canon';
import { EMPTY_HASH } from '@civitas/proofs';
import { runSteps } from '../steps.ts';
import { encodeHistory, type HistoryChunk, type PageChange } from './history.ts';
import { PAGE_CHANGES_MAX } from './limits.ts';
import { emptyPage, type LeafSlot, PAGE_SLOTS, type Page, type Slot } from './page.ts';
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

/** What a batch asks the store to write. */
export interface TreeUpdate {
  readonly root: TreeRoot;
  /** Newest pages, in the order of their path keys. */
  readonly pages: readonly { readonly path: string; readonly page: Page }[];
  /** Paths that have no page any more. */
  readonly removed: readonly string[];
  /** What undoes the changes, for older roots. */
  readonly history: readonly HistoryChunk[];
  /** Pages to be kept whole as they were: removed now, or changed many times since the last one kept. */
  readonly kept: readonly { readonly path: string; readonly page: Page }[];
}

export function nibbleAt(hash: Bytes, index: number): number {
  const byte = byteAt(hash, index >> 1);
  return index % 2 === 0 ? byte >> 4 : byte & 15;
}

const NIBBLES = '0123456789abcdef';
const UNCHANGED = 'unchanged';
/** Levels of pages after whose slots a batch may rest: 256 parts of a large tree. */
const STEPPED_LEVELS = 2;

interface Batch {
  readonly sha256: Sha256;
  readonly reader: PageReader;
  readonly base: number;
  readonly version: number;
  /** Sorted by key hash. */
  readonly changes: readonly LeafChange[];
  readonly pages: { readonly path: string; readonly page: Page }[];
  readonly removed: string[];
  readonly undo: PageChange[];
  readonly kept: { readonly path: string; readonly page: Page }[];
}

/** A run of the sorted changes. */
interface Run {
  readonly from: number;
  readonly to: number;
}

/** Part of a run whose keys have one nibble at a depth. */
interface Group extends Run {
  readonly nibble: number;
}

/** The first part of sorted leaves or changes, from a place on. Not a generator: it is walked for every page on every change's way. */
function groupAt(items: readonly { readonly keyHash: Bytes }[], { from, to }: Run, depth: number): Group {
  const nibble = nibbleAt(items[from]?.keyHash ?? EMPTY_HASH, depth);
  let end = from + 1;
  while (end < to && nibbleAt(items[end]?.keyHash ?? EMPTY_HASH, depth) === nibble) end++;
  return { nibble, from, to: end };
}

function childOf(batch: Batch, path: string, page: Page): Slot {
  batch.pages.push({ path, page });
  return { kind: 'child', hash: page.hashAt(1), version: batch.version };
}

/** A subtree of fresh leaves in order, at least two of them below one page. */
function build(batch: Batch, path: string, leaves: readonly LeafSlot[]): Slot {
  if (leaves.length < 2) return leaves[0];
  invariant(path.length < 64, 'two keys share one hash');
  const slots = new Map<number, Slot>();
  for (let from = 0; from < leaves.length; ) {
    const { nibble, to } = groupAt(leaves, { from, to: leaves.length }, path.length);
    slots.set(nibble, build(batch, path + NIBBLES.charAt(nibble), leaves.slice(from, to)));
    from = to;
  }
  return childOf(batch, path, emptyPage(batch.sha256).with({ version: batch.version, changeCount: 0 }, slots));
}

function isSame(left: Slot, right: Slot): boolean {
  if (left === right) return true;
  if (left?.kind !== 'leaf' || right?.kind !== 'leaf') return false;
  return equalBytes(left.valueHash, right.valueHash) && equalBytes(left.keyHash, right.keyHash);
}

/** What becomes of one slot of a page: UNCHANGED, or what it holds from now on. */
function changeSlot(batch: Batch, at: { path: string; page: Page }, group: Group): Slot | typeof UNCHANGED {
  const path = at.path + NIBBLES.charAt(group.nibble);
  if (at.page.kindAt(PAGE_SLOTS + group.nibble) === 'inner') return changeBelow(batch, path, group);
  const before = at.page.leafBelow(PAGE_SLOTS + group.nibble);
  const after = changeLeaf(batch, { path, leaf: before }, group);
  return isSame(before, after) ? UNCHANGED : after;
}

function changedSlots(batch: Batch, at: { path: string; page: Page }, run: Run): Map<number, Slot> {
  const changed = new Map<number, Slot>();
  for (let { from } = run; from < run.to; ) {
    const group = groupAt(batch.changes, { from, to: run.to }, at.path.length);
    const after = changeSlot(batch, at, group);
    if (after !== UNCHANGED) changed.set(group.nibble, after);
    from = group.to;
  }
  return changed;
}

/** The page after its changes; what it was goes into the history. */
function changePage(batch: Batch, path: string, before: Page, changed: ReadonlyMap<number, Slot>): Page {
  const isKept = before.changeCount >= PAGE_CHANGES_MAX;
  const page = before.with({ version: batch.version, changeCount: isKept ? 0 : before.changeCount + 1 }, changed);
  const isGone = page.kindAt(1) === 'empty' || (path.length > 0 && page.kindAt(1) === 'leaf');
  if (isGone) batch.removed.push(path);
  if (isKept || isGone) batch.kept.push({ path, page: before });
  else {
    let mask = 0;
    for (const position of changed.keys()) mask |= 1 << position;
    batch.undo.push({ path, before, mask });
  }
  return page;
}

/** What becomes of a slot that has a page below it. */
function changeBelow(batch: Batch, path: string, run: Run): Slot | typeof UNCHANGED {
  const page = batch.reader.page(path, batch.base);
  return slotAfter(batch, { path, page }, changedSlots(batch, { path, page }, run));
}

/** What stands in a slot once the page below it has changed. */
function slotAfter(batch: Batch, before: { path: string; page: Page }, changed: ReadonlyMap<number, Slot>): Slot | typeof UNCHANGED {
  if (changed.size === 0) return UNCHANGED;
  const page = changePage(batch, before.path, before.page, changed);
  return page.kindAt(1) === 'inner' ? childOf(batch, before.path, page) : page.leafBelow(1);
}

/** changedSlots, which may rest after each slot of the upper pages: not a generator further down, where it is called for every change. */
function* changedSlotsInSteps(batch: Batch, at: { path: string; page: Page }, run: Run): Generator<void, Map<number, Slot>> {
  const changed = new Map<number, Slot>();
  for (let { from } = run; from < run.to; ) {
    const group = groupAt(batch.changes, { from, to: run.to }, at.path.length);
    const isUpper = at.path.length < STEPPED_LEVELS - 1 && at.page.kindAt(PAGE_SLOTS + group.nibble) === 'inner';
    const after = isUpper ? yield* changeBelowInSteps(batch, at.path + NIBBLES.charAt(group.nibble), group) : changeSlot(batch, at, group);
    if (after !== UNCHANGED) changed.set(group.nibble, after);
    from = group.to;
    yield;
  }
  return changed;
}

function* changeBelowInSteps(batch: Batch, path: string, run: Run): Generator<void, Slot | typeof UNCHANGED> {
  const page = batch.reader.page(path, batch.base);
  return slotAfter(batch, { path, page }, yield* changedSlotsInSteps(batch, { path, page }, run));
}

/** What becomes of a slot that is empty or a leaf. */
function changeLeaf(batch: Batch, at: { readonly path: string; readonly leaf: LeafSlot | undefined }, run: Run): Slot {
  const leaves: LeafSlot[] = [];
  let kept = at.leaf;
  for (let i = run.from; i < run.to; i++) {
    const change = batch.changes[i];
    invariant(change !== undefined, 'a run ends with the changes');
    const { keyHash, valueHash } = change;
    const order = kept === undefined ? 1 : compareBytes(kept.keyHash, keyHash);
    if (kept !== undefined && order < 0) leaves.push(kept);
    if (order <= 0) kept = undefined;
    if (valueHash !== undefined) leaves.push({ kind: 'leaf', keyHash, valueHash });
  }
  if (kept !== undefined) leaves.push(kept);
  return build(batch, at.path, leaves);
}

function comparePaths(left: { readonly path: string }, right: { readonly path: string }): number {
  if (left.path.length !== right.path.length) return left.path.length - right.path.length;
  return left.path < right.path ? -1 : 1;
}

/**
 * Applies one block's changes to a root.
 *
 * @param base the newest root; it and every kept one before it stay provable.
 * @param version height of the block, above every version written before.
 * @param changes at most one for a key; order does not matter. Each dirty page is hashed once.
 * @returns the same root and nothing to write when nothing changed.
 */
export function applyChanges(
  tools: { readonly sha256: Sha256; readonly reader: PageReader },
  base: TreeRoot,
  version: number,
  changes: readonly LeafChange[],
): TreeUpdate {
  return runSteps(applyChangesInSteps(tools, base, version, changes));
}

/** applyChanges, which may rest after each small part of the tree; nothing may be committed meanwhile. */
export function* applyChangesInSteps(
  tools: { readonly sha256: Sha256; readonly reader: PageReader },
  base: TreeRoot,
  version: number,
  changes: readonly LeafChange[],
): Generator<void, TreeUpdate> {
  const sorted = [...changes].sort((left, right) => compareBytes(left.keyHash, right.keyHash));
  const batch: Batch = { ...tools, base: base.version, version, changes: sorted, pages: [], removed: [], undo: [], kept: [] };
  const before = base.version < 0 ? emptyPage(tools.sha256) : tools.reader.page('', base.version);
  const changed = yield* changedSlotsInSteps(batch, { path: '', page: before }, { from: 0, to: sorted.length });
  if (changed.size === 0) return { root: base, pages: [], removed: [], history: [], kept: [] };
  const { pages, removed, undo, kept } = batch;
  const page = base.version < 0 ? before.with({ version, changeCount: 0 }, changed) : changePage(batch, '', before, changed);
  const isEmpty = page.kindAt(1) === 'empty';
  if (!isEmpty) pages.push({ path: '', page });
  const root = isEmpty ? EMPTY_ROOT : { hash: page.hashAt(1), version };
  return { root, pages: pages.sort(comparePaths), removed, history: encodeHistory(undo), kept };
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
  const path = hexEncode(keyHash);
  for (let depth = 0; depth < 64; depth++) {
    const page = reader.page(path.slice(0, depth), root.version);
    const nibble = nibbleAt(keyHash, depth);
    let index = 1;
    for (let bit = 3; bit >= 0 && page.kindAt(index) === 'inner'; bit--) {
      index = index * 2 + ((nibble >> bit) & 1);
      siblings.push(page.hashAt(index ^ 1));
    }
    if (index < 16 || page.kindAt(index) !== 'inner') return { siblings, leaf: page.leafBelow(index) };
  }
  invariant(false, 'a page lies below the last nibble');
}

import { type Bytes, equalBytes, type Sha256 } from '@civitas/canon';
import type { Database } from 'lmdb';
import { StoreFault } from '../../core/ledger/refusal.ts';
import { pathKey } from '../../core/state/page.ts';
import { PageReader, type PageStore } from '../../core/state/page-store.ts';
import { applyChanges, type LeafChange, type TreeRoot, type TreeUpdate } from '../../core/state/tree.ts';
import { LeafLog } from './leaf-log.ts';
import { KEPT_LIST_PAGES_MAX } from './limits.ts';
import type { AheadTable } from './save-ahead.ts';
import { heightKey, historyKey, isKeptListKey, keptListKey, keptPageKey, pageKey, pathKeysOf } from './store-keys.ts';
import { type ChangedPage, UnsavedPages } from './unsaved-pages.ts';

type Db = Database<Buffer, Buffer>;

/** What goes with the roots that end, by the keys it is stored under. */
export interface PrunedHistory {
  readonly historyKeys: readonly Buffer[];
  readonly keptPageKeys: readonly Buffer[];
}

export const NOTHING_PRUNED: PrunedHistory = { historyKeys: [], keptPageKeys: [] };

/** What a block makes of the tree. */
export interface TreeWrites {
  readonly tree: TreeUpdate;
  /** What led to it; with these its pages may be saved by a later block. Without, they are saved at once. */
  readonly leafChanges?: readonly LeafChange[] | undefined;
  /** History that no kept root needs any more. */
  readonly pruned: PrunedHistory;
  /** Roots from this height on stay provable. */
  readonly keptFrom: number;
}

/** No height of a block: what six bytes hold at most. */
const HEIGHT_MAX = 2 ** 48 - 1;

/** LMDB hands out a copy of its own; everything outside works on plain byte arrays. */
function plainBytes(bytes: Buffer | undefined): Bytes | undefined {
  return bytes && new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);
}

/** The same bytes, not copied. */
function asBuffer(bytes: Bytes): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
}

/**
 * Pages of the state tree: the newest of each path, those kept whole, and the history between them.
 *
 * History and the changed leaves are written with each block. The newest pages follow later, and are made again from the leaves when a crash
 * came first: any page on the disk can be had as of an older height, so it does not matter which of them were saved since.
 */
export class TreePages implements AheadTable, PageStore {
  readonly #pages: Db;
  readonly #history: Db;
  readonly #keptPages: Db;
  readonly #leaves: LeafLog;
  readonly #unsaved: UnsavedPages;

  constructor(openDb: (name: string) => Db, unsavedChangesMax: number) {
    this.#pages = openDb('pages');
    this.#history = openDb('history');
    this.#keptPages = openDb('kept-pages');
    this.#leaves = new LeafLog(openDb('leaf-log'));
    this.#unsaved = new UnsavedPages(unsavedChangesMax);
  }

  /**
   * Makes the pages that were not saved.
   *
   * @param rootAt the root after a block. @throws StoreFault when they do not lead to it.
   */
  recover(sha256: Sha256, rootAt: (height: number) => TreeRoot | undefined): void {
    const reader = new PageReader(this, sha256);
    let root: TreeRoot | undefined;
    for (const { height, changes } of this.#leaves.blocks()) {
      const base = root ?? rootAt(height - 1);
      const expected = rootAt(height);
      const update = base && applyChanges({ sha256, reader }, base, height, changes);
      if (update === undefined || expected === undefined || !isSameRoot(expected, update.root)) {
        throw new StoreFault(`the state tree of block ${height} cannot be made again`);
      }
      this.#unsaved.take(height, update);
      reader.commit(update);
      root = update.root;
    }
  }

  readPage(path: string): Bytes | undefined {
    return this.#unsaved.has(path) ? this.#unsaved.get(path) : plainBytes(this.#pages.get(pageKey(path)));
  }

  readKeptPage(path: string, height: number): Bytes | undefined {
    const range = { start: keptPageKey(path, height + 1), end: keptPageKey(path, HEIGHT_MAX), limit: 1 };
    for (const { value } of this.#keptPages.getRange(range)) return plainBytes(value);
    return undefined;
  }

  readHistory(height: number, path: string): Bytes | undefined {
    // The last chunk that begins at the path or before it, of this height and no earlier one.
    const start = historyKey(height, pathKey(path));
    for (const { key, value } of this.#history.getRange({ start, reverse: true, limit: 1 })) {
      return heightKey(height).equals(key.subarray(0, 6)) ? plainBytes(value) : undefined;
    }
    return undefined;
  }

  /** Inside a write transaction, which `settle` is told of once it is durable. */
  put(height: number, { tree, leafChanges, pruned, keptFrom }: TreeWrites): void {
    const { pages, savedHeight } = this.#unsaved.stage(height, tree, leafChanges?.length, keptFrom);
    this.#putPages(pages);
    const isChanged = tree.pages.length + tree.removed.length > 0;
    this.#leaves.put({ height, changes: isChanged ? (leafChanges ?? []) : [] }, savedHeight);
    for (const { firstKey, bytes } of tree.history) void this.#history.put(historyKey(height, firstKey), asBuffer(bytes));
    for (const { path, page } of tree.kept) void this.#keptPages.put(keptPageKey(path, height), asBuffer(page.bytes));
    for (let first = 0; first < tree.kept.length; first += KEPT_LIST_PAGES_MAX) {
      const paths = tree.kept.slice(first, first + KEPT_LIST_PAGES_MAX).map(({ path }) => pathKey(path));
      void this.#history.put(keptListKey(height, first), Buffer.concat(paths));
    }
    for (const key of pruned.historyKeys) void this.#history.remove(key);
    for (const key of pruned.keptPageKeys) void this.#keptPages.remove(key);
  }

  get aheadCount(): number {
    return this.#unsaved.aheadCount;
  }

  putAhead(countMax: number): number {
    const pages = this.#unsaved.stageAhead(countMax);
    this.#putPages(pages);
    return pages.length;
  }

  settleAhead(): void {
    this.#unsaved.settleAhead();
  }

  #putPages(pages: readonly ChangedPage[]): void {
    for (const { path, bytes } of pages) {
      if (bytes === undefined) void this.#pages.remove(pageKey(path));
      else void this.#pages.put(pageKey(path), asBuffer(bytes));
    }
  }

  /** History that no root from `keptFrom` on needs: of this and earlier heights, at most `entriesMax` entries and one list more. */
  prunable(keptFrom: number, entriesMax: number): PrunedHistory {
    const historyKeys: Buffer[] = [];
    const keptPageKeys: Buffer[] = [];
    for (const { key, value } of this.#history.getRange({ end: heightKey(keptFrom + 1), limit: entriesMax })) {
      if (historyKeys.length + keptPageKeys.length >= entriesMax) break;
      historyKeys.push(Buffer.from(key));
      if (!isKeptListKey(key)) continue;
      for (const path of pathKeysOf(value)) keptPageKeys.push(Buffer.concat([path, key.subarray(0, 6)]));
    }
    return { historyKeys, keptPageKeys };
  }

  /** The block of this height is durable, and all before it. */
  settle(height: number): void {
    this.#unsaved.settle(height);
  }
}

function isSameRoot(left: TreeRoot, right: TreeRoot): boolean {
  return left.version === right.version && equalBytes(left.hash, right.hash);
}

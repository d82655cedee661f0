import { type Bytes, invariant, type Sha256 } from '@civitas/canon';
import { undoChange } from './history.ts';
import { CACHED_PAGE_BYTES_MAX } from './limits.ts';
import { decodePage, type Page } from './page.ts';

/** Where the host keeps what `TreeUpdate` lists. */
export interface PageStore {
  /** The newest page of a path. */
  readPage(path: string): Bytes | undefined;
  /** The whole page kept of a path by the first block above a height that kept one: as it stood before that block. */
  readKeptPage(path: string, height: number): Bytes | undefined;
  /** The chunk of a block's history that holds a path's entry, if any does. */
  readHistory(height: number, path: string): Bytes | undefined;
}

/** What a block's TreeUpdate makes of the newest pages. */
export interface CommittedPages {
  readonly root: { readonly version: number };
  readonly pages: readonly { readonly path: string; readonly page: Page }[];
  readonly removed: readonly string[];
}

/** How often a page was found in memory, and how often it was read from the store. */
export interface PageReads {
  readonly hits: number;
  readonly misses: number;
  readonly cachedBytes: number;
}

/**
 * Pages by path, as they stand at a version; those used last stay in memory, up to a bound in bytes.
 *
 * A page in memory is the newest one there was at `#seen`, the highest version asked for or committed so far; a page asked for at a version
 * above that could be newer, so everything is forgotten first unless `commit` has told what changed.
 */
export class PageReader {
  readonly #store: PageStore;
  readonly #sha256: Sha256;
  readonly #bytesMax: number;
  // Two generations of half the bound each: what is used while old becomes young again, the rest goes when the young are too many.
  #young = new Map<string, Page>();
  #old: Map<string, Page> = new Map();
  #youngBytes = 0;
  #oldBytes = 0;
  #hits = 0;
  #misses = 0;
  #seen = -1;

  constructor(store: PageStore, sha256: Sha256, bytesMax: number = CACHED_PAGE_BYTES_MAX) {
    this.#store = store;
    this.#sha256 = sha256;
    this.#bytesMax = bytesMax;
  }

  get reads(): PageReads {
    return { hits: this.#hits, misses: this.#misses, cachedBytes: this.#youngBytes + this.#oldBytes };
  }

  /** The page of a path as it stands at a version. @throws InvariantError when it is not there: a kept root lost a page. */
  page(path: string, version: number): Page {
    if (version > this.#seen) {
      this.#forgetAll();
      this.#seen = version;
    }
    const newest = this.#cached(path);
    if (newest !== undefined && newest.version <= version) return newest;
    const past = newest === undefined ? undefined : this.#cached(`${path}@${version}`);
    if (past !== undefined) return past;
    this.#misses++;
    const page = newest ?? this.#readNewest(path);
    if (page !== undefined && page.version <= version) return page;
    const found = this.#pageBefore(page, path, version);
    this.#remember(`${path}@${version}`, found);
    return found;
  }

  /** Takes over what a durable commit has changed. */
  commit({ root, pages, removed }: CommittedPages): void {
    for (const { path, page } of pages) this.#remember(path, page);
    for (const path of removed) this.#forget(path);
    this.#seen = Math.max(this.#seen, root.version);
  }

  #readNewest(path: string): Page | undefined {
    const stored = this.#store.readPage(path);
    const page = stored && decodePage(this.#sha256, stored);
    if (page !== undefined) this.#remember(path, page);
    return page;
  }

  #pageBefore(newest: Page | undefined, path: string, version: number): Page {
    const kept = this.#store.readKeptPage(path, version);
    let page = kept === undefined ? newest : decodePage(this.#sha256, kept);
    while (page !== undefined && page.version > version) {
      const chunk = this.#store.readHistory(page.version, path);
      page = chunk && undoChange(page, path, chunk);
    }
    invariant(page !== undefined, `state page '${path}' at ${version} is missing`);
    return page;
  }

  #cached(name: string): Page | undefined {
    const young = this.#young.get(name);
    const page = young ?? this.#old.get(name);
    if (page === undefined) return undefined;
    this.#hits++;
    if (young === undefined) this.#remember(name, page);
    return page;
  }

  #remember(name: string, page: Page): void {
    const before = this.#young.get(name);
    if (before !== undefined) this.#youngBytes -= before.memoryBytes;
    this.#young.set(name, page);
    this.#youngBytes += page.memoryBytes;
    if (this.#youngBytes <= this.#bytesMax / 2) return;
    this.#old = this.#young;
    this.#oldBytes = this.#youngBytes;
    this.#young = new Map();
    this.#youngBytes = 0;
  }

  #forget(name: string): void {
    const young = this.#young.get(name);
    if (young !== undefined) this.#youngBytes -= young.memoryBytes;
    this.#young.delete(name);
    this.#old.delete(name);
  }

  #forgetAll(): void {
    [this.#young, this.#old, this.#youngBytes, this.#oldBytes] = [new Map(), new Map(), 0, 0];
  }
}

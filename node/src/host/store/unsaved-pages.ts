import type { Bytes } from '@civitas/canon';
import type { TreeUpdate } from '../../core/state/tree.ts';

/** Parts of the tree, by the first two nibbles of a path; what lies above belongs to the part of its first path. */
const SLICES = 256;

/** Newest bytes by path; undefined where the page was removed. */
type Slice = Map<string, Bytes | undefined>;

type ChangedPages = Pick<TreeUpdate, 'pages' | 'removed'>;

function sliceOf(path: string): number {
  return Number.parseInt(path.slice(0, 2).padEnd(2, '0'), 16);
}

export interface ChangedPage {
  readonly path: string;
  readonly bytes: Bytes | undefined;
}

/** What a block has to write of the pages that changed by it and before. */
interface SavedPages {
  readonly pages: readonly ChangedPage[];
  /** Changes of pages up to this height are all on the disk then. */
  readonly savedHeight: number;
}

interface Staged {
  readonly height: number;
  readonly slices: ReadonlyMap<number, Slice>;
  readonly saved: ReadonlySet<number>;
}

/**
 * Newest pages that the disk does not hold yet. They are saved a slice of the tree at a time, in turn, so that the changes of many blocks
 * share one write of a page and neighbours on the disk are written together.
 *
 * A block is staged while its transaction is under way and settled once that is durable: until then readers see the pages as they were.
 */
export class UnsavedPages {
  readonly #changesMax: number;
  readonly #slices: Slice[] = Array.from({ length: SLICES }, () => new Map());
  /** Height of the first change of each slice that is not saved; undefined where there is none. */
  readonly #since: (number | undefined)[] = Array.from({ length: SLICES }, () => undefined);
  #next = 0;
  /** Slices that the last block was to save. */
  #lastTurns = 0;
  /** Slices that were saved since, of the next block's. */
  #aheadTurns = 0;
  #ahead: readonly number[] = [];
  #isTaken = false;
  #staged: Staged | undefined;

  /** @param changesMax changed leaves within which each slice has its turn, count. */
  constructor(changesMax: number) {
    this.#changesMax = changesMax;
  }

  has(path: string): boolean {
    return this.#slices[sliceOf(path)]?.has(path) === true;
  }

  get(path: string): Bytes | undefined {
    return this.#slices[sliceOf(path)]?.get(path);
  }

  /**
   * Takes a block's pages, to be settled later.
   *
   * @param changeCount leaves that the block changed; undefined saves all that there is.
   * @param keptFrom pages as of the saved height are had from their history, of which only what lies above this height is sure to be kept.
   */
  stage(height: number, update: ChangedPages, changeCount: number | undefined, keptFrom: number): SavedPages {
    const slices = bySlice(update);
    const saved = new Set<number>();
    const isChanged = slices.size > 0;
    const isAll = changeCount === undefined || this.#isTaken;
    const turns = isAll ? SLICES : this.#turnsLeft(isChanged ? changeCount : 0);
    for (let turn = 0; turn < turns; turn++) saved.add((this.#next + turn) % SLICES);
    if (this.#savedHeight(height, slices, saved) < keptFrom) for (let at = 0; at < SLICES; at++) saved.add(at);
    this.#next = (this.#next + saved.size) % SLICES;
    const pages: ChangedPage[] = [];
    for (const at of saved) {
      const [before, own] = [this.#slices[at], slices.get(at)];
      for (const [path, bytes] of before ?? []) if (own?.has(path) !== true) pages.push({ path, bytes });
      for (const [path, bytes] of own ?? []) pages.push({ path, bytes });
    }
    this.#isTaken = false;
    this.#staged = { height, slices, saved };
    return { pages, savedHeight: this.#savedHeight(height, slices, saved) };
  }

  /** How many slices a block saves, those saved ahead of it left out. */
  #turnsLeft(changeCount: number): number {
    const turns = Math.min(SLICES, Math.ceil((changeCount * SLICES) / this.#changesMax));
    const ahead = Math.min(turns, this.#aheadTurns);
    this.#aheadTurns -= ahead;
    this.#lastTurns = turns;
    return turns - ahead;
  }

  /** Pages that a block would have to save that changes as much as the last, count. */
  get aheadCount(): number {
    let count = 0;
    for (let turn = 0; turn < this.#lastTurns - this.#aheadTurns; turn++) count += this.#slices[(this.#next + turn) % SLICES]?.size ?? 0;
    return count;
  }

  /** Says which pages go to the disk before the next block: whole slices until there are so many, count. */
  stageAhead(countMin: number): readonly ChangedPage[] {
    const pages: ChangedPage[] = [];
    const ahead: number[] = [];
    for (; this.#aheadTurns < this.#lastTurns && pages.length < countMin; this.#aheadTurns++) {
      for (const [path, bytes] of this.#slices[this.#next] ?? []) pages.push({ path, bytes });
      ahead.push(this.#next);
      this.#next = (this.#next + 1) % SLICES;
    }
    this.#ahead = ahead;
    return pages;
  }

  /** The pages of `stageAhead` are on the disk. */
  settleAhead(): void {
    for (const at of this.#ahead) this.#clear(at);
    this.#ahead = [];
  }

  #clear(at: number): void {
    this.#slices[at]?.clear();
    this.#since[at] = undefined;
  }

  /**
   * Takes pages of a durable block, of which the disk may hold some. The next block saves them all: which are saved is not known after a
   * crash, and turns that begin anew with each would leave the last slices unsaved for ever.
   */
  take(height: number, update: ChangedPages): void {
    this.#isTaken = true;
    this.#staged = { height, slices: bySlice(update), saved: new Set() };
    this.settle(height);
  }

  /** The store is durable up to a height: if that is the staged block's, its pages are the newest from now on. */
  settle(height: number): void {
    const staged = this.#staged;
    if (staged === undefined || height < staged.height) return;
    this.#staged = undefined;
    for (const [at, pages] of staged.slices) {
      const slice = this.#slices[at];
      pages.forEach((bytes, path) => slice?.set(path, bytes));
      this.#since[at] ??= staged.height;
    }
    for (const at of staged.saved) this.#clear(at);
  }

  #savedHeight(height: number, staged: ReadonlyMap<number, Slice>, saved: ReadonlySet<number>): number {
    let savedHeight = height;
    for (let at = 0; at < SLICES; at++) {
      const first = saved.has(at) ? undefined : (this.#since[at] ?? (staged.has(at) ? height : undefined));
      if (first !== undefined) savedHeight = Math.min(savedHeight, first - 1);
    }
    return savedHeight;
  }
}

function bySlice({ pages, removed }: ChangedPages): Map<number, Slice> {
  const slices = new Map<number, Slice>();
  const put = (path: string, bytes: Bytes | undefined): void => {
    const at = sliceOf(path);
    const slice = slices.get(at) ?? new Map<string, Bytes | undefined>();
    slices.set(at, slice.set(path, bytes));
  };
  for (const { path, page } of pages) put(path, page.bytes);
  for (const path of removed) put(path, undefined);
  return slices;
}

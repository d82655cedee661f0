import { type Bytes, compareBytes, hexEncode } from '@civitas/canon';
import { pathKey } from './page.ts';
import type { PageStore } from './page-store.ts';
import type { TreeUpdate } from './tree.ts';

/** Pages in memory: what simulations and rebuilt trees keep instead of a store. */
export class MemoryPages implements PageStore {
  readonly #pages = new Map<string, Bytes>();
  readonly #kept = new Map<string, { readonly height: number; readonly bytes: Bytes }[]>();
  readonly #history = new Map<number, TreeUpdate['history']>();

  readPage(path: string): Bytes | undefined {
    return this.#pages.get(path);
  }

  readKeptPage(path: string, height: number): Bytes | undefined {
    return this.#kept.get(path)?.find((kept) => kept.height > height)?.bytes;
  }

  readHistory(height: number, path: string): Bytes | undefined {
    const key = pathKey(path);
    return this.#history.get(height)?.findLast(({ firstKey }) => compareBytes(firstKey, key) <= 0)?.bytes;
  }

  /** Takes over one block's update. */
  write(height: number, { pages, removed, history, kept }: TreeUpdate): void {
    for (const { path, page } of pages) this.#pages.set(path, page.bytes);
    for (const path of removed) this.#pages.delete(path);
    if (history.length > 0) this.#history.set(height, history);
    for (const { path, page } of kept) {
      const list = this.#kept.get(path) ?? [];
      list.push({ height, bytes: page.bytes });
      this.#kept.set(path, list);
    }
  }

  /** Forgets what only roots below a height need. */
  prune(keptFrom: number): void {
    for (const height of [...this.#history.keys()]) if (height <= keptFrom) this.#history.delete(height);
    for (const [path, list] of this.#kept) {
      const left = list.filter(({ height }) => height > keptFrom);
      if (left.length === 0) this.#kept.delete(path);
      else this.#kept.set(path, left);
    }
  }

  /** Path and bytes of every newest page, as text, for comparison. */
  newest(): ReadonlyMap<string, string> {
    return new Map([...this.#pages].map(([path, bytes]) => [path, hexEncode(bytes)]));
  }
}

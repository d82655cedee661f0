import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { nodeCrypto } from '@civitas/canon/node';
import { fc } from '@civitas/testkit/properties';
import { afterEach, describe, expect, test } from '@jest/globals';
import { open, type RootDatabase } from 'lmdb';
import { MemoryPages } from '../../core/state/memory-pages.ts';
import { PageReader } from '../../core/state/page-store.ts';
import { proveKey } from '../../core/state/prove.ts';
import { applyChanges, EMPTY_ROOT, type LeafChange, type TreeRoot, type TreeUpdate } from '../../core/state/tree.ts';
import { NOTHING_PRUNED, TreePages } from './tree-pages.ts';
import { UnsavedPages } from './unsaved-pages.ts';

const { sha256 } = nodeCrypto;
const textBytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text));
const folders: string[] = [];

afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

type Changes = readonly { readonly key: number; readonly value: number | undefined }[];

function leafChangesOf(changes: Changes): LeafChange[] {
  const last = new Map(changes.map(({ key, value }) => [key, value]));
  return [...last].map(([key, value]) => ({
    keyHash: sha256(textBytes(`k${key}`)),
    valueHash: value === undefined ? undefined : sha256(textBytes(`v${value}`)),
  }));
}

/** A tree on disk whose pages are saved late, beside one in memory that has every page at once. */
class TwoTrees {
  readonly model = new MemoryPages();
  readonly #reader = new PageReader(this.model, sha256);
  readonly #folder = mkdtempSync(join(tmpdir(), 'civitas-tree-'));
  readonly #changesMax: number;
  readonly roots: TreeRoot[] = [EMPTY_ROOT];
  #root: RootDatabase<Buffer, Buffer>;
  pages: TreePages;
  keptFrom = 0;

  constructor(changesMax: number) {
    folders.push(this.#folder);
    this.#changesMax = changesMax;
    [this.#root, this.pages] = this.#open();
  }

  #open(): [RootDatabase<Buffer, Buffer>, TreePages] {
    const root = open<Buffer, Buffer>({ path: join(this.#folder, 'tree.mdb'), keyEncoding: 'binary', encoding: 'binary' });
    const pages = new TreePages(
      (name) => root.openDB<Buffer, Buffer>({ name, keyEncoding: 'binary', encoding: 'binary' }),
      this.#changesMax,
    );
    return [root, pages];
  }

  /** What a store is closed with is all that a crash leaves: nothing is saved at the end. */
  async crash(rootAt: (height: number) => TreeRoot | undefined = (height) => this.roots[height]): Promise<void> {
    await this.#root.close();
    [this.#root, this.pages] = this.#open();
    this.pages.recover(sha256, rootAt);
  }

  async commit(changes: Changes, reader: PageReader): Promise<TreeUpdate> {
    const height = this.roots.length;
    const base = this.roots[height - 1] ?? EMPTY_ROOT;
    const leafChanges = leafChangesOf(changes);
    const modelled = applyChanges({ sha256, reader: this.#reader }, base, height, leafChanges);
    this.model.write(height, modelled);
    this.#reader.commit(modelled);
    const tree = applyChanges({ sha256, reader }, base, height, leafChanges);
    expect(tree.root).toEqual(modelled.root);
    const pruned = this.keptFrom > 0 ? this.pages.prunable(this.keptFrom, 1_000) : NOTHING_PRUNED;
    await this.#root.batch(() => this.pages.put(height, { tree, leafChanges, pruned, keptFrom: this.keptFrom }));
    this.roots.push(tree.root);
    return tree;
  }

  /** Saves pages between two blocks. */
  async saveAhead(countMax: number, isSettled: boolean): Promise<void> {
    await this.#root.batch(() => this.pages.putAhead(countMax));
    if (isSettled) this.pages.settleAhead();
  }

  async close(): Promise<void> {
    await this.#root.close();
  }
}

describe('TreePages', () => {
  const aChange = fc.record({ key: fc.nat(400), value: fc.option(fc.nat(9), { nil: undefined }) });
  const aTurn = fc.oneof(
    { weight: 8, arbitrary: fc.record({ kind: fc.constant('block' as const), changes: fc.array(aChange, { maxLength: 40 }) }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('crash' as const) }) },
    { weight: 4, arbitrary: fc.record({ kind: fc.constant('ahead' as const), countMax: fc.nat(30), isSettled: fc.boolean() }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('keep' as const), last: fc.nat(6) }) },
  );

  test('whatever was saved when it crashed, every page of every kept root is there as if each had been saved at once', async () => {
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(1, 100, 1_000, 1_000_000), fc.array(aTurn, { maxLength: 40 }), async (changesMax, turns) => {
        const trees = new TwoTrees(changesMax);
        let reader = new PageReader(trees.pages, sha256, 20_000);
        for (const turn of [...turns, { kind: 'crash' as const }]) {
          if (turn.kind === 'keep') trees.keptFrom = Math.max(trees.keptFrom, trees.roots.length - 1 - turn.last);
          if (turn.kind === 'ahead') await trees.saveAhead(turn.countMax, turn.isSettled);
          // What is not settled is never followed by a block, but by the end of the process.
          if (turn.kind === 'crash' || (turn.kind === 'ahead' && !turn.isSettled)) {
            await trees.crash();
            reader = new PageReader(trees.pages, sha256, 20_000);
          }
          if (turn.kind !== 'block') continue;
          const tree = await trees.commit(turn.changes, reader);
          trees.pages.settle(trees.roots.length - 1);
          reader.commit(tree);
        }
        const newest = [...trees.model.newest()];
        expect(newest.map(([path]) => [path, Buffer.from(trees.pages.readPage(path) ?? []).toString('hex')])).toEqual(newest);
        const cold = new PageReader(trees.pages, sha256);
        const expected = new PageReader(trees.model, sha256);
        for (let height = trees.keptFrom; height < trees.roots.length; height++) {
          const root = trees.roots[height] ?? EMPTY_ROOT;
          for (const key of [1, 7, 300])
            expect(proveKey({ sha256, reader: cold }, root, `k${key}`)).toEqual(proveKey({ sha256, reader: expected }, root, `k${key}`));
        }
        await trees.close();
      }),
      { numRuns: 12 },
    );
  }, 180_000);

  test('leaves that do not lead to the root of their block are a fault: nothing goes on over them', async () => {
    const trees = new TwoTrees(1_000_000);
    const reader = new PageReader(trees.pages, sha256);
    for (const value of [1, 2]) {
      const tree = await trees.commit([{ key: 1, value }], reader);
      trees.pages.settle(value);
      reader.commit(tree);
    }
    const fault = 'the state tree of block 2 cannot be made again';
    const other = { hash: sha256(textBytes('other')), version: 2 };
    await expect(trees.crash((height) => (height === 2 ? other : trees.roots[height]))).rejects.toThrow(fault);
    await expect(trees.crash(() => undefined)).rejects.toThrow(fault);
    await trees.crash();
    await trees.close();
  });
});

describe('UnsavedPages', () => {
  const update = (key: number, version: number): TreeUpdate =>
    applyChanges(
      { sha256, reader: new PageReader(new MemoryPages(), sha256) },
      EMPTY_ROOT,
      version,
      leafChangesOf([
        { key, value: version },
        { key: key + 1, value: version },
      ]),
    );

  test('shows a block only once it is settled, and every slice has its turn within 256 blocks of one change', () => {
    const unsaved = new UnsavedPages(16_384);
    const first = update(1, 1);
    expect(unsaved.stage(1, first, 2, 0).savedHeight).toBe(1);
    expect(unsaved.has('')).toBe(false);
    unsaved.settle(0);
    unsaved.settle(1);
    // The top belongs to the first slice, which had its turn with the first block.
    expect(unsaved.has('')).toBe(false);
    for (let height = 2; height <= 600; height++) {
      const { savedHeight } = unsaved.stage(height, update(height, height), 2, 0);
      unsaved.settle(height);
      expect(unsaved.has('')).toBe((height - 1) % 256 !== 0);
      expect(height - savedHeight).toBeLessThanOrEqual(256);
    }
  });

  test('what is saved ahead of a block, the block need not save', () => {
    // A slice of its turn with every block.
    const [ahead, without] = [new UnsavedPages(512), new UnsavedPages(512)];
    for (let height = 1; height <= 400; height++) {
      const [saved, savedWithout] = [ahead, without].map((unsaved) => unsaved.stage(height, update(height, height), 2, 0));
      for (const unsaved of [ahead, without]) unsaved.settle(height);
      if (height > 1) expect(saved?.pages).toEqual([]);
      // Its own change of such a slice waits for the next round.
      expect((savedWithout?.savedHeight ?? 0) - (saved?.savedHeight ?? 0)).toBeLessThanOrEqual(1);
      const expected = ahead.aheadCount;
      expect(ahead.stageAhead(1_000)).toHaveLength(expected);
      ahead.settleAhead();
      expect([ahead.aheadCount, ahead.stageAhead(1_000)]).toEqual([0, []]);
    }
  });

  test('saves everything with the first block after a crash: what is not saved does not grow, however often it crashes', () => {
    const updates = Array.from({ length: 61 }, (_, height) => update(height, height));
    let unsaved = new UnsavedPages(16_384);
    let savedHeight = 0;
    for (let height = 1; height <= 60; height++) {
      if (height % 5 === 0) {
        unsaved = new UnsavedPages(16_384);
        for (let again = savedHeight + 1; again < height; again++) unsaved.take(again, updates[again] ?? update(1, again));
      }
      savedHeight = unsaved.stage(height, updates[height] ?? update(1, height), 2, 0).savedHeight;
      unsaved.settle(height);
      if (height > 4) expect(height - savedHeight).toBeLessThanOrEqual(height % 5);
    }
  });

  test('saves everything where history would end above what is saved, and where a block has no leaves to make it again', () => {
    const unsaved = new UnsavedPages(1_000_000);
    unsaved.stage(1, update(1, 1), 2, 0);
    unsaved.settle(1);
    expect(unsaved.stage(2, update(2, 2), 2, 0).savedHeight).toBe(1);
    unsaved.settle(2);
    expect(unsaved.has('')).toBe(true);
    expect(unsaved.stage(3, update(3, 3), 2, 2)).toMatchObject({ savedHeight: 3 });
    unsaved.settle(3);
    expect(unsaved.has('')).toBe(false);
    unsaved.stage(4, update(4, 4), 2, 2);
    unsaved.settle(4);
    expect(unsaved.stage(5, { pages: [], removed: [] }, undefined, 2).pages.length).toBeGreaterThan(0);
    unsaved.settle(5);
    expect(unsaved.has('')).toBe(false);
  });
});

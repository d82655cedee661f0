import { byteAt, hexEncode, utf8Encode } from '@civitas/canon';
import { nodeCrypto } from '@civitas/canon/node';
import { ReferenceTree, verifyAbsence, verifyMembership } from '@civitas/proofs';
import { fc } from '@civitas/testkit/properties';
import { describe, expect, test } from '@jest/globals';
import { HISTORY_CHUNK_BYTES, PAGE_CHANGES_MAX } from './limits.ts';
import { MemoryPages } from './memory-pages.ts';
import { decodePage } from './page.ts';
import { PageReader } from './page-store.ts';
import { proveKey } from './prove.ts';
import { applyChanges, applyChangesInSteps, EMPTY_ROOT, type TreeRoot, type TreeUpdate } from './tree.ts';

const { sha256 } = nodeCrypto;

function aTree(cacheBytes: number) {
  const pages = new MemoryPages();
  const reader = new PageReader(pages, sha256, cacheBytes);
  const roots: { root: TreeRoot; height: number }[] = [];
  let root: TreeRoot = EMPTY_ROOT;
  return {
    pages,
    reader,
    roots,
    get root() {
      return root;
    },
    apply(changes: ReadonlyMap<string, string | undefined>): TreeUpdate {
      const leaves = [...changes].map(([key, value]) => ({
        keyHash: sha256(utf8Encode(key)),
        valueHash: value === undefined ? undefined : sha256(utf8Encode(value)),
      }));
      const height = roots.length;
      const update = applyChanges({ sha256, reader }, root, height, leaves);
      pages.write(height, update);
      reader.commit(update);
      root = update.root;
      roots.push({ root, height });
      return update;
    },
    prove: (at: TreeRoot, key: string) => proveKey({ sha256, reader }, at, key),
  };
}

const aKey = fc.integer({ min: 0, max: 40 }).map((n) => `key-${n}`);
const aBatch = fc.array(fc.tuple(aKey, fc.option(fc.string({ maxLength: 4 }), { nil: undefined })), { maxLength: 30 });

function applyTo(model: Map<string, string>, changes: ReadonlyMap<string, string | undefined>): void {
  for (const [key, value] of changes) {
    if (value === undefined) model.delete(key);
    else model.set(key, value);
  }
}

describe('state tree', () => {
  test('no step of a large batch hashes more than a small part of it', () => {
    let hashCount = 0;
    const counting = (data: Uint8Array): Uint8Array => {
      hashCount++;
      return sha256(data);
    };
    const pages = new MemoryPages();
    const changes = Array.from({ length: 4_096 }, (_, n) => ({
      keyHash: sha256(Uint8Array.of(n >> 8, n & 255)),
      valueHash: sha256(Uint8Array.of(1)),
    }));
    const base = applyChanges({ sha256, reader: new PageReader(pages, sha256) }, EMPTY_ROOT, 0, changes);
    pages.write(0, base);
    const changed = changes.map(({ keyHash }) => ({ keyHash, valueHash: sha256(Uint8Array.of(2)) }));
    let [longest, before] = [0, 0];
    const reader = new PageReader(pages, counting);
    const steps = applyChangesInSteps({ sha256: counting, reader }, base.root, 1, changed);
    for (let step = steps.next(); step.done !== true; step = steps.next()) {
      longest = Math.max(longest, hashCount - before);
      before = hashCount;
    }
    expect(hashCount).toBeGreaterThan(changes.length);
    expect(longest).toBeLessThan(hashCount / 64);
  });

  test('its root equals the reference tree at every version, and every version stays provable', () => {
    fc.assert(
      fc.property(fc.array(aBatch, { maxLength: 12 }), (batches) => {
        const tree = aTree(2_000);
        const model = new Map<string, string>();
        const kept: { root: TreeRoot; model: Map<string, string> }[] = [];
        for (const batch of batches) {
          const changes = new Map(batch);
          applyTo(model, changes);
          kept.push({ root: tree.apply(changes).root, model: new Map(model) });
        }
        for (const { root, model: then } of kept) {
          const reference = new ReferenceTree(sha256);
          for (const [key, value] of then) reference.put(utf8Encode(key), utf8Encode(value));
          expect(hexEncode(root.hash)).toBe(hexEncode(reference.root()));
          for (let n = 0; n <= 41; n += 5) {
            const key = utf8Encode(`key-${n}`);
            const value = then.get(`key-${n}`);
            const proof = tree.prove(root, `key-${n}`);
            expect(proof).toEqual(reference.prove(key));
            const holds =
              value === undefined
                ? verifyAbsence(sha256, { root: root.hash, key, proof })
                : verifyMembership(sha256, { root: root.hash, key, value: utf8Encode(value), proof });
            expect(holds).toBe(true);
          }
        }
      }),
      { numRuns: 60 },
    );
  });

  test('a batch that changes nothing writes nothing and keeps the root', () => {
    const tree = aTree(100_000);
    const before = tree.apply(new Map([['a', '1']])).root;
    const after = tree.apply(
      new Map([
        ['a', '1'],
        ['absent', undefined],
      ]),
    );
    expect(after).toEqual({ root: before, pages: [], removed: [], history: [], kept: [] });
  });

  test('pruning harms no root that is kept, and the newest pages do not depend on what came before', () => {
    fc.assert(
      fc.property(fc.array(aBatch, { minLength: 1, maxLength: 12 }), fc.nat(11), (batches, at) => {
        const tree = aTree(2_000);
        const models: Map<string, string>[] = [];
        for (const batch of batches) {
          const model = new Map(models.at(-1) ?? []);
          applyTo(model, new Map(batch));
          models.push(model);
          tree.apply(new Map(batch));
        }
        const keptFrom = Math.min(at, batches.length - 1);
        tree.pages.prune(keptFrom);
        const cold = new PageReader(tree.pages, sha256, 0);
        for (const { root, height } of tree.roots.slice(keptFrom)) {
          for (let n = 0; n <= 40; n++) {
            const { kind } = proveKey({ sha256, reader: cold }, root, `key-${n}`).leaf;
            expect(kind === 'present').toBe(models[height]?.has(`key-${n}`));
          }
        }
        const fresh = aTree(2_000);
        fresh.apply(new Map(models.at(-1) ?? []));
        expect([...tree.pages.newest().keys()].sort()).toEqual([...fresh.pages.newest().keys()].sort());
      }),
      { numRuns: 60 },
    );
  });

  test('what undoes a large block fills its pieces, and each key is proven as it was before', () => {
    const tree = aTree(100_000);
    const values = (count: number, value: string): Map<string, string> =>
      new Map(Array.from({ length: count }, (_, n) => [`key-${n}`, value]));
    const before = tree.apply(values(1_500, 'before')).root;
    const { history } = tree.apply(values(1_000, 'after'));
    const firstEntryBytes = (bytes: Uint8Array): number => {
      const lengthAt = 1 + ((byteAt(bytes, 0) + 1) >> 1);
      return lengthAt + 2 + (byteAt(bytes, lengthAt) << 8) + byteAt(bytes, lengthAt + 1);
    };
    expect(history.length).toBeGreaterThan(10);
    for (const [at, { bytes }] of history.entries()) {
      expect(bytes.length).toBeLessThanOrEqual(HISTORY_CHUNK_BYTES);
      const next = history[at + 1];
      if (next !== undefined) expect(bytes.length + firstEntryBytes(next.bytes)).toBeGreaterThan(HISTORY_CHUNK_BYTES);
    }
    const cold = new PageReader(tree.pages, sha256, 0);
    for (let n = 0; n < 1_500; n++) {
      const key = utf8Encode(`key-${n}`);
      const proof = proveKey({ sha256, reader: cold }, before, `key-${n}`);
      expect(verifyMembership(sha256, { root: before.hash, key, value: utf8Encode('before'), proof })).toBe(true);
    }
  });

  test('a page that changes with every block is had at every height in a bounded number of steps', () => {
    const tree = aTree(100_000);
    for (let n = 0; n < 3 * PAGE_CHANGES_MAX; n++)
      tree.apply(
        new Map(
          [
            ['hot', String(n)],
            [`cold-${n % 20}`, 'x'],
          ].map(([key, value]) => [key ?? '', value]),
        ),
      );
    let steps = 0;
    const counted = {
      readPage: (path: string) => tree.pages.readPage(path),
      readKeptPage: (path: string, height: number) => tree.pages.readKeptPage(path, height),
      readHistory: (height: number, path: string) => {
        steps++;
        return tree.pages.readHistory(height, path);
      },
    };
    for (const { root, height } of tree.roots) {
      steps = 0;
      const reader = new PageReader(counted, sha256);
      const proof = proveKey({ sha256, reader }, root, 'hot');
      const claim = { root: root.hash, key: utf8Encode('hot'), value: utf8Encode(String(height)), proof };
      expect(verifyMembership(sha256, claim)).toBe(true);
      expect(steps).toBeLessThanOrEqual(3 * PAGE_CHANGES_MAX);
    }
  });

  test('a reader that heard nothing of newer commits still sees them', () => {
    const tree = aTree(100_000);
    tree.apply(new Map([['a', '1']]));
    const other = new PageReader(tree.pages, sha256);
    expect(proveKey({ sha256, reader: other }, tree.root, 'b').leaf.kind).toBe('other');
    const before = tree.root;
    tree.apply(new Map([['b', '1']]));
    expect(proveKey({ sha256, reader: other }, tree.root, 'b').leaf.kind).toBe('present');
    expect(proveKey({ sha256, reader: other }, before, 'b').leaf.kind).toBe('other');
  });

  test('pages in memory stay within their bound, and hits and misses are counted', () => {
    const tree = aTree(20_000);
    tree.apply(new Map(Array.from({ length: 500 }, (_, n) => [`key-${n}`, String(n)])));
    for (let n = 0; n < 500; n++) tree.prove(tree.root, `key-${n}`);
    const { hits, misses, cachedBytes } = tree.reader.reads;
    expect(cachedBytes).toBeLessThanOrEqual(20_000);
    expect(hits).toBeGreaterThan(500);
    expect(misses).toBeGreaterThan(50);
  });

  test('a page reads back as it was written, and damaged bytes are no page', () => {
    const tree = aTree(1_000_000);
    const { pages } = tree.apply(new Map(Array.from({ length: 300 }, (_, n) => [`key-${n}`, String(n)])));
    expect(pages.length).toBeGreaterThan(16);
    for (const { page } of pages) {
      const again = decodePage(sha256, page.bytes.slice());
      expect(hexEncode(again.hashAt(1))).toBe(hexEncode(page.hashAt(1)));
      expect(() => decodePage(sha256, page.bytes.slice(1))).toThrow();
      expect(() => decodePage(sha256, page.bytes.subarray(0, 5))).toThrow('cut short');
    }
  });
});

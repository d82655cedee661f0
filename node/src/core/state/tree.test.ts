import { hexEncode, utf8Encode } from '@civitas/canon';
import { nodeCrypto } from '@civitas/canon/node';
import { ReferenceTree, verifyAbsence, verifyMembership } from '@civitas/proofs';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { decodePage, encodePage, pageKey } from './page.ts';
import { PageReader } from './page-store.ts';
import { proveKey } from './prove.ts';
import { applyChanges, EMPTY_ROOT, type TreeRoot } from './tree.ts';

const { sha256 } = nodeCrypto;

function aTree(pagesMax: number) {
  const stored = new Map<string, Uint8Array>();
  const reader = new PageReader({ readPage: (key) => stored.get(hexEncode(key)) }, sha256, pagesMax);
  let root: TreeRoot = EMPTY_ROOT;
  let version = 0;
  const stale: { path: string; version: number }[][] = [];
  return {
    stored,
    stale,
    get root() {
      return root;
    },
    apply(changes: ReadonlyMap<string, string | undefined>): TreeRoot {
      const leaves = [...changes].map(([key, value]) => ({
        keyHash: sha256(utf8Encode(key)),
        valueHash: value === undefined ? undefined : sha256(utf8Encode(value)),
      }));
      const update = applyChanges({ sha256, reader }, root, version++, leaves);
      for (const { path, version: at, page } of update.pages) stored.set(hexEncode(pageKey(path, at)), encodePage(page));
      stale.push([...update.stale]);
      root = update.root;
      return root;
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
  test('its root equals the reference tree at every version, and every version stays provable', () => {
    fc.assert(
      fc.property(fc.array(aBatch, { maxLength: 12 }), (batches) => {
        const tree = aTree(3);
        const model = new Map<string, string>();
        const kept: { root: TreeRoot; model: Map<string, string> }[] = [];
        for (const batch of batches) {
          const changes = new Map(batch);
          applyTo(model, changes);
          kept.push({ root: tree.apply(changes), model: new Map(model) });
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

  test('a batch that changes nothing writes no page and keeps the root', () => {
    const tree = aTree(100);
    const before = tree.apply(new Map([['a', '1']]));
    const after = tree.apply(
      new Map([
        ['a', '1'],
        ['absent', undefined],
      ]),
    );
    expect(after).toBe(before);
    expect(tree.stored.size).toBe(1);
  });

  test('deleting the stale pages of older roots leaves the newest root whole', () => {
    fc.assert(
      fc.property(fc.array(aBatch, { maxLength: 10 }), (batches) => {
        const tree = aTree(1);
        const model = new Map<string, string>();
        for (const batch of batches) {
          const changes = new Map(batch);
          applyTo(model, changes);
          tree.apply(changes);
        }
        for (const { path, version } of tree.stale.flat()) tree.stored.delete(hexEncode(pageKey(path, version)));
        for (let n = 0; n <= 40; n++) {
          const kind = tree.prove(tree.root, `key-${n}`).leaf.kind;
          expect(kind === 'present').toBe(model.has(`key-${n}`));
        }
      }),
      { numRuns: 50 },
    );
  });

  test('a page reads back as it was written', () => {
    const tree = aTree(100);
    tree.apply(new Map(Array.from({ length: 300 }, (_, n) => [`key-${n}`, String(n)])));
    for (const bytes of tree.stored.values()) expect(encodePage(decodePage(sha256, bytes))).toEqual(bytes);
    expect(tree.stored.size).toBeGreaterThan(16);
  });
});

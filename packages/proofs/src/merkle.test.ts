import { hexEncode, merklePath, merklePaths, merkleRoot, utf8Encode, verifyMerklePath } from '@civitas/canon';
import { nodeCrypto } from '@civitas/canon/node';
import { fc } from '@civitas/testkit/properties';
import { describe, expect, test } from '@jest/globals';
import { withFlippedBit } from './testing/chain.ts';

const { sha256 } = nodeCrypto;
const leavesOf = (count: number) => Array.from({ length: count }, (_, i) => utf8Encode(`leaf ${i}`));

describe('RFC 6962', () => {
  test('the roots of the certificate-transparency reference vectors', () => {
    const hex = ['', '00', '10', '2021', '3031', '40414243', '5051525354555657', '606162636465666768696a6b6c6d6e6f'];
    const leaves = hex.map((text) => Uint8Array.from(text.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16)));

    expect(hexEncode(merkleRoot(sha256, []))).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
    expect(hexEncode(merkleRoot(sha256, leaves.slice(0, 1)))).toBe('6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d');
    expect(hexEncode(merkleRoot(sha256, leaves))).toBe('5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328');
  });

  test('every leaf of every tree up to 40 leaves has a path, and only at its own index', () => {
    for (let total = 1; total <= 40; total++) {
      const leaves = leavesOf(total);
      const root = merkleRoot(sha256, leaves);
      const all = merklePaths(sha256, leaves);
      expect(all.root).toEqual(root);
      for (const [index, leaf] of leaves.entries()) {
        const path = merklePath(sha256, leaves, index);

        expect(all.paths[index]).toEqual(path);
        expect(verifyMerklePath(sha256, root, leaf, path)).toBe(true);
        expect(verifyMerklePath(sha256, root, leaf, { ...path, index: index + 1 })).toBe(false);
        expect(verifyMerklePath(sha256, root, leaf, { ...path, index: index - 1 })).toBe(false);
      }
    }
  });

  test('a flipped bit of leaf, root or sibling, a missing or an extra sibling is refused', () => {
    const shape = fc.integer({ min: 2, max: 200 }).chain((total) => fc.tuple(fc.constant(total), fc.nat(total - 1), fc.nat(255)));
    fc.assert(
      fc.property(shape, ([total, index, bit]) => {
        const leaves = leavesOf(total);
        const leaf = leaves[index] ?? new Uint8Array(0);
        const root = merkleRoot(sha256, leaves);
        const path = merklePath(sha256, leaves, index);

        expect(verifyMerklePath(sha256, withFlippedBit(root, bit), leaf, path)).toBe(false);
        expect(verifyMerklePath(sha256, root, withFlippedBit(leaf, bit % (leaf.length * 8)), path)).toBe(false);
        expect(verifyMerklePath(sha256, root, leaf, { ...path, siblings: path.siblings.slice(1) })).toBe(false);
        expect(verifyMerklePath(sha256, root, leaf, { ...path, siblings: [...path.siblings, root] })).toBe(false);
        for (let level = 0; level < path.siblings.length; level++) {
          const siblings = path.siblings.map((sibling, at) => (at === level ? withFlippedBit(sibling, bit) : sibling));
          expect(verifyMerklePath(sha256, root, leaf, { ...path, siblings })).toBe(false);
        }
      }),
    );
  });

  test.each([
    { index: -1, total: 1 },
    { index: 1, total: 1 },
    { index: 0, total: 0 },
    { index: 0, total: 2 ** 33 },
    { index: 0.5, total: 1 },
  ])('index $index of $total is refused', (place) => {
    const leaf = utf8Encode('leaf');

    expect(verifyMerklePath(sha256, merkleRoot(sha256, [leaf]), leaf, { ...place, siblings: [] })).toBe(false);
  });
});

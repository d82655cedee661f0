import { hexEncode, type Json, type JsonObject, utf8Encode } from '@civitas/canon';
import { nodeCrypto } from '@civitas/canon/node';
import { seededRandom } from '@civitas/testkit';
import { fc } from '@civitas/testkit/properties';
import { describe, expect, test } from '@jest/globals';
import { withFlippedBit } from '../testing/chain.ts';
import { proofFromJson, proofToJson } from './proof-json.ts';
import { ReferenceTree } from './reference-tree.ts';
import { type StateProof, verifyAbsence, verifyMembership } from './state-proof.ts';
import { EMPTY_HASH, sharedPathBits, stateInnerHash, stateLeafHash } from './tree-hash.ts';

const { sha256 } = nodeCrypto;
const keyOf = (n: number) => utf8Encode(`health.index/entry/${n}`);
const valueOf = (n: number) => utf8Encode(`{"n":${n}}`);

function treeOf(numbers: Iterable<number>): ReferenceTree {
  const tree = new ReferenceTree(sha256);
  for (const n of numbers) tree.put(keyOf(n), valueOf(n));
  return tree;
}

/** Every proof with one bit of one field turned, or one sibling more or less. */
function* spoilt(proof: StateProof): Generator<StateProof> {
  for (let bit = 0; bit < proof.key.length * 8; bit++) yield { ...proof, key: withFlippedBit(proof.key, bit) };
  for (const [level, sibling] of proof.siblings.entries()) {
    for (let bit = 0; bit < 256; bit++) yield { ...proof, siblings: proof.siblings.with(level, withFlippedBit(sibling, bit)) };
    yield { ...proof, siblings: proof.siblings.toSpliced(level, 1) };
    yield { ...proof, siblings: proof.siblings.toSpliced(level, 0, EMPTY_HASH) };
  }
  yield { ...proof, siblings: [...proof.siblings, EMPTY_HASH] };
  yield { ...proof, siblings: [...proof.siblings, sha256(EMPTY_HASH)] };
  const { leaf } = proof;
  if (leaf.kind === 'other') {
    for (let bit = 0; bit < 256; bit++) {
      yield { ...proof, leaf: { ...leaf, keyHash: withFlippedBit(leaf.keyHash, bit) } };
      yield { ...proof, leaf: { ...leaf, valueHash: withFlippedBit(leaf.valueHash, bit) } };
    }
  }
  if (leaf.kind !== 'present') yield { ...proof, leaf: { kind: 'present' } };
  if (leaf.kind !== 'empty') yield { ...proof, leaf: { kind: 'empty' } };
}

function holds(root: Uint8Array, proof: StateProof, n: number): boolean {
  const claim = { root, key: keyOf(n), proof };
  return verifyMembership(sha256, { ...claim, value: valueOf(n) }) || verifyAbsence(sha256, claim);
}

describe('the reference tree', () => {
  test('the empty tree is 32 zero bytes, one record is its leaf, two are an inner node where their paths part', () => {
    const hashes = (n: number) => ({ keyHash: sha256(keyOf(n)), valueHash: sha256(valueOf(n)) });

    expect(treeOf([]).root()).toEqual(EMPTY_HASH);
    expect(treeOf([1]).root()).toEqual(stateLeafHash(sha256, hashes(1)));
    const other = [2, 3, 4, 5, 6, 7, 8].find((n) => sharedPathBits(hashes(1).keyHash, hashes(n).keyHash) === 0) ?? 0;
    const [left, right] = hexEncode(hashes(1).keyHash) < hexEncode(hashes(other).keyHash) ? [1, other] : [other, 1];
    const expected = stateInnerHash(sha256, stateLeafHash(sha256, hashes(left)), stateLeafHash(sha256, hashes(right)));
    expect(treeOf([1, other]).root()).toEqual(expected);
  });

  test('the root does not depend on order, nor on what was written and deleted between', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat(500), { maxLength: 60 }), fc.bigInt(), (numbers, seed) => {
        const tree = treeOf(seededRandom(seed).shuffle(numbers));
        for (const n of [1000, 1001, 1002]) tree.put(keyOf(n), valueOf(n));
        for (const n of [1002, 1000, 1001]) tree.delete(keyOf(n));

        expect(tree.root()).toEqual(treeOf(numbers).root());
      }),
    );
  });
});

describe('proofs', () => {
  test('every record is proven present and every other key absent, never the other way round', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat(200), { maxLength: 40 }), fc.nat(200), (numbers, n) => {
        const tree = treeOf(numbers);
        const proof = tree.prove(keyOf(n));
        const claim = { root: tree.root(), key: keyOf(n), proof };
        const isThere = numbers.includes(n);

        expect(verifyMembership(sha256, { ...claim, value: valueOf(n) })).toBe(isThere);
        expect(verifyAbsence(sha256, claim)).toBe(!isThere);
        expect(verifyMembership(sha256, { ...claim, value: utf8Encode('{"n":"forged"}') })).toBe(false);
        expect(proofFromJson(proofToJson(proof))).toEqual({ ok: true, value: proof });
      }),
    );
  });

  test.each([
    ['present', [1, 2, 3, 4, 5, 6, 7, 8, 9], 4],
    ['other', [1, 2, 3, 4, 5, 6, 7, 8, 9], 11],
    ['present', [4], 4],
    ['other', [4], 5],
    ['empty', [], 5],
    ['empty', [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12], undefined],
  ] as const)('no spoilt %s proof over %j is accepted', (kind, numbers, given) => {
    const tree = treeOf(numbers);
    const n = given ?? Array.from({ length: 400 }, (_, i) => i + 100).find((at) => tree.prove(keyOf(at)).leaf.kind === 'empty') ?? 0;
    const proof = tree.prove(keyOf(n));
    const root = tree.root();

    expect(proof.leaf.kind).toBe(kind);
    expect(holds(root, proof, n)).toBe(true);
    let spoiltCount = 0;
    for (const bad of spoilt(proof)) {
      spoiltCount += 1;
      expect(holds(root, bad, n)).toBe(false);
    }
    for (let bit = 0; bit < 256; bit++) expect(holds(withFlippedBit(root, bit), proof, n)).toBe(false);
    expect(spoiltCount).toBeGreaterThan(100);
  });

  test('another key’s leaf off the path, or the key’s own leaf, shows no absence', () => {
    const tree = treeOf([1, 2, 3, 4, 5, 6, 7, 8, 9]);
    const own = { keyHash: sha256(keyOf(4)), valueHash: sha256(valueOf(4)) };
    const proof = tree.prove(keyOf(4));

    expect(verifyAbsence(sha256, { root: tree.root(), key: keyOf(4), proof: { ...proof, leaf: { kind: 'other', ...own } } })).toBe(false);
    expect(
      verifyAbsence(sha256, { root: tree.root(), key: keyOf(77), proof: { ...proof, key: keyOf(77), leaf: { kind: 'other', ...own } } }),
    ).toBe(sharedPathBits(own.keyHash, sha256(keyOf(77))) >= proof.siblings.length);
  });

  test('an empty key, a key above 256 bytes, a value above 64 KiB and 257 siblings are refused', () => {
    const tree = treeOf([1]);
    const root = tree.root();
    const proofFor = (key: Uint8Array, siblings: Uint8Array[] = []): StateProof => ({ key, leaf: { kind: 'empty' }, siblings });

    expect(verifyAbsence(sha256, { root: EMPTY_HASH, key: new Uint8Array(0), proof: proofFor(new Uint8Array(0)) })).toBe(false);
    expect(verifyAbsence(sha256, { root: EMPTY_HASH, key: new Uint8Array(257), proof: proofFor(new Uint8Array(257)) })).toBe(false);
    const many = Array.from({ length: 257 }, () => root);
    expect(verifyAbsence(sha256, { root, key: keyOf(1), proof: proofFor(keyOf(1), many) })).toBe(false);
    const value = new Uint8Array(65_537);
    tree.put(keyOf(1), value);
    expect(verifyMembership(sha256, { root: tree.root(), key: keyOf(1), value, proof: tree.prove(keyOf(1)) })).toBe(false);
  });
});

describe('the JSON form is strict', () => {
  const proof = treeOf([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]).prove(keyOf(99));
  const form = proofToJson(proof);
  const siblings: readonly Json[] = Array.isArray(form['siblings']) ? form['siblings'] : [];

  test.each<[string, JsonObject]>([
    ['an extra field', { ...form, extra: 1 }],
    ['a missing field', { bitmap: '', depth: 0, key: 'YQ', leaf: { kind: 'empty' } }],
    ['a depth of 257', { ...form, depth: 257 }],
    ['a bitmap of another length', { ...form, bitmap: `${JSON.stringify(form['bitmap']).slice(1, -1)}AA` }],
    ['a sibling too many', { ...form, siblings: [...siblings, ...siblings] }],
    ['a sibling too few', { ...form, siblings: siblings.slice(1) }],
    ['a listed empty sibling', { ...form, siblings: siblings.map(() => 'A'.repeat(43)) }],
    ['a short sibling', { ...form, siblings: siblings.map(() => 'AAAA') }],
    ['an unknown leaf', { ...form, leaf: { kind: 'elsewhere' } }],
    ['a leaf with fields of another kind', { ...form, leaf: { kind: 'present', keyHash: 'A'.repeat(43), valueHash: 'A'.repeat(43) } }],
    ['an empty key', { ...form, key: '' }],
    ['bits past the depth', { ...proofToJson({ ...proof, siblings: [] }), depth: 1, bitmap: 'QA' }],
  ])('%s is refused', (_, value) => {
    expect(proofFromJson(value)).toMatchObject({ ok: false, refusal: { code: 'PROOF_MALFORMED' } });
  });

  test('what is accepted re-encodes to the same form', () => {
    fc.assert(
      fc.property(fc.nat(300), (n) => {
        const json = proofToJson(treeOf(Array.from({ length: 30 }, (_, i) => i * 7)).prove(keyOf(n)));
        const parsed = proofFromJson(json);
        expect(parsed.ok && proofToJson(parsed.value)).toEqual(json);
      }),
    );
  });
});

import { type Bytes, compareBytes, equalBytes, type Result, utf8Encode } from '@civitas/canon';
import { nodeCrypto } from '@civitas/canon/node';
import { fc } from '@civitas/testkit/properties';
import { describe, expect, test } from '@jest/globals';
import { SNAPSHOT_CHUNK_BYTES_MAX, SNAPSHOT_CHUNKS_MAX, SNAPSHOT_MANIFEST_BYTES_MAX, SNAPSHOT_VALUE_BYTES_MAX } from '../limits.ts';
import { aChain, someValidators, withFlippedBit } from '../testing/chain.ts';
import { ReferenceTree } from '../tree/reference-tree.ts';
import { pathBit } from '../tree/tree-hash.ts';
import { verifyChunk } from './chunk.ts';
import {
  type CheckedManifest,
  checkManifest,
  checkSnapshotHeader,
  encodeManifest,
  parseManifest,
  type SnapshotManifest,
} from './manifest.ts';
import { decodeRecords, encodeRecords, type SnapshotRecord } from './record-codec.ts';
import { subtreeOf } from './subtree.ts';

const { sha256 } = nodeCrypto;
const aRecord = (n: number, value = `{"n":${n}}`): SnapshotRecord => ({
  key: utf8Encode(`health.index/entry/${n}`),
  value: utf8Encode(value),
});

interface Made {
  readonly manifest: SnapshotManifest;
  readonly chunks: readonly Bytes[];
}

/** Parts records into chunks of at most `recordsMax`, and further wherever `isParted` says so. */
function made(records: readonly SnapshotRecord[], recordsMax: number, isParted: () => boolean = () => false): Made {
  const hashed = records.map((record) => ({ record, keyHash: sha256(record.key), valueHash: sha256(record.value) }));
  hashed.sort((left, right) => compareBytes(left.keyHash, right.keyHash));
  const parts: { depth: number; own: typeof hashed }[] = [];
  const part = (own: typeof hashed, depth: number): void => {
    if (depth >= 64 || (own.length <= recordsMax && (depth > 12 || !isParted()))) {
      parts.push({ depth, own });
      return;
    }
    part(
      own.filter(({ keyHash }) => pathBit(keyHash, depth) === 0),
      depth + 1,
    );
    part(
      own.filter(({ keyHash }) => pathBit(keyHash, depth) === 1),
      depth + 1,
    );
  };
  part(hashed, 0);
  const chunks = parts.map(({ own }) => encodeRecords(own.map(({ record }) => record)));
  const tree = new ReferenceTree(sha256);
  for (const { key, value } of records) tree.put(key, value);
  const manifest: SnapshotManifest = {
    chainId: 'test-1',
    genesisHash: sha256(utf8Encode('genesis')),
    height: 7,
    appHash: tree.root(),
    chunks: parts.map(({ depth, own }, at) => ({ depth, byteCount: chunks[at]?.length ?? 0, ...subtreeOf(sha256, own, depth) })),
  };
  return { manifest, chunks };
}

function checkedOf(manifest: SnapshotManifest): CheckedManifest {
  const checked = checkManifest(sha256, manifest);
  if (!checked.ok) throw new Error(checked.refusal.code);
  return checked.value;
}

const codeOf = (result: Result<unknown>): string => (result.ok ? 'ok' : result.refusal.code);
const records = (count: number): SnapshotRecord[] => Array.from({ length: count }, (_, n) => aRecord(n));

describe('a snapshot', () => {
  test('of any records, parted anywhere, folds to the root of the reference tree, and every chunk gives back its records', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.nat(400), { maxLength: 60 }),
        fc.integer({ min: 1, max: 20 }),
        fc.infiniteStream(fc.boolean()),
        (numbers, max, coins) => {
          const { manifest, chunks } = made(
            numbers.map((n) => aRecord(n)),
            max,
            () => coins.next().value === true,
          );
          const parsed = parseManifest(encodeManifest(manifest));
          expect(parsed).toEqual({ ok: true, value: manifest });
          const checked = checkedOf(manifest);
          const keys: string[] = [];
          for (const [index, bytes] of chunks.entries()) {
            const chunk = verifyChunk(sha256, checked, index, bytes);
            if (!chunk.ok) throw new Error(JSON.stringify(chunk.refusal));
            keys.push(...chunk.value.records.map(({ key }) => key.join()));
          }
          expect(new Set(keys)).toEqual(new Set(numbers.map((n) => aRecord(n).key.join())));
          expect(checked.recordCount).toBe(numbers.length);
        },
      ),
      { numRuns: 150 },
    );
  });

  test('accepts no chunk with one bit turned', () => {
    const { manifest, chunks } = made(records(12), 4);
    const checked = checkedOf(manifest);
    for (const [index, bytes] of chunks.entries()) {
      for (let bit = 0; bit < bytes.length * 8; bit++) {
        expect(codeOf(verifyChunk(sha256, checked, index, withFlippedBit(bytes, bit)))).toBe('SNAPSHOT_CHUNK');
      }
    }
  });

  test('accepts no manifest with one bit turned under a certified app hash', () => {
    const { manifest } = made(records(9), 3);
    const bytes = encodeManifest(manifest);
    const isBelieved = (encoded: Bytes): boolean => {
      const parsed = parseManifest(encoded);
      if (!parsed.ok || !equalBytes(parsed.value.appHash, manifest.appHash) || parsed.value.height !== 7) return false;
      const checked = checkManifest(sha256, parsed.value);
      if (!checked.ok || parsed.value.chainId !== 'test-1' || !equalBytes(parsed.value.genesisHash, manifest.genesisHash)) return false;
      // Counts are not hashed: one that was turned refuses the honest chunk, and never lets another one in.
      return parsed.value.chunks.every(
        (chunk, at) => chunk.byteCount === manifest.chunks[at]?.byteCount && chunk.recordCount === manifest.chunks[at]?.recordCount,
      );
    };
    const believed: number[] = [];
    for (let bit = 0; bit < bytes.length * 8; bit++) if (isBelieved(withFlippedBit(bytes, bit))) believed.push(bit);

    expect(isBelieved(bytes)).toBe(true);
    expect(believed).toEqual([]);
  });

  test('accepts no chunk with a record left out, added, changed, doubled or moved, whatever the counts of the manifest say', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 2, max: 40 }),
        fc.integer({ min: 1, max: 8 }),
        fc.nat(),
        fc.constantFrom('drop', 'add', 'change', 'double', 'swap'),
        (count, max, pick, spoil) => {
          const { manifest, chunks } = made(records(count), max);
          const index = chunks.findIndex((_, at) => (manifest.chunks[at]?.recordCount ?? 0) > (spoil === 'swap' ? 1 : 0));
          fc.pre(index >= 0);
          const decoded = decodeRecords(chunks[index] ?? new Uint8Array(0));
          if (!decoded.ok) throw new Error('decodes');
          const own = decoded.value;
          const at = pick % own.length;
          const [record, next] = [own[at], own[(at + 1) % own.length]];
          if (record === undefined || next === undefined) throw new Error('a record');
          const spoilt = {
            drop: own.toSpliced(at, 1),
            add: [...own, aRecord(1000 + pick)],
            change: own.with(at, { ...record, value: utf8Encode('{"n":-1}') }),
            double: own.toSpliced(at, 0, record),
            swap: own.with(at, next).with((at + 1) % own.length, record),
          }[spoil];
          const bytes = encodeRecords(spoilt);
          // A liar also writes the manifest: its counts follow the lie, its hashes cannot.
          const counted = manifest.chunks.map((chunk, n) =>
            n === index ? { ...chunk, recordCount: spoilt.length, byteCount: bytes.length } : chunk,
          );
          for (const lie of [manifest, { ...manifest, chunks: counted }]) {
            const checked = checkManifest(sha256, lie);
            if (checked.ok) expect(codeOf(verifyChunk(sha256, checked.value, index, bytes))).toBe('SNAPSHOT_CHUNK');
          }
        },
      ),
      { numRuns: 200 },
    );
  });

  test('accepts no chunk in the place of another', () => {
    const { manifest, chunks } = made(records(40), 6);
    const checked = checkedOf(manifest);
    for (const [index] of chunks.entries()) {
      for (const [other, bytes] of chunks.entries()) {
        if (index !== other && bytes.length > 0) expect(codeOf(verifyChunk(sha256, checked, index, bytes))).toBe('SNAPSHOT_CHUNK');
      }
    }
  });

  test('a chunk whose records belong elsewhere in the tree is told apart by its range', () => {
    const { manifest, chunks } = made(records(2), 1);
    const at = manifest.chunks.findIndex(({ recordCount }) => recordCount === 1);
    const other = manifest.chunks.findLastIndex(({ recordCount }) => recordCount === 1);
    const [first, second] = [manifest.chunks[at], manifest.chunks[other]];
    if (first === undefined || second === undefined) throw new Error('two chunks');
    // A leaf's hash does not depend on its place, so only the range keeps the two apart.
    const swapped = manifest.chunks.with(at, { ...second, depth: first.depth }).with(other, { ...first, depth: second.depth });
    const checked = { ...checkedOf(manifest), manifest: { ...manifest, chunks: swapped } };
    expect(verifyChunk(sha256, checked, at, chunks[other] ?? new Uint8Array(0))).toMatchObject({
      refusal: { facts: { reason: 'a record lies after the range' } },
    });
    expect(verifyChunk(sha256, checked, other, chunks[at] ?? new Uint8Array(0))).toMatchObject({
      refusal: { facts: { reason: 'a record lies before the range' } },
    });
  });
});

describe('a manifest', () => {
  const { manifest } = made(records(30), 5);
  const { chunks } = manifest;
  const [first, second] = chunks;
  if (first === undefined || second === undefined) throw new Error('chunks');

  test.each<[string, SnapshotManifest, string]>([
    ['a chunk left out', { ...manifest, chunks: chunks.slice(1) }, 'SNAPSHOT_MANIFEST'],
    ['the last chunk left out', { ...manifest, chunks: chunks.slice(0, -1) }, 'SNAPSHOT_MANIFEST'],
    ['no chunk', { ...manifest, chunks: [] }, 'SNAPSHOT_MANIFEST'],
    ['a chunk twice', { ...manifest, chunks: [first, ...chunks] }, 'SNAPSHOT_MANIFEST'],
    [
      'a chunk that covers its neighbour',
      { ...manifest, chunks: [{ ...first, depth: first.depth - 1 }, ...chunks.slice(1)] },
      'SNAPSHOT_MANIFEST',
    ],
    [
      'two chunks in each other’s place',
      { ...manifest, chunks: [{ ...second, depth: first.depth }, { ...first, depth: second.depth }, ...chunks.slice(2)] },
      'SNAPSHOT_ROOT',
    ],
    ['another app hash', { ...manifest, appHash: sha256(manifest.appHash) }, 'SNAPSHOT_ROOT'],
    ['a chunk with another hash', { ...manifest, chunks: [{ ...first, hash: sha256(first.hash) }, ...chunks.slice(1)] }, 'SNAPSHOT_ROOT'],
  ])('with %s is refused', (_, lie, code) => {
    expect(codeOf(checkManifest(sha256, lie))).toBe(code);
  });

  test('stands under the header right after it and no other', () => {
    const header = { chainId: 'test-1', height: 8n, appHash: manifest.appHash };
    expect(checkSnapshotHeader(manifest, header).ok).toBe(true);
    for (const lie of [{ chainId: 'test-2' }, { height: 7n }, { height: 9n }, { appHash: sha256(manifest.appHash) }]) {
      expect(codeOf(checkSnapshotHeader(manifest, { ...header, ...lie }))).toBe('SNAPSHOT_HEADER');
    }
    expect(codeOf(checkSnapshotHeader(manifest, aChain(1, someValidators(1))[0]?.lightBlock.header ?? header))).toBe('SNAPSHOT_HEADER');
  });

  const text = new TextDecoder().decode(encodeManifest(manifest));
  test.each<[string, string]>([
    ['of another format', text.replace('"format":1', '"format":2')],
    ['with a field too many', text.replace('"format":1', '"format":1,"g":1')],
    ['with a space', text.replace('"format":1', '"format": 1')],
    ['with a chunk of five values', text.replace('"chunks":[[', '"chunks":[[0,')],
    ['with records but the hash of none', text.replace(/\[(\d+),(\d+),(\d+),"[^"]+"\]/, `[$1,$2,$3,"${'A'.repeat(43)}"]`)],
    ['with a depth of 65', text.replace(/\[\[(\d+),/, '[[65,')],
    ['with a chunk beyond the largest', text.replace(/\[\[(\d+),(\d+),(\d+),/, `[[$1,$2,${SNAPSHOT_CHUNK_BYTES_MAX + 1},`)],
    [
      'with too many chunks',
      text.replace(/"chunks":\[(\[[^\]]+\])/, (_, chunk: string) => `"chunks":[${`${chunk},`.repeat(SNAPSHOT_CHUNKS_MAX)}${chunk}`),
    ],
    ['that is too large', text + ' '.repeat(SNAPSHOT_MANIFEST_BYTES_MAX)],
    ['that is no JSON', 'snapshot'],
  ])('%s is refused', (_, spelt) => {
    expect(spelt).not.toBe(text);
    expect(codeOf(parseManifest(utf8Encode(spelt)))).toBe('SNAPSHOT_MANIFEST');
  });
});

describe('records of a chunk', () => {
  test.each<[string, Bytes]>([
    ['a head that is cut short', Uint8Array.of(0, 1, 0)],
    ['a value that is cut short', Uint8Array.of(0, 1, 0, 0, 0, 2, 65, 66)],
    ['an empty key', Uint8Array.of(0, 0, 0, 0, 0, 1, 66)],
    ['a key of 257 bytes', encodeRecords([{ key: new Uint8Array(257), value: new Uint8Array(0) }])],
    ['a value beyond the largest', encodeRecords([{ key: Uint8Array.of(65), value: new Uint8Array(SNAPSHOT_VALUE_BYTES_MAX + 1) }])],
  ])('%s is refused', (_, bytes) => {
    expect(codeOf(decodeRecords(bytes))).toBe('SNAPSHOT_CHUNK');
  });
});

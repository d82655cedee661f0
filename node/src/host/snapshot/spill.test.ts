import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compareBytes, hexEncode, utf8Encode } from '@civitas/canon';
import { nodeCrypto } from '@civitas/canon/node';
import { encodeRecords, recordBytes, type SnapshotRecord } from '@civitas/proofs';
import { fc } from '@civitas/testkit/properties';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { DiskRoom } from './disk-room.ts';
import { BUCKETS } from './held-records.ts';
import { FREE_BYTES_KEPT, SPILL_BITS, SPILL_SLACK_BYTES } from './limits.ts';
import { Spill } from './spill.ts';
import { bitsOf, SpiltRecords } from './spilt-records.ts';

const { sha256 } = nodeCrypto;
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'civitas-spill-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const room = new DiskRoom(() => FREE_BYTES_KEPT * 2);
const textOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1');
const aRecord = (n: number, valueBytes = n % 50): SnapshotRecord => ({
  key: utf8Encode(`key/${n}`),
  value: new Uint8Array(valueBytes).fill(n),
});

const valuesByKey = (records: readonly SnapshotRecord[]): Map<string, string> =>
  new Map(records.map(({ key, value }) => [textOf(key), textOf(value)]));

/** What was spilt, by key: each once, behind the hash of its key. */
function spiltByKey(spilt: SpiltRecords): Map<string, string> {
  const records = Array.from({ length: spilt.count }, (_, at) => {
    const record = spilt.record(at);
    expect(hexEncode(spilt.keyHash(at))).toBe(hexEncode(sha256(record.key)));
    return record;
  });
  const byKey = valuesByKey(records);
  expect(byKey.size).toBe(spilt.count);
  return byKey;
}

/** Adds records, each in arrays that are filled with something else afterwards: they are lent. */
async function addAll(spill: Spill, records: readonly SnapshotRecord[]): Promise<void> {
  for (const { key, value } of records) {
    const [keyHash, lent] = [sha256(key), { key: key.slice(), value: value.slice() }];
    const full = spill.add(keyHash, lent);
    for (const bytes of [keyHash, lent.key, lent.value]) bytes.fill(1);
    await full;
  }
}

test.each([
  ['in many runs and in memory', 5_000, 1_000],
  ['in memory alone', 5_000, 10_000_000],
  ['on disk alone', 3, 0],
  ['none', 0, 1_000],
])('what is spilt comes back by bucket and leaves nothing behind: %s', async (_, count, memoryBytesMax) => {
  const spill = new Spill(folder, { depth: 3, room, memoryBytesMax });
  const records = Array.from({ length: count }, (_record, n) => aRecord(n));
  await addAll(spill, records);
  expect(readdirSync(folder)).toEqual([]);

  const byBucket = Array.from({ length: BUCKETS }, (): SnapshotRecord[] => []);
  for (const record of records) byBucket[bitsOf(sha256(record.key), 3, SPILL_BITS)]?.push(record);
  expect(spill.byteCounts).toEqual(byBucket.map((own) => own.reduce((sum, record) => sum + recordBytes(record), 0)));
  for (const [bucket, own] of byBucket.entries()) expect(spiltByKey(spill.take(bucket))).toEqual(valuesByKey(own));
  expect(spiltByKey(spill.take(256, 512))).toEqual(valuesByKey(byBucket.slice(256, 768).flat()));
  expect(() => spill.take(BUCKETS - 1, 2)).toThrow('no such bucket');
  spill.close();
  spill.close();
});

test('a record larger than all the memory is held, and spilt', async () => {
  const spill = new Spill(folder, { depth: 0, room, memoryBytesMax: 100 });
  const records = [aRecord(1), aRecord(2, 3 * SPILL_SLACK_BYTES), aRecord(3), aRecord(4, 2 * SPILL_SLACK_BYTES)];
  await addAll(spill, records);
  expect(spiltByKey(spill.take(0, BUCKETS))).toEqual(valuesByKey(records));
  spill.close();
});

test('a folder that cannot be written says why', async () => {
  const spill = new Spill(join(folder, 'gone'), { depth: 0, room, memoryBytesMax: 0 });
  await expect(spill.add(new Uint8Array(32), aRecord(1))).rejects.toThrow(/^writing a snapshot: .*ENOENT/);
});

test('records come in the order of their key hashes, as chunks hold them, whatever the hashes share', () => {
  // Of few values, so that beginnings are alike, too.
  const aHash = fc.uint8Array({ minLength: 32, maxLength: 32, max: 1 }).map((hash) => hash.fill(0, 0, 5));
  const records = fc.uniqueArray(fc.record({ hash: aHash, n: fc.nat(400) }), { selector: ({ hash }) => hexEncode(hash), maxLength: 40 });
  fc.assert(
    fc.property(records, (given) => {
      const spilt = new SpiltRecords(Buffer.concat(given.flatMap(({ hash, n }) => [hash, encodeRecords([aRecord(n)])])));
      const sorted = [...given].sort((left, right) => compareBytes(left.hash, right.hash));
      expect(Array.from(spilt.inOrder(), (at) => hexEncode(spilt.keyHash(at)))).toEqual(sorted.map(({ hash }) => hexEncode(hash)));
      expect(spilt.encoded(spilt.inOrder())).toEqual(encodeRecords(sorted.map(({ n }) => aRecord(n))));
    }),
  );
});

test('what is cut short on the way is no record', () => {
  const whole = Buffer.concat([sha256(aRecord(7).key), encodeRecords([aRecord(7)])]);
  expect(new SpiltRecords(whole).count).toBe(1);
  for (let length = 1; length < whole.length; length++) {
    expect(() => new SpiltRecords(whole.subarray(0, length))).toThrow('a spilt record is cut short');
  }
});

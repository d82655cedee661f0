import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { concatBytes } from '@civitas/canon';
import { nodeCrypto } from '@civitas/canon/node';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { DiskRoom } from './disk-room.ts';
import { FREE_BYTES_KEPT, SPILL_BITS } from './limits.ts';
import { bitsOf, Spill } from './spill.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'civitas-spill-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString();

test('what is spilt in many runs comes back by bucket, once, and leaves nothing behind', async () => {
  const spill = new Spill(folder, { depth: 3, room: new DiskRoom(() => FREE_BYTES_KEPT * 2), memoryBytesMax: 1_000 });
  const expected = new Map<number, string[]>();
  for (let n = 0; n < 5_000; n++) {
    const record = new Uint8Array(Buffer.from(`<${n}>`));
    const hash = nodeCrypto.sha256(record);
    await spill.add(hash, record);
    const bucket = bitsOf(hash, 3, SPILL_BITS);
    expected.set(bucket, [...(expected.get(bucket) ?? []), text(record)]);
  }
  expect(readdirSync(folder)).toEqual([]);
  expect(spill.byteCounts).toEqual(Array.from({ length: 2 ** SPILL_BITS }, (_, at) => (expected.get(at) ?? []).join('').length));
  for (let at = 0; at < 2 ** SPILL_BITS; at++) expect(text(spill.take(at))).toBe((expected.get(at) ?? []).join(''));
  expect(spill.take(1)).toEqual(concatBytes());
  spill.close();
  spill.close();
});

test('a run may have more records than a call takes arguments', async () => {
  const record = new Uint8Array(8).fill(7);
  const count = 300_000;
  const spill = new Spill(folder, { depth: 0, room: new DiskRoom(() => FREE_BYTES_KEPT * 2), memoryBytesMax: count * record.length - 1 });
  const hash = new Uint8Array(32);
  for (let n = 0; n < count; n++) {
    hash[0] = n & 255;
    await spill.add(hash, record);
  }
  const taken = Array.from({ length: 2 ** SPILL_BITS }, (_, at) => spill.take(at).length);
  expect(taken.reduce((sum, length) => sum + length, 0)).toBe(count * record.length);
  spill.close();
});

test('a folder that cannot be written says why', async () => {
  const spill = new Spill(join(folder, 'gone'), { depth: 0, room: new DiskRoom(() => FREE_BYTES_KEPT * 2), memoryBytesMax: 0 });
  await expect(spill.add(new Uint8Array(32), new Uint8Array(1))).rejects.toThrow(/^writing a snapshot: .*ENOENT/);
});

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { open, type RootDatabase } from 'lmdb';
import { FailedPackets } from './failed-packets.ts';

let folder: string;
let root: RootDatabase<Buffer, Buffer>;
const KEPT = 3;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'civitas-failed-packets-'));
  root = open<Buffer, Buffer>({ path: join(folder, 'failed.mdb'), maxDbs: 1, keyEncoding: 'binary', encoding: 'binary' });
});
afterEach(async () => {
  await root.close();
  rmSync(folder, { recursive: true, force: true });
});

const opened = () => new FailedPackets(root.openDB<Buffer, Buffer>({ name: 'failed', keyEncoding: 'binary', encoding: 'binary' }), KEPT);
const to = (peer: string, ...sequences: number[]) => sequences.map((sequence) => ({ peer, record: { sequence } }));
const sequencesOf = (packets: FailedPackets, peer: string, limit = 10): unknown[] =>
  packets.newest(peer, limit).map((bytes) => (JSON.parse(Buffer.from(bytes).toString()) as { sequence: number }).sequence);

test('the newest of each peer are kept, over a restart too, and peers whose names begin alike are kept apart', async () => {
  const packets = opened();
  await root.batch(() => packets.put(5, [...to('city-1', 1, 2), ...to('city-10', 1)]));
  await root.batch(() => packets.put(6, to('city-1', 3)));
  expect(sequencesOf(packets, 'city-1')).toEqual([3, 2, 1]);
  expect(sequencesOf(packets, 'city-10')).toEqual([1]);
  const again = opened();
  await root.batch(() => again.put(300, to('city-1', 4, 5)));
  expect(sequencesOf(again, 'city-1')).toEqual([5, 4, 3]);
  expect(sequencesOf(again, 'city-1', 1)).toEqual([5]);
  expect(sequencesOf(again, 'city-10')).toEqual([1]);
  expect(sequencesOf(again, 'city')).toEqual([]);
});

test('a block with more than are kept leaves its last ones', async () => {
  const packets = opened();
  await root.batch(() => packets.put(1, to('city-1', 1, 2)));
  await root.batch(() => packets.put(2, to('city-1', 3, 4, 5, 6, 7)));
  expect(sequencesOf(packets, 'city-1')).toEqual([7, 6, 5]);
});

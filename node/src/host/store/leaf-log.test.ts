import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { type Database, open, type RootDatabase } from 'lmdb';
import { LeafLog } from './leaf-log.ts';
import { heightKey } from './store-keys.ts';

let folder: string;
let root: RootDatabase<Buffer, Buffer>;
let db: Database<Buffer, Buffer>;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'civitas-leaves-'));
  root = open<Buffer, Buffer>({ path: join(folder, 'leaves.mdb'), keyEncoding: 'binary', encoding: 'binary' });
  db = root.openDB<Buffer, Buffer>({ name: 'leaf-log', keyEncoding: 'binary', encoding: 'binary' });
});

afterEach(async () => {
  await root.close();
  rmSync(folder, { recursive: true, force: true });
});

const change = (key: number, value?: number) => ({
  keyHash: new Uint8Array(32).fill(key),
  valueHash: value === undefined ? undefined : new Uint8Array(32).fill(value),
});

test('gives back what blocks changed, in order, from the first that is not saved on, also when it is opened again', async () => {
  const log = new LeafLog(db);
  await root.batch(() => log.put({ height: 1, changes: [change(1, 7)] }, 0));
  await root.batch(() => log.put({ height: 2, changes: [change(1), change(2, 8)] }, 0));
  await root.batch(() => log.put({ height: 3, changes: [] }, 0));
  await root.batch(() => log.put({ height: 4, changes: [change(3, 9)] }, 1));
  const kept = [
    { height: 2, changes: [change(1), change(2, 8)] },
    { height: 4, changes: [change(3, 9)] },
  ];
  expect([...log.blocks()]).toEqual(kept);
  expect([...new LeafLog(db).blocks()]).toEqual(kept);
});

test('bytes that no block wrote are a fault that names the block', async () => {
  await db.put(heightKey(7), Buffer.alloc(64));
  expect(() => [...new LeafLog(db).blocks()]).toThrow('the log of leaves is damaged at block 7: 64 bytes');
});

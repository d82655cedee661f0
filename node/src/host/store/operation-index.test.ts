import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { open, type RootDatabase } from 'lmdb';
import { OperationIndex } from './operation-index.ts';
import { placeKey } from './store-keys.ts';

const PART_OPERATIONS = 3;
const hashes = Array.from({ length: 10 }, () => new Uint8Array(randomBytes(32)));

describe('OperationIndex', () => {
  let folder: string;
  let root: RootDatabase<Buffer, Buffer>;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'civitas-index-'));
    root = open<Buffer, Buffer>({ path: join(folder, 'index.mdb'), keyEncoding: 'binary', encoding: 'binary' });
  });

  afterEach(async () => {
    await root.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const fill = async (index: OperationIndex, from: number, to: number): Promise<void> => {
    await root.batch(() => {
      for (let at = from; at < to; at++) index.put(hashes[at] ?? new Uint8Array(32), placeKey(at + 1, at));
    });
  };

  test('finds operations of every part, and nothing else', async () => {
    const index = new OperationIndex(root, PART_OPERATIONS);
    expect(index.find(new Uint8Array(32))).toBeUndefined();
    await fill(index, 0, 10);
    expect(hashes.map((hash) => index.find(hash))).toEqual(hashes.map((_, at) => ({ height: at + 1, index: at })));
    expect(index.find(new Uint8Array(randomBytes(32)))).toBeUndefined();
  });

  test('goes on in the part it had begun when it is opened again', async () => {
    await fill(new OperationIndex(root, PART_OPERATIONS), 0, 4);
    await fill(new OperationIndex(root, PART_OPERATIONS), 4, 10);
    const parts = [...root.getKeys()].map((key) => key.readUInt32BE(0));
    expect(parts).toEqual([0, 0, 0, 1, 1, 1, 2, 2, 2, 3]);
    expect(new OperationIndex(root).find(hashes[9] ?? new Uint8Array(32))).toEqual({ height: 10, index: 9 });
  });
});

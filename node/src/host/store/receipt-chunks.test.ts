import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { open, type RootDatabase } from 'lmdb';
import { RECEIPT_CHUNK_BYTES } from './limits.ts';
import { ReceiptChunks } from './receipt-chunks.ts';

const aBlock = (sizes: readonly number[]) => sizes.map((size, index) => ({ index, bytes: new Uint8Array(size).fill(index % 251) }));

describe('ReceiptChunks', () => {
  let folder: string;
  let root: RootDatabase<Buffer, Buffer>;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'civitas-receipts-'));
    root = open<Buffer, Buffer>({ path: join(folder, 'receipts.mdb'), keyEncoding: 'binary', encoding: 'binary' });
  });

  afterEach(async () => {
    await root.close();
    rmSync(folder, { recursive: true, force: true });
  });

  test('gives back each receipt by its place, small ones, empty ones and ones above a chunk, and nothing else', async () => {
    const sizes = [0, 1, 300, RECEIPT_CHUNK_BYTES, 5, RECEIPT_CHUNK_BYTES + 1, 0, ...Array.from({ length: 700 }, (_, at) => 200 + at)];
    const blocks = [
      { height: 3, receipts: aBlock(sizes) },
      { height: 5, receipts: aBlock([7]) },
      { height: 6, receipts: aBlock([]) },
      { height: 256, receipts: aBlock([1, 2]) },
    ];
    const chunks = new ReceiptChunks(root);
    await root.batch(() => {
      for (const { height, receipts } of blocks) chunks.put(height, receipts);
    });

    for (const { height, receipts } of blocks) {
      for (const { index, bytes } of receipts) expect(Buffer.compare(chunks.find(height, index) ?? Buffer.of(9), bytes)).toBe(0);
      expect(chunks.find(height, receipts.length)).toBeUndefined();
    }
    for (const height of [0, 2, 4, 6, 7, 300]) expect(chunks.find(height, 0)).toBeUndefined();
    expect(chunks.find(5, 700)).toBeUndefined();
    expect(root.getKeysCount()).toBeLessThan(40);
  });
});

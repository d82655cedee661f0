import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { base64urlEncode } from '@civitas/canon';
import { encodeReceipt } from '@civitas/proofs';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { open, type RootDatabase } from 'lmdb';
import { runSteps } from '../../core/steps.ts';
import { RECEIPT_CHUNK_BYTES } from './limits.ts';
import { ReceiptChunks } from './receipt-chunks.ts';
import { placeKey } from './store-keys.ts';
import { TextShapes } from './text-shapes.ts';

const aBlock = (sizes: readonly number[]) => sizes.map((size, index) => ({ index, bytes: new Uint8Array(size).fill(index % 251) }));

describe('ReceiptChunks', () => {
  let folder: string;
  let root: RootDatabase<Buffer, Buffer>;
  let chunks: ReceiptChunks;
  let countOf: () => number;
  let corrupt: (height: number, index: number, bytes: Buffer) => Promise<void>;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'civitas-receipts-'));
    root = open<Buffer, Buffer>({ path: join(folder, 'receipts.mdb'), keyEncoding: 'binary', encoding: 'binary' });
    const [receipts, shapes] = ['receipts', 'shapes'].map((name) =>
      root.openDB<Buffer, Buffer>({ name, keyEncoding: 'binary', encoding: 'binary' }),
    );
    if (receipts === undefined || shapes === undefined) throw new Error('no databases');
    chunks = new ReceiptChunks(receipts, new TextShapes(shapes));
    countOf = () => receipts.getKeysCount();
    corrupt = async (height, index, bytes) => void (await receipts.put(placeKey(height, index), bytes));
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
    await root.batch(() => {
      for (const { height, receipts } of blocks) chunks.put(runSteps(chunks.encode(height, receipts)));
    });

    for (const { height, receipts } of blocks) {
      for (const { index, bytes } of receipts) expect(Buffer.compare(chunks.find(height, index) ?? Buffer.of(9), bytes)).toBe(0);
      expect(chunks.find(height, receipts.length)).toBeUndefined();
    }
    for (const height of [0, 2, 4, 6, 7, 300]) expect(chunks.find(height, 0)).toBeUndefined();
    expect(chunks.find(5, 700)).toBeUndefined();
    expect(countOf()).toBeLessThan(130);
  });

  test('keeps receipts of one kind for less than half of their bytes', async () => {
    const receipts = Array.from({ length: 640 }, (_, index) => {
      const operation = new Uint8Array(32).fill(index);
      const events = [{ contract: 'health.index@v1', name: 'registered', data: { id: base64urlEncode(operation) } }];
      return { index, bytes: encodeReceipt({ events, height: 7, index, operation, outcome: { ok: true, result: null } }) };
    });
    const encoded = runSteps(chunks.encode(7, receipts));
    await root.batch(() => chunks.put(encoded));
    for (const { index, bytes } of receipts) expect(chunks.find(7, index)).toEqual(Buffer.from(bytes));
    const whole = receipts.reduce((sum, { bytes }) => sum + bytes.length, 0);
    expect(countOf() * RECEIPT_CHUNK_BYTES).toBeLessThan(whole / 2);
  });

  test('says of a receipt that cannot be read which one it is', async () => {
    await corrupt(9, 0, Buffer.from([0, 1, 0, 0, 0, 2, 0, 1]));
    expect(() => chunks.find(9, 0)).toThrow('the receipt 0 of block 9 cannot be read');
  });
});

import type { Bytes } from '@civitas/canon';
import type { Database } from 'lmdb';
import { RECEIPT_CHUNK_BYTES } from './limits.ts';
import { heightKey, placeKey, placeOf } from './store-keys.ts';

const COUNT_BYTES = 2;
const LENGTH_BYTES = 4;

/** One receipt of a block, by its position. */
interface PlacedReceipt {
  readonly index: number;
  readonly bytes: Bytes;
}

function encodeChunk(receipts: readonly PlacedReceipt[]): Buffer {
  const bodyBytes = receipts.reduce((sum, { bytes }) => sum + LENGTH_BYTES + bytes.length, 0);
  const chunk = Buffer.alloc(COUNT_BYTES + bodyBytes);
  chunk.writeUInt16BE(receipts.length, 0);
  let at = COUNT_BYTES;
  for (const { bytes } of receipts) {
    chunk.writeUInt32BE(bytes.length, at);
    chunk.set(bytes, at + LENGTH_BYTES);
    at += LENGTH_BYTES + bytes.length;
  }
  return chunk;
}

function receiptIn(chunk: Buffer, position: number): Bytes | undefined {
  if (position >= chunk.readUInt16BE(0)) return undefined;
  let at = COUNT_BYTES;
  for (let passed = 0; passed < position; passed++) at += LENGTH_BYTES + chunk.readUInt32BE(at);
  const from = at + LENGTH_BYTES;
  return chunk.subarray(from, from + chunk.readUInt32BE(at));
}

/** Receipts of a block in few pieces: one entry each would cost the store more than the receipts themselves. */
export class ReceiptChunks {
  readonly #db: Database<Buffer, Buffer>;

  constructor(db: Database<Buffer, Buffer>) {
    this.#db = db;
  }

  /** Inside a write transaction. @param receipts of one block, by index from 0 without gaps. */
  put(height: number, receipts: readonly PlacedReceipt[]): void {
    let chunk: PlacedReceipt[] = [];
    let chunkBytes = 0;
    const flush = (): void => {
      const first = chunk[0];
      if (first !== undefined) void this.#db.put(placeKey(height, first.index), encodeChunk(chunk));
      [chunk, chunkBytes] = [[], 0];
    };
    for (const receipt of receipts) {
      const ownBytes = LENGTH_BYTES + receipt.bytes.length;
      if (chunkBytes + ownBytes > RECEIPT_CHUNK_BYTES) flush();
      chunk.push(receipt);
      chunkBytes += ownBytes;
    }
    flush();
  }

  find(height: number, index: number): Bytes | undefined {
    // The last chunk that begins at the place or before it, of this height and no earlier one.
    for (const { key, value } of this.#db.getRange({ start: placeKey(height, index), reverse: true, limit: 1 })) {
      return heightKey(height).equals(key.subarray(0, 6)) ? receiptIn(value, index - placeOf(key).index) : undefined;
    }
    return undefined;
  }
}

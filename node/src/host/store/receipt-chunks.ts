import type { Bytes } from '@civitas/canon';
import type { Database } from 'lmdb';
import { StoreFault } from '../../core/ledger/refusal.ts';
import { RECEIPT_CHUNK_BYTES } from './limits.ts';
import { heightKey, placeKey, placeOf } from './store-keys.ts';
import type { TextShapes } from './text-shapes.ts';

const COUNT_BYTES = 2;
const LENGTH_BYTES = 4;

/** Receipts of a block, one after another, under the place of the first. */
export interface ReceiptChunk {
  readonly key: Buffer;
  readonly bytes: Buffer;
}

/** One receipt of a block, by its position. */
interface PlacedReceipt {
  readonly index: number;
  readonly bytes: Bytes;
}

function encodeChunk(packed: readonly Buffer[]): Buffer {
  const bodyBytes = packed.reduce((sum, { length }) => sum + LENGTH_BYTES + length, 0);
  const chunk = Buffer.allocUnsafe(COUNT_BYTES + bodyBytes);
  let at = chunk.writeUInt16BE(packed.length, 0);
  for (const bytes of packed) {
    at = chunk.writeUInt32BE(bytes.length, at);
    at += bytes.copy(chunk, at);
  }
  return chunk;
}

function packedIn(chunk: Buffer, position: number): Buffer | undefined {
  if (position >= chunk.readUInt16BE(0)) return undefined;
  let at = COUNT_BYTES;
  for (let passed = 0; passed < position; passed++) at += LENGTH_BYTES + chunk.readUInt32BE(at);
  const from = at + LENGTH_BYTES;
  return chunk.subarray(from, from + chunk.readUInt32BE(at));
}

/** Receipts of a block in few pieces: one entry each would cost the store more than the receipts themselves. */
export class ReceiptChunks {
  readonly #db: Database<Buffer, Buffer>;
  readonly #shapes: TextShapes;

  constructor(db: Database<Buffer, Buffer>, shapes: TextShapes) {
    this.#db = db;
    this.#shapes = shapes;
  }

  /** What `put` is to write. @param receipts of one block, by index from 0 without gaps. */
  *encode(height: number, receipts: readonly PlacedReceipt[]): Generator<void, readonly ReceiptChunk[]> {
    const chunks: ReceiptChunk[] = [];
    let chunk: Buffer[] = [];
    let [first, chunkBytes] = [0, COUNT_BYTES];
    const flush = (next: number): void => {
      if (chunk.length > 0) chunks.push({ key: placeKey(height, first), bytes: encodeChunk(chunk) });
      [chunk, first, chunkBytes] = [[], next, COUNT_BYTES];
    };
    for (const { index, bytes } of receipts) {
      const packed = this.#shapes.pack(bytes);
      const ownBytes = LENGTH_BYTES + packed.length;
      if (chunkBytes + ownBytes > RECEIPT_CHUNK_BYTES) {
        flush(index);
        yield;
      }
      chunk.push(packed);
      chunkBytes += ownBytes;
    }
    flush(receipts.length);
    return chunks;
  }

  /** Inside a write transaction. */
  put(chunks: readonly ReceiptChunk[]): void {
    this.#shapes.save();
    for (const { key, bytes } of chunks) void this.#db.put(key, bytes);
  }

  /** Undefined where there is none. @throws StoreFault where it cannot be read. */
  find(height: number, index: number): Bytes | undefined {
    // The last chunk that begins at the place or before it, of this height and no earlier one.
    for (const { key, value } of this.#db.getRange({ start: placeKey(height, index), reverse: true, limit: 1 })) {
      if (!heightKey(height).equals(key.subarray(0, 6))) return undefined;
      const packed = packedIn(value, index - placeOf(key).index);
      const receipt = packed && this.#shapes.unpack(packed);
      if (packed !== undefined && receipt === undefined) throw new StoreFault(`the receipt ${index} of block ${height} cannot be read`);
      return receipt;
    }
    return undefined;
  }
}

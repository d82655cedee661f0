import { closeSync, openSync, readSync, rmSync, writeFile } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type Bytes, byteAt, concatBytes, invariant } from '@civitas/canon';
import { StoreFault } from '../../core/ledger/refusal.ts';
import type { DiskRoom } from './disk-room.ts';
import { SPILL_BITS, SPILL_MEMORY_BYTES } from './limits.ts';

const writeAll = promisify(writeFile);

/** The number that `count` bits of a hash from bit `from` on spell. */
export function bitsOf(hash: Bytes, from: number, count: number): number {
  let bits = 0;
  for (let at = from; at < from + count; at++) bits = bits * 2 + ((byteAt(hash, at >> 3) >> (7 - (at & 7))) & 1);
  return bits;
}

interface Bucket {
  byteCount: number;
  /** What is not on disk yet. */
  parts: Bytes[];
  readonly pieces: Piece[];
}

/** Where a run has bytes of a bucket. */
interface Piece {
  readonly file: number;
  readonly at: number;
  readonly length: number;
}

/**
 * Records parted by leading bits of their key hash into buckets. What does not fit in memory is written in runs, a file each with all buckets one
 * after another: a file a bucket would take a thousand turns of a busy event loop each time.
 */
export class Spill {
  readonly #folder: string;
  readonly #buckets: Bucket[] = Array.from({ length: 2 ** SPILL_BITS }, () => ({ byteCount: 0, parts: [], pieces: [] }));
  readonly #depth: number;
  readonly #memoryBytesMax: number;
  readonly #room: DiskRoom;
  readonly #files: number[] = [];
  #memoryBytes = 0;

  /** @param parts.depth bits that all records share already. */
  constructor(folder: string, parts: { readonly depth: number; readonly room: DiskRoom; readonly memoryBytesMax?: number }) {
    this.#folder = folder;
    this.#depth = parts.depth;
    this.#room = parts.room;
    this.#memoryBytesMax = parts.memoryBytesMax ?? SPILL_MEMORY_BYTES;
  }

  /** Bytes of each bucket, in the order of their prefixes. */
  get byteCounts(): readonly number[] {
    return this.#buckets.map(({ byteCount }) => byteCount);
  }

  /** @param encoded one record as a chunk holds it. */
  async add(keyHash: Bytes, encoded: Bytes): Promise<void> {
    const bucket = this.#buckets[bitsOf(keyHash, this.#depth, SPILL_BITS)];
    invariant(bucket !== undefined, 'no such bucket');
    bucket.parts.push(encoded);
    bucket.byteCount += encoded.length;
    this.#memoryBytes += encoded.length;
    if (this.#memoryBytes > this.#memoryBytesMax) await this.#writeOut();
  }

  async #writeOut(): Promise<void> {
    this.#room.assertFor(this.#memoryBytes);
    const parts: Bytes[] = [];
    try {
      const path = join(this.#folder, `${this.#depth}-${this.#files.length}`);
      const file = openSync(path, 'wx+', 0o600);
      this.#files.push(file);
      // Nobody else needs its name, and what has none is gone with the process.
      rmSync(path);
      let at = 0;
      for (const bucket of this.#buckets) {
        const length = bucket.parts.reduce((sum, part) => sum + part.length, 0);
        if (length > 0) bucket.pieces.push({ file, at, length });
        for (const part of bucket.parts) parts.push(part);
        bucket.parts = [];
        at += length;
      }
      // As a list: a call takes no hundred thousand arguments, and a run of small records has more.
      await writeAll(file, Buffer.concat(parts));
    } catch (cause) {
      throw new StoreFault(`writing a snapshot: ${String(cause)}`, { cause });
    }
    this.#memoryBytes = 0;
  }

  /** The records of one bucket, in no order; it is empty afterwards. @throws StoreFault */
  take(index: number): Bytes {
    const bucket = this.#buckets[index];
    invariant(bucket !== undefined, 'no such bucket');
    const parts = [...bucket.pieces.splice(0).map(readPiece), ...bucket.parts];
    bucket.parts = [];
    return parts.length === 1 && parts[0] !== undefined ? parts[0] : concatBytes(...parts);
  }

  /** Gives back what it has on disk. */
  close(): void {
    for (const file of this.#files.splice(0)) closeSync(file);
  }
}

function readPiece({ file, at, length }: Piece): Bytes {
  const bytes = new Uint8Array(length);
  const read = readSync(file, bytes, 0, length, at);
  if (read !== length) throw new StoreFault(`a spilt piece has ${read} of ${length} bytes`);
  return bytes;
}

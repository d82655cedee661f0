import { appendFile, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type Bytes, byteAt, concatBytes, invariant } from '@civitas/canon';
import { StoreFault } from '../../core/ledger/refusal.ts';
import type { DiskRoom } from './disk-room.ts';
import { SPILL_BITS, SPILL_MEMORY_BYTES } from './limits.ts';

/** The number that `count` bits of a hash from bit `from` on spell. */
export function bitsOf(hash: Bytes, from: number, count: number): number {
  let bits = 0;
  for (let at = from; at < from + count; at++) bits = bits * 2 + ((byteAt(hash, at >> 3) >> (7 - (at & 7))) & 1);
  return bits;
}

interface Bucket {
  byteCount: number;
  /** What is not in its file yet. */
  parts: Bytes[];
  isOnDisk: boolean;
}

/** Records parted by leading bits of their key hash into buckets; what does not fit in memory stands in files. */
export class Spill {
  readonly #folder: string;
  readonly #buckets: Bucket[] = Array.from({ length: 2 ** SPILL_BITS }, () => ({ byteCount: 0, parts: [], isOnDisk: false }));
  readonly #depth: number;
  readonly #memoryBytesMax: number;
  readonly #room: DiskRoom;
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

  #path(index: number): string {
    return join(this.#folder, `${this.#depth}-${index}`);
  }

  async #writeOut(): Promise<void> {
    this.#room.assertFor(this.#memoryBytes);
    try {
      for (const [index, bucket] of this.#buckets.entries()) {
        if (bucket.parts.length === 0) continue;
        await appendFile(this.#path(index), concatBytes(...bucket.parts), { mode: 0o600 });
        bucket.parts = [];
        bucket.isOnDisk = true;
      }
    } catch (cause) {
      throw new StoreFault('writing a snapshot', { cause });
    }
    this.#memoryBytes = 0;
  }

  /** The records of one bucket, in no order; it is empty afterwards. */
  async take(index: number): Promise<Bytes> {
    const bucket = this.#buckets[index];
    invariant(bucket !== undefined, 'no such bucket');
    const path = this.#path(index);
    const parts = bucket.isOnDisk ? [new Uint8Array(await readFile(path)), ...bucket.parts] : bucket.parts;
    if (bucket.isOnDisk) await rm(path);
    bucket.parts = [];
    return parts.length === 1 && parts[0] !== undefined ? parts[0] : concatBytes(...parts);
  }
}

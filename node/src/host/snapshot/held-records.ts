import type { Bytes } from '@civitas/canon';
import { recordBytes, type SnapshotRecord, writeRecord } from '@civitas/proofs';
import { SPILL_BITS, SPILL_SLACK_BYTES } from './limits.ts';
import { bitsOf, KEY_HASH_BYTES } from './spilt-records.ts';

export const BUCKETS = 2 ** SPILL_BITS;

/** Sums of what stands before each, and of all: one more than there are. */
export function placesOf(lengths: ArrayLike<number>): Float64Array {
  const places = new Float64Array(lengths.length + 1);
  for (let at = 0; at < lengths.length; at++) places[at + 1] = (places[at] ?? 0) + (lengths[at] ?? 0);
  return places;
}

/** What is held, bucket after bucket. */
interface Parted {
  /** Records by their number. */
  readonly order: Uint32Array;
  /** Where each bucket begins in `order`, and the last one ends. */
  readonly firsts: Float64Array;
}

/** Records in memory, to be parted by leading bits of their key hashes: one array of bytes that is filled and emptied, whatever the number of records. */
export class HeldRecords {
  readonly #depth: number;
  readonly #counts = new Uint32Array(BUCKETS);
  readonly #byteCounts = new Float64Array(BUCKETS);
  #starts: number[] = [];
  #bytes: Buffer;
  #end = 0;
  #parted: Parted | undefined;

  /** @param depth bits that all records share already. @param bytes to begin with; more where records need it. */
  constructor(depth: number, bytes: number) {
    this.#depth = depth;
    // The system gives it page by page as it is filled.
    this.#bytes = Buffer.allocUnsafeSlow(bytes + SPILL_SLACK_BYTES);
  }

  /** With their key hashes, bytes. */
  get byteCount(): number {
    return this.#end;
  }

  get count(): number {
    return this.#starts.length;
  }

  /** Where each bucket begins when all are one after another, and the last one ends, bytes. */
  get offsets(): Float64Array {
    return placesOf(this.#byteCounts);
  }

  /** Takes a copy. @returns its bucket. */
  add(keyHash: Bytes, record: SnapshotRecord): number {
    const [start, byteCount] = [this.#end, KEY_HASH_BYTES + recordBytes(record)];
    if (start + byteCount > this.#bytes.length) this.#bytes = Buffer.concat([this.#bytes], start + byteCount + SPILL_SLACK_BYTES);
    this.#bytes.set(keyHash, start);
    this.#end = writeRecord(record, this.#bytes, start + KEY_HASH_BYTES);
    this.#starts.push(start);
    const bucket = bitsOf(keyHash, this.#depth, SPILL_BITS);
    this.#counts[bucket] = (this.#counts[bucket] ?? 0) + 1;
    this.#byteCounts[bucket] = (this.#byteCounts[bucket] ?? 0) + byteCount;
    return bucket;
  }

  /** By counting: each record is moved once. */
  #part(): Parted {
    const firsts = placesOf(this.#counts);
    const next = firsts.slice();
    const order = new Uint32Array(this.count);
    this.#starts.forEach((start, record) => {
      const bucket = bitsOf(this.#bytes, this.#depth, SPILL_BITS, start);
      const place = next[bucket] ?? 0;
      order[place] = record;
      next[bucket] = place + 1;
    });
    return { order, firsts };
  }

  /** The records of some buckets, one after another. Nothing may be added once this was asked. */
  *pieces(first: number, count: number, bytesMax: number): Generator<Buffer> {
    this.#parted ??= this.#part();
    const { order, firsts } = this.#parted;
    const end = firsts[first + count] ?? 0;
    for (let from = firsts[first] ?? 0; from < end; ) {
      let [until, byteCount] = [from, 0];
      for (; until < end && (until === from || byteCount < bytesMax); until++) byteCount += this.#lengthOf(order[until] ?? 0);
      yield this.#gather(order.subarray(from, until), byteCount);
      from = until;
    }
  }

  #lengthOf(record: number): number {
    return (this.#starts[record + 1] ?? this.#end) - (this.#starts[record] ?? 0);
  }

  #gather(records: Uint32Array, byteCount: number): Buffer {
    const bytes = Buffer.allocUnsafeSlow(byteCount);
    let at = 0;
    for (const record of records) {
      const start = this.#starts[record] ?? 0;
      at += this.#bytes.copy(bytes, at, start, start + this.#lengthOf(record));
    }
    return bytes;
  }

  /** Holds nothing afterwards. */
  clear(): void {
    this.#counts.fill(0);
    this.#byteCounts.fill(0);
    this.#starts = [];
    this.#end = 0;
    this.#parted = undefined;
  }
}

import { type Bytes, byteAt, compareBytes } from '@civitas/canon';
import { RECORD_HEAD_BYTES, recordLengthsAt, type SnapshotRecord } from '@civitas/proofs';
import { StoreFault } from '../../core/ledger/refusal.ts';

/** Before each spilt record stands the hash of its key: it is made once. */
export const KEY_HASH_BYTES = 32;

/** The number that `count` bits of a hash from bit `from` on spell. @param at where the hash begins. */
export function bitsOf(hash: Bytes, from: number, count: number, at = 0): number {
  let bits = 0;
  for (let bit = from; bit < from + count; bit++) bits = bits * 2 + ((byteAt(hash, at + (bit >> 3)) >> (7 - (bit & 7))) & 1);
  return bits;
}

function firstBits(bytes: Bytes, at: number): number {
  return byteAt(bytes, at) * 2 ** 24 + byteAt(bytes, at + 1) * 2 ** 16 + byteAt(bytes, at + 2) * 2 ** 8 + byteAt(bytes, at + 3);
}

/** Records with the hashes of their keys, one after another. Bytes and numbers alone: of millions of objects collecting would be most of the work. */
export class SpiltRecords {
  readonly bytes: Buffer;
  /** Where each begins, and the last one ends: one more than there are records. */
  readonly starts: Uint32Array;

  /** @throws StoreFault for what `Spill` did not write. */
  constructor(bytes: Buffer) {
    this.bytes = bytes;
    const starts = [0];
    for (let at = 0; at < bytes.length; starts.push(at)) {
      const headAt = at + KEY_HASH_BYTES;
      if (headAt + RECORD_HEAD_BYTES > bytes.length) throw new StoreFault('a spilt record is cut short');
      const { keyLength, valueLength } = recordLengthsAt(bytes, headAt);
      at = headAt + RECORD_HEAD_BYTES + keyLength + valueLength;
      if (at > bytes.length) throw new StoreFault('a spilt record is cut short');
    }
    this.starts = Uint32Array.from(starts);
  }

  get count(): number {
    return this.starts.length - 1;
  }

  startOf(record: number): number {
    return this.starts[record] ?? this.bytes.length;
  }

  keyHash(record: number): Bytes {
    const at = this.startOf(record);
    return this.bytes.subarray(at, at + KEY_HASH_BYTES);
  }

  value(record: number): Bytes {
    const headAt = this.startOf(record) + KEY_HASH_BYTES;
    const { keyLength, valueLength } = recordLengthsAt(this.bytes, headAt);
    const at = headAt + RECORD_HEAD_BYTES + keyLength;
    return this.bytes.subarray(at, at + valueLength);
  }

  record(record: number): SnapshotRecord {
    const headAt = this.startOf(record) + KEY_HASH_BYTES;
    const { keyLength } = recordLengthsAt(this.bytes, headAt);
    const keyAt = headAt + RECORD_HEAD_BYTES;
    return { key: this.bytes.subarray(keyAt, keyAt + keyLength), value: this.value(record) };
  }

  /** Records as a chunk holds them, one after another. */
  encoded(order: Uint32Array): Bytes {
    const bytes = new Uint8Array(this.bytes.length - this.count * KEY_HASH_BYTES);
    let at = 0;
    for (const record of order) at += this.bytes.copy(bytes, at, this.startOf(record) + KEY_HASH_BYTES, this.startOf(record + 1));
    return bytes;
  }

  /** Places of the records in the order of their key hashes. */
  inOrder(): Uint32Array {
    const first = Float64Array.from({ length: this.count }, (_, record) => firstBits(this.bytes, this.startOf(record)));
    const compare = (left: number, right: number): number => {
      const difference = (first[left] ?? 0) - (first[right] ?? 0);
      return difference === 0 ? compareBytes(this.keyHash(left), this.keyHash(right)) : difference;
    };
    return Uint32Array.from({ length: this.count }, (_, record) => record).sort(compare);
  }
}

import { accept, type Bytes, byteAt, type Result, refuse, writeUint32 } from '@civitas/canon';
import { KEY_BYTES_MAX, SNAPSHOT_VALUE_BYTES_MAX } from '../limits.ts';

/** A state record as the tree commits to it. */
export interface SnapshotRecord {
  /** UTF-8, 1 … 256 bytes. */
  readonly key: Bytes;
  /** Canonical JSON, at most 1 MiB. */
  readonly value: Bytes;
}

/** Bytes that stand before a record's key and value: length of the key (2) and of the value (4), most significant first. */
export const RECORD_HEAD_BYTES = 6;

/** Bytes of a record inside a chunk. */
export function recordBytes(record: SnapshotRecord): number {
  return RECORD_HEAD_BYTES + record.key.length + record.value.length;
}

/** Writes a record as a chunk holds it. @returns where it ends. */
export function writeRecord({ key, value }: SnapshotRecord, bytes: Bytes, at: number): number {
  bytes[at] = key.length >> 8;
  bytes[at + 1] = key.length;
  writeUint32(bytes, at + 2, value.length);
  bytes.set(key, at + RECORD_HEAD_BYTES);
  bytes.set(value, at + RECORD_HEAD_BYTES + key.length);
  return at + RECORD_HEAD_BYTES + key.length + value.length;
}

/** Records one after the other, as a chunk holds them. */
export function encodeRecords(records: readonly SnapshotRecord[]): Bytes {
  const bytes = new Uint8Array(records.reduce((sum, record) => sum + recordBytes(record), 0));
  let at = 0;
  for (const record of records) at = writeRecord(record, bytes, at);
  return bytes;
}

/** Lengths in a record's head, bytes. The head must be there whole. */
export function recordLengthsAt(bytes: Bytes, at: number): { keyLength: number; valueLength: number } {
  const byte = (offset: number): number => byteAt(bytes, at + offset);
  return { keyLength: byte(0) * 256 + byte(1), valueLength: byte(2) * 2 ** 24 + byte(3) * 65_536 + byte(4) * 256 + byte(5) };
}

/** Reads what encodeRecords wrote, to its last byte. Refused with SNAPSHOT_CHUNK. */
export function decodeRecords(bytes: Bytes): Result<SnapshotRecord[]> {
  const records: SnapshotRecord[] = [];
  for (let at = 0; at < bytes.length; ) {
    if (at + RECORD_HEAD_BYTES > bytes.length) return refuse('SNAPSHOT_CHUNK', { reason: 'cut short', record: records.length });
    const { keyLength, valueLength } = recordLengthsAt(bytes, at);
    if (keyLength === 0 || keyLength > KEY_BYTES_MAX || valueLength > SNAPSHOT_VALUE_BYTES_MAX) {
      return refuse('SNAPSHOT_CHUNK', { reason: 'key or value of a size no record has', record: records.length });
    }
    const [keyAt, valueAt] = [at + RECORD_HEAD_BYTES, at + RECORD_HEAD_BYTES + keyLength];
    at = valueAt + valueLength;
    if (at > bytes.length) return refuse('SNAPSHOT_CHUNK', { reason: 'cut short', record: records.length });
    records.push({ key: bytes.subarray(keyAt, valueAt), value: bytes.subarray(valueAt, at) });
  }
  return accept(records);
}

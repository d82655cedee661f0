import { type Bytes, byteAt, compareBytes, equalBytes, invariant } from '@civitas/canon';
import { HISTORY_CHUNK_BYTES } from './limits.ts';
import { decodeSlots, type Page, pathKey, readVersion, writeVersion } from './page.ts';

// How older roots stay provable: each block leaves behind, for every page it changed, what stood in the slots it changed.
// Entry: path key, body length (2), then the body: version (6) and change count (1) of the page before, mask of changed slots (2), slots.
const LENGTH_BYTES = 2;
const BODY_HEADER_BYTES = 9;
/** Sixteen leaves of the longest path. */
const ENTRY_BYTES_MAX = 33 + LENGTH_BYTES + BODY_HEADER_BYTES + 4 + 16 * 64;

/** A page before a block changed some of its slots. */
export interface PageChange {
  readonly path: string;
  readonly before: Page;
  /** Bits of the slots that the block changed. */
  readonly mask: number;
}

/** Entries of one block in the order of their path keys, under the key of the first. */
export interface HistoryChunk {
  readonly firstKey: Bytes;
  readonly bytes: Bytes;
}

/** Writes one entry. @returns where it ends. */
function writeEntry(bytes: Bytes, from: number, key: Bytes, { before, mask }: PageChange): number {
  bytes.set(key, from);
  const bodyAt = from + key.length + LENGTH_BYTES;
  writeVersion(bytes, bodyAt, before.version);
  bytes[bodyAt + 6] = before.changeCount;
  bytes[bodyAt + 7] = mask >> 8;
  bytes[bodyAt + 8] = mask & 255;
  const end = before.writeSlots(bytes, bodyAt + BODY_HEADER_BYTES, mask);
  bytes[bodyAt - 2] = (end - bodyAt) >> 8;
  bytes[bodyAt - 1] = (end - bodyAt) & 255;
  return end;
}

/** What a block must leave behind so that the pages it changed can be had as they were before. */
export function encodeHistory(changes: readonly PageChange[]): readonly HistoryChunk[] {
  const keyed = changes.map((change) => ({ key: pathKey(change.path), change }));
  keyed.sort((left, right) => compareBytes(left.key, right.key));
  const chunks: HistoryChunk[] = [];
  const bytes = new Uint8Array(HISTORY_CHUNK_BYTES + ENTRY_BYTES_MAX);
  let [end, firstKey]: [number, Bytes] = [0, new Uint8Array(0)];
  const flush = (): void => {
    if (end > 0) chunks.push({ firstKey, bytes: bytes.slice(0, end) });
  };
  for (const { key, change } of keyed) {
    let after = writeEntry(bytes, end, key, change);
    // A piece takes a whole page of the store, however little is in it: an entry goes to the next one only when it does not fit.
    if (after > HISTORY_CHUNK_BYTES) {
      flush();
      bytes.copyWithin(0, end, after);
      [end, after] = [0, after - end];
    }
    if (end === 0) firstKey = key;
    end = after;
  }
  flush();
  return chunks;
}

/** The page before the block that made it. @returns undefined when the chunk has no entry of the path. */
export function undoChange(after: Page, path: string, chunk: Bytes): Page | undefined {
  const key = pathKey(path);
  for (let at = 0; at < chunk.length; ) {
    const keyBytes = 1 + ((byteAt(chunk, at) + 1) >> 1);
    const bodyAt = at + keyBytes + LENGTH_BYTES;
    const bodyBytes = (byteAt(chunk, at + keyBytes) << 8) | byteAt(chunk, at + keyBytes + 1);
    invariant(bodyBytes >= BODY_HEADER_BYTES && bodyAt + bodyBytes <= chunk.length, 'history is cut short');
    if (equalBytes(chunk.subarray(at, at + keyBytes), key)) {
      const version = readVersion(chunk, bodyAt);
      const mask = (byteAt(chunk, bodyAt + 7) << 8) | byteAt(chunk, bodyAt + 8);
      const slots = decodeSlots(chunk.subarray(bodyAt + BODY_HEADER_BYTES, bodyAt + bodyBytes), mask, version);
      return after.with({ version, changeCount: byteAt(chunk, bodyAt + 6) }, slots);
    }
    at = bodyAt + bodyBytes;
  }
  return undefined;
}

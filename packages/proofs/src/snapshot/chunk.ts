import { accept, type Bytes, byteAt, compareBytes, equalBytes, invariant, type Result, refuse, type Sha256 } from '@civitas/canon';
import { SNAPSHOT_DEPTH_MAX } from '../limits.ts';
import type { CheckedManifest } from './manifest.ts';
import { decodeRecords, type SnapshotRecord } from './record-codec.ts';
import { type SubtreeLeaf, subtreeOf } from './subtree.ts';

/** A chunk whose records are exactly those of its range under the manifest's app hash. */
export interface VerifiedChunk {
  readonly records: readonly SnapshotRecord[];
  /** One for each record, in the same order: rising key hash. */
  readonly leaves: readonly SubtreeLeaf[];
}

function frontOf(keyHash: Bytes): bigint {
  let front = 0n;
  for (let at = 0; at < SNAPSHOT_DEPTH_MAX / 8; at++) front = (front << 8n) | BigInt(byteAt(keyHash, at));
  return front;
}

/**
 * Checks a chunk against its manifest: nothing left out, nothing added, nothing changed, one accepted encoding.
 *
 * @param index of the chunk in the manifest. @returns SNAPSHOT_CHUNK with the chunk's index and the reason.
 */
export function verifyChunk(sha256: Sha256, checked: CheckedManifest, index: number, bytes: Bytes): Result<VerifiedChunk> {
  const [chunk, start] = [checked.manifest.chunks[index], checked.starts[index]];
  invariant(chunk !== undefined && start !== undefined, 'no such chunk');
  const bad = (reason: string) => refuse('SNAPSHOT_CHUNK', { chunkIndex: index, reason });
  if (bytes.length !== chunk.byteCount) return bad(`${bytes.length} bytes, ${chunk.byteCount} expected`);
  const decoded = decodeRecords(bytes);
  if (!decoded.ok) return bad(String(decoded.refusal.facts['reason']));
  const records = decoded.value;
  if (records.length !== chunk.recordCount) return bad(`${records.length} records, ${chunk.recordCount} expected`);
  const leaves: SubtreeLeaf[] = [];
  for (const { key, value } of records) {
    const keyHash = sha256(key);
    const last = leaves.at(-1);
    if (last !== undefined && compareBytes(last.keyHash, keyHash) >= 0) return bad('records are not in the order of their key hashes');
    leaves.push({ keyHash, valueHash: sha256(value) });
  }
  const end = start + (1n << BigInt(SNAPSHOT_DEPTH_MAX - chunk.depth));
  const [first, last] = [leaves[0], leaves.at(-1)];
  if (first !== undefined && frontOf(first.keyHash) < start) return bad('a record lies before the range');
  if (last !== undefined && frontOf(last.keyHash) >= end) return bad('a record lies after the range');
  if (!equalBytes(subtreeOf(sha256, leaves, chunk.depth).hash, chunk.hash)) return bad('the records have another hash');
  return accept({ records, leaves });
}

import { type Bytes, compareBytes, concatBytes, type Sha256 } from '@civitas/canon';
import {
  checkManifest,
  decodeRecords,
  EMPTY_HASH,
  encodeManifest,
  encodeRecords,
  joinSubtrees,
  SNAPSHOT_CHUNKS_MAX,
  SNAPSHOT_DEPTH_MAX,
  type SnapshotChunk,
  type SnapshotManifest,
  type SnapshotRecord,
  type Subtree,
  type SubtreeLeaf,
  subtreeOf,
} from '@civitas/proofs';
import { StoreFault } from '../../core/ledger/refusal.ts';
import type { StateCopy } from '../store/ledger-store.ts';
import type { DiskRoom } from './disk-room.ts';
import { CHUNK_TARGET_BYTES, READ_REST_MS, REST_MS, SLICE_MS, SPILL_BITS } from './limits.ts';
import { Slices } from './slices.ts';
import type { SnapshotFolder, SnapshotWriter } from './snapshot-folder.ts';
import { bitsOf, Spill } from './spill.ts';

/** The records of a commit do not give its app hash. */
export class DamagedState extends StoreFault {}

export interface TakeSnapshot {
  readonly sha256: Sha256;
  readonly folder: SnapshotFolder;
  readonly chain: { readonly chainId: string; readonly genesisHash: Bytes };
  /** The state of one durable commit; let go once it is read. */
  readonly copy: StateCopy;
  /** App hash after that commit. */
  readonly appHash: Bytes;
  /** Asked before each write. */
  readonly room: DiskRoom;
  /** Ends the work at the next turn; what was written is dropped. */
  readonly signal: AbortSignal;
}

const NO_RECORDS: Subtree = { recordCount: 0, hash: EMPTY_HASH };

interface Leaf extends SubtreeLeaf {
  readonly record: SnapshotRecord;
}

/** Parts ranges of key hashes until each fits a chunk, from the lowest to the highest: the layout depends on the records alone. */
class ChunkWriter {
  readonly chunks: SnapshotChunk[] = [];
  readonly #request: TakeSnapshot;
  readonly #writer: SnapshotWriter;
  readonly #slices = new Slices({ sliceMs: SLICE_MS, restMs: REST_MS });

  constructor(request: TakeSnapshot, writer: SnapshotWriter) {
    this.#request = request;
    this.#writer = writer;
  }

  async #turn(slices: Slices = this.#slices): Promise<void> {
    await slices.turn();
    this.#request.signal.throwIfAborted();
  }

  /** Parts the records of a commit and writes their chunks. The copy is let go as soon as they are parted. */
  async writeCopy(copy: StateCopy): Promise<void> {
    const slices = new Slices({ sliceMs: SLICE_MS, restMs: READ_REST_MS });
    await this.#writeParted(copy.records(), { depth: 0, slices, parted: () => copy.release() });
  }

  async #writeParted(
    records: Iterable<SnapshotRecord>,
    { depth, slices, parted }: { readonly depth: number; readonly slices: Slices; readonly parted?: () => void },
  ): Promise<void> {
    const spill = new Spill(this.#writer.scratch, { depth, room: this.#request.room });
    try {
      for (const record of records) {
        await spill.add(this.#request.sha256(record.key), encodeRecords([record]));
        await this.#turn(slices);
      }
      parted?.();
      await this.#writeRange(spill, { depth, bits: 0, first: 0, byteCounts: spill.byteCounts });
    } finally {
      spill.close();
    }
  }

  /** The subtree at `depth + bits` that covers 2^(SPILL_BITS - bits) buckets from `first` on. */
  async #writeRange(spill: Spill, range: { depth: number; bits: number; first: number; byteCounts: readonly number[] }): Promise<void> {
    const { depth, bits, first, byteCounts } = range;
    const count = 2 ** (SPILL_BITS - bits);
    const byteCount = byteCounts.slice(first, first + count).reduce((sum, bytes) => sum + bytes, 0);
    const isSmall = byteCount <= CHUNK_TARGET_BYTES || depth + bits >= SNAPSHOT_DEPTH_MAX;
    if (isSmall) {
      const parts: Bytes[] = [];
      for (let at = first; at < first + count; at++) parts.push(spill.take(at));
      await this.#writeChunk(concatBytes(...parts), depth + bits);
      return;
    }
    if (bits === SPILL_BITS) {
      const records = decodeRecords(spill.take(first));
      if (!records.ok) throw new StoreFault('a spilt record is damaged');
      await this.#writeParted(records.value, { depth: depth + bits, slices: this.#slices });
      return;
    }
    await this.#writeRange(spill, { ...range, bits: bits + 1 });
    await this.#writeRange(spill, { ...range, bits: bits + 1, first: first + count / 2 });
  }

  async #writeChunk(unordered: Bytes, depth: number): Promise<void> {
    const { sha256 } = this.#request;
    const decoded = decodeRecords(unordered);
    if (!decoded.ok) throw new StoreFault('a spilt record is damaged');
    const leaves: Leaf[] = [];
    for (const record of decoded.value) {
      leaves.push({ record, keyHash: sha256(record.key), valueHash: sha256(record.value) });
      await this.#turn();
    }
    leaves.sort((left, right) => compareBytes(left.keyHash, right.keyHash));
    await this.#turn();
    const subtree = await this.#subtreeInSlices(leaves, depth);
    const bytes = encodeRecords(leaves.map(({ record }) => record));
    const index = this.chunks.length;
    if (index >= SNAPSHOT_CHUNKS_MAX) throw new StoreFault(`the state needs more than ${SNAPSHOT_CHUNKS_MAX} chunks`);
    this.#request.room.assertFor(bytes.length);
    await this.#writer.writeChunk(index, bytes);
    this.chunks.push({ ...subtree, depth, byteCount: bytes.length });
    await this.#turn();
  }

  /** subtreeOf with the event loop turning between its sixteen parts. */
  async #subtreeInSlices(leaves: readonly Leaf[], depth: number): Promise<Subtree> {
    const { sha256 } = this.#request;
    const bits = 4;
    if (leaves.length < 256 || depth + bits > SNAPSHOT_DEPTH_MAX) return subtreeOf(sha256, leaves, depth);
    const parts = Array.from({ length: 2 ** bits }, (): Leaf[] => []);
    for (const leaf of leaves) parts[bitsOf(leaf.keyHash, depth, bits)]?.push(leaf);
    const level: Subtree[] = [];
    for (const part of parts) {
      level.push(subtreeOf(sha256, part, depth + bits));
      await this.#turn();
    }
    for (let count = level.length; count > 1; count /= 2) {
      for (let at = 0; at < count / 2; at++) level[at] = joinSubtrees(sha256, level[at * 2] ?? NO_RECORDS, level[at * 2 + 1] ?? NO_RECORDS);
    }
    return level[0] ?? NO_RECORDS;
  }
}

/**
 * Writes the snapshot of one commit beside a running ledger: in slices, read while later blocks are written, whole on disk or not at
 * all.
 *
 * @returns its manifest. @throws NoRoom, StoreFault when the disk fails, DamagedState when the records do not give the app hash.
 */
export async function takeSnapshot(request: TakeSnapshot): Promise<SnapshotManifest> {
  const { folder, copy, chain, appHash, sha256 } = request;
  const writer = folder.begin(copy.height);
  try {
    const chunks = new ChunkWriter(request, writer);
    await chunks.writeCopy(copy);
    const manifest: SnapshotManifest = { ...chain, height: copy.height, appHash, chunks: chunks.chunks };
    const checked = checkManifest(sha256, manifest);
    if (!checked.ok) throw new DamagedState(`state at ${copy.height}: ${checked.refusal.code} ${JSON.stringify(checked.refusal.facts)}`);
    await writer.finish(encodeManifest(manifest));
    return manifest;
  } catch (error) {
    writer.abandon();
    throw error;
  }
}

import type { Bytes, Sha256 } from '@civitas/canon';
import {
  checkManifest,
  EMPTY_HASH,
  encodeManifest,
  joinSubtrees,
  SNAPSHOT_CHUNKS_MAX,
  SNAPSHOT_DEPTH_MAX,
  type SnapshotChunk,
  type SnapshotManifest,
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
import { Spill } from './spill.ts';
import { bitsOf, type SpiltRecords } from './spilt-records.ts';

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

interface Range {
  /** Bits that all records of the spill share. */
  readonly depth: number;
  /** Bits beyond these that the range's buckets share. */
  readonly bits: number;
  /** The first bucket. */
  readonly first: number;
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

  /** To be awaited after each step that `isOver` says so of: a promise for each record would be much of the work. */
  async #rest(slices: Slices = this.#slices): Promise<void> {
    await slices.rest();
    this.#request.signal.throwIfAborted();
  }

  #spill(depth: number): Spill {
    return new Spill(this.#writer.scratch, { depth, room: this.#request.room });
  }

  /** Parts the records of a commit and writes their chunks. The copy is let go as soon as they are parted. */
  async writeCopy(copy: StateCopy): Promise<void> {
    const slices = new Slices({ sliceMs: SLICE_MS, restMs: READ_REST_MS });
    const spill = this.#spill(0);
    try {
      for (const record of copy.records()) {
        const full = spill.add(this.#request.sha256(record.key), record);
        if (full !== undefined) await full;
        if (slices.isOver) await this.#rest(slices);
      }
      copy.release();
      await this.#writeRange(spill, { depth: 0, bits: 0, first: 0 });
    } finally {
      spill.close();
    }
  }

  /** Parts the records of one bucket further. */
  async #writeBucket(records: SpiltRecords, depth: number): Promise<void> {
    const spill = this.#spill(depth);
    try {
      for (let at = 0; at < records.count; at++) {
        const full = spill.add(records.keyHash(at), records.record(at));
        if (full !== undefined) await full;
        if (this.#slices.isOver) await this.#rest();
      }
      await this.#writeRange(spill, { depth, bits: 0, first: 0 });
    } finally {
      spill.close();
    }
  }

  /** The subtree at `depth + bits` that covers 2^(SPILL_BITS - bits) buckets from `first` on. */
  async #writeRange(spill: Spill, { depth, bits, first }: Range): Promise<void> {
    const count = 2 ** (SPILL_BITS - bits);
    const byteCount = spill.byteCounts.slice(first, first + count).reduce((sum, bytes) => sum + bytes, 0);
    const isSmall = byteCount <= CHUNK_TARGET_BYTES || depth + bits >= SNAPSHOT_DEPTH_MAX;
    if (isSmall) return await this.#writeChunk(spill.take(first, count), depth + bits);
    if (bits === SPILL_BITS) return await this.#writeBucket(spill.take(first, 1), depth + bits);
    await this.#writeRange(spill, { depth, bits: bits + 1, first });
    await this.#writeRange(spill, { depth, bits: bits + 1, first: first + count / 2 });
  }

  async #writeChunk(records: SpiltRecords, depth: number): Promise<void> {
    const { sha256 } = this.#request;
    await this.#rest();
    const order = records.inOrder();
    const leaves: SubtreeLeaf[] = [];
    for (const at of order) {
      leaves.push({ keyHash: records.keyHash(at), valueHash: sha256(records.value(at)) });
      if (this.#slices.isOver) await this.#rest();
    }
    const subtree = await this.#subtreeInSlices(leaves, depth);
    const bytes = records.encoded(order);
    const index = this.chunks.length;
    if (index >= SNAPSHOT_CHUNKS_MAX) throw new StoreFault(`the state needs more than ${SNAPSHOT_CHUNKS_MAX} chunks`);
    this.#request.room.assertFor(bytes.length);
    await this.#writer.writeChunk(index, bytes);
    this.chunks.push({ ...subtree, depth, byteCount: bytes.length });
  }

  /** subtreeOf with the event loop turning between its sixteen parts. */
  async #subtreeInSlices(leaves: readonly SubtreeLeaf[], depth: number): Promise<Subtree> {
    const { sha256 } = this.#request;
    const bits = 4;
    if (leaves.length < 256 || depth + bits > SNAPSHOT_DEPTH_MAX) return subtreeOf(sha256, leaves, depth);
    const parts = Array.from({ length: 2 ** bits }, (): SubtreeLeaf[] => []);
    for (const leaf of leaves) parts[bitsOf(leaf.keyHash, depth, bits)]?.push(leaf);
    const level: Subtree[] = [];
    for (const part of parts) {
      level.push(subtreeOf(sha256, part, depth + bits));
      if (this.#slices.isOver) await this.#rest();
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

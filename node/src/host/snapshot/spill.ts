import { closeSync, openSync, readSync, rmSync, write } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type Bytes, invariant } from '@civitas/canon';
import { recordBytes, type SnapshotRecord } from '@civitas/proofs';
import { StoreFault } from '../../core/ledger/refusal.ts';
import type { DiskRoom } from './disk-room.ts';
import { BUCKETS, HeldRecords } from './held-records.ts';
import { SPILL_MEMORY_BYTES, SPILL_WRITE_BYTES } from './limits.ts';
import { SpiltRecords } from './spilt-records.ts';

const writeAt = promisify(write);

/** What was written out at one time: all buckets one after another. */
interface Run {
  readonly file: number;
  /** Where each bucket begins, and the last one ends, bytes. */
  readonly offsets: Float64Array;
}

async function writeWhole(file: number, bytes: Buffer, position: number): Promise<void> {
  for (let at = 0; at < bytes.length; ) at += (await writeAt(file, bytes, at, bytes.length - at, position + at)).bytesWritten;
}

/** Bytes of some buckets, and where they begin. */
function pieceOf({ offsets }: Pick<Run, 'offsets'>, first: number, count: number): { readonly at: number; readonly length: number } {
  const at = offsets[first] ?? 0;
  return { at, length: (offsets[first + count] ?? 0) - at };
}

/**
 * Records parted by leading bits of their key hash into buckets. What does not fit in memory is written in runs, a file each with all buckets one
 * after another: a file a bucket would take a thousand turns of a busy event loop each time.
 */
export class Spill {
  readonly #folder: string;
  readonly #depth: number;
  readonly #memoryBytesMax: number;
  readonly #room: DiskRoom;
  readonly #byteCounts: number[] = Array.from({ length: BUCKETS }, () => 0);
  readonly #runs: Run[] = [];
  readonly #held: HeldRecords;

  /** @param parts.depth bits that all records share already. */
  constructor(folder: string, parts: { readonly depth: number; readonly room: DiskRoom; readonly memoryBytesMax?: number }) {
    this.#folder = folder;
    this.#depth = parts.depth;
    this.#room = parts.room;
    this.#memoryBytesMax = parts.memoryBytesMax ?? SPILL_MEMORY_BYTES;
    this.#held = new HeldRecords(parts.depth, this.#memoryBytesMax);
  }

  /** Bytes of each bucket's records as chunks hold them, in the order of their prefixes. */
  get byteCounts(): readonly number[] {
    return this.#byteCounts;
  }

  /** Takes a copy. @returns what to wait for before the next one comes, where memory is full; it rejects with StoreFault or NoRoom. */
  add(keyHash: Bytes, record: SnapshotRecord): Promise<void> | undefined {
    const bucket = this.#held.add(keyHash, record);
    this.#byteCounts[bucket] = (this.#byteCounts[bucket] ?? 0) + recordBytes(record);
    return this.#held.byteCount > this.#memoryBytesMax ? this.#writeOut() : undefined;
  }

  async #writeOut(): Promise<void> {
    this.#room.assertFor(this.#held.byteCount);
    try {
      const path = join(this.#folder, `${this.#depth}-${this.#runs.length}`);
      const file = openSync(path, 'wx+', 0o600);
      this.#runs.push({ file, offsets: this.#held.offsets });
      // Nobody else needs its name, and what has none is gone with the process.
      rmSync(path);
      let at = 0;
      for (const bytes of this.#held.pieces(0, BUCKETS, SPILL_WRITE_BYTES)) {
        await writeWhole(file, bytes, at);
        at += bytes.length;
      }
    } catch (cause) {
      throw new StoreFault(`writing a snapshot: ${String(cause)}`, { cause });
    }
    this.#held.clear();
  }

  /** The records of some buckets, in no order; none is added afterwards. @throws StoreFault */
  take(first: number, count = 1): SpiltRecords {
    invariant(first >= 0 && first + count <= BUCKETS, 'no such bucket');
    const held = pieceOf(this.#held, first, count).length;
    const bytes = Buffer.allocUnsafeSlow(this.#runs.reduce((sum, run) => sum + pieceOf(run, first, count).length, held));
    let at = 0;
    for (const run of this.#runs) {
      const piece = pieceOf(run, first, count);
      const read = piece.length === 0 ? 0 : readSync(run.file, bytes, at, piece.length, piece.at);
      if (read !== piece.length) throw new StoreFault(`a spilt piece has ${read} of ${piece.length} bytes`);
      at += read;
    }
    for (const piece of this.#held.pieces(first, count, Number.POSITIVE_INFINITY)) at += piece.copy(bytes, at);
    return new SpiltRecords(bytes);
  }

  /** Gives back what it has on disk. */
  close(): void {
    for (const { file } of this.#runs.splice(0)) closeSync(file);
  }
}

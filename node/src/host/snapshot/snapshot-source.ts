import type { Bytes, Result } from '@civitas/canon';

/** One validator's place in the rotation of proposers, which no header certifies. */
export interface ProposerPriority {
  readonly address: Bytes;
  readonly priority: bigint;
}

/** Snapshots by how taking them ended; skipped: the one before was still being taken. */
export type SnapshotCounts = Readonly<Record<'taken' | 'skipped' | 'no-room' | 'failed', number>>;

/** What a node shows of its snapshots, beside its light blocks. */
export interface SnapshotSource {
  /** Newest first. */
  heights(): readonly number[];
  /** How those that were to be taken ended, since the process started. */
  counts(): SnapshotCounts;
  /** Begins one of the last block. @returns its height, it is listed once it is whole; refused with SNAPSHOT_NO_ROOM. */
  begin(): Result<number>;
  findManifest(height: number): Bytes | undefined;
  findChunk(height: number, index: number): Promise<Bytes | undefined>;
  /** A block's bytes; undefined where the engine keeps them. */
  findBlockBytes(height: number): Bytes | undefined;
  /** In the set's own order; undefined where the engine does not have that height or rotates nothing. */
  proposerPriorities(height: number): Promise<readonly ProposerPriority[] | undefined>;
}

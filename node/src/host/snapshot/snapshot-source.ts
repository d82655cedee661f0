import type { Bytes } from '@civitas/canon';

/** One validator's place in the rotation of proposers, which no header certifies. */
export interface ProposerPriority {
  readonly address: Bytes;
  readonly priority: bigint;
}

/** What a node shows of its snapshots, beside its light blocks. */
export interface SnapshotSource {
  /** Newest first. */
  heights(): readonly number[];
  /** Begins one of the last block. @returns its height; it is listed once it is whole. */
  begin(): number;
  findManifest(height: number): Bytes | undefined;
  findChunk(height: number, index: number): Promise<Bytes | undefined>;
  /** A block's bytes; undefined where the engine keeps them. */
  findBlockBytes(height: number): Bytes | undefined;
  /** In the set's own order; undefined where the engine does not have that height or rotates nothing. */
  proposerPriorities(height: number): Promise<readonly ProposerPriority[] | undefined>;
}

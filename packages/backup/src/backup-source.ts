import type { Bytes } from '@civitas/canon';
import type { LightBlockSource } from '@civitas/proofs';

/** A node that a backup is taken of. Its answers are verified, whatever it says. */
export interface BackupSource extends LightBlockSource {
  /** Heights of the snapshots it shows. */
  fetchHeights(): Promise<readonly number[]>;
  /** Lets it take a snapshot of its last block. @returns the height. */
  takeSnapshot(): Promise<number>;
  fetchManifest(height: number): Promise<Bytes>;
  fetchChunk(height: number, index: number): Promise<Bytes>;
  /** Empty where the node's engine keeps blocks itself. */
  fetchBlockBytes(height: number): Promise<Bytes>;
  close(): void;
}

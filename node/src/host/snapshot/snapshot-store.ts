import type { Bytes } from '@civitas/canon';

/** A snapshot as engines offer it to each other (ABCI Snapshot). */
export interface OfferedSnapshot {
  readonly height: number;
  readonly format: number;
  readonly chunkCount: number;
  /** SHA-256 of the manifest. */
  readonly hash: Bytes;
  /** The manifest, canonical JSON. */
  readonly metadata: Bytes;
}

export interface OfferedChunk {
  readonly index: number;
  readonly bytes: Bytes;
  /** The engine's name of the peer that sent it. */
  readonly sender: string;
}

/** Verdicts of ABCI OfferSnapshot. */
export type OfferVerdict = 'accept' | 'abort' | 'reject' | 'reject-format';

/** Verdict of ABCI ApplySnapshotChunk. */
export interface ChunkVerdict {
  readonly result: 'accept' | 'abort' | 'retry' | 'reject-snapshot';
  /** Senders that the engine asks nothing more. */
  readonly rejectSenders: readonly string[];
}

/** The snapshot side of the application (ABCI snapshot connection). */
export interface SnapshotStore {
  /** Newest first. */
  listSnapshots(): readonly OfferedSnapshot[];
  /** Undefined when there is no such chunk (any more). */
  loadChunk(request: { readonly height: number; readonly format: number; readonly index: number }): Promise<Bytes | undefined>;
  /** @param appHash of header height + 1, which the engine's light client certified. */
  offer(snapshot: OfferedSnapshot, appHash: Bytes): Promise<OfferVerdict>;
  /** The last chunk's `accept` comes after the restored state is durable and answers for the application. */
  applyChunk(chunk: OfferedChunk): Promise<ChunkVerdict>;
}

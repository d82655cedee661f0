import type { Bytes } from '@civitas/canon';

/** When a ledger takes snapshots by itself. */
export interface SnapshotSchedule {
  /** Blocks between two snapshots; 0 takes none. */
  readonly intervalBlocks: number;
  /** Block time between two snapshots, ms; 0 for every interval. */
  readonly periodMs: number;
}

/** Where periods begin is each ledger's own: those of one city share their machines, and would all be at it at once. */
function phaseOf(genesisHash: Bytes, periodMs: number): number {
  return new DataView(genesisHash.buffer, genesisHash.byteOffset).getUint32(0) % periodMs;
}

/**
 * Whether a snapshot of this height is due: the first interval of the ledger, so that a young one can be joined, and then the first whole one in
 * each period. It rests on block times alone, so every validator takes the same ones, and a node that joins may fetch from several.
 *
 * @param timeOf time of an earlier block, Unix ms; undefined where the store has none, which counts as another period.
 */
export function isSnapshotDue(
  { intervalBlocks, periodMs }: SnapshotSchedule,
  genesisHash: Bytes,
  block: { readonly height: number; readonly timeUnixMs: number },
  timeOf: (height: number) => number | undefined,
): boolean {
  if (intervalBlocks === 0 || block.height % intervalBlocks !== 0) return false;
  if (periodMs === 0 || block.height === intervalBlocks) return true;
  const before = timeOf(block.height - intervalBlocks);
  if (before === undefined) return true;
  const phase = phaseOf(genesisHash, periodMs);
  const periodOf = (timeUnixMs: number): number => Math.floor((timeUnixMs + phase) / periodMs);
  return periodOf(block.timeUnixMs) > periodOf(before);
}

import type { BlockSummary } from '@civitas/proto/civitas/node/v1/ledger';
import type { StoredBlockSummary } from '../ledger/ledger-host.ts';

/** A stored block in one line, as the wire has it. */
export function blockSummaryOf({ height, timeUnixMs, hash, appHash, operationCount, blockBytes }: StoredBlockSummary): BlockSummary {
  return { height: BigInt(height), timeUnixMs: BigInt(timeUnixMs), hash, appHash, operationCount, blockBytes };
}

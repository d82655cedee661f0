import { accept, type Result, refuse } from '@civitas/canon';
import type { WatchBlocksRequest, WatchBlocksResponse } from '@civitas/proto/civitas/node/v1/ledger';
import type { ServerWritableStream } from '@grpc/grpc-js';
import { blockSummaryOf } from './block-summary.ts';
import { drained, paused } from './drained.ts';
import type { LedgerDoor } from './ledger-door.ts';
import { BLOCKS_TOLD_EVERY_MS } from './limits.ts';

type BlocksCall = ServerWritableStream<WatchBlocksRequest, WatchBlocksResponse>;

/**
 * The newest block, now and whenever there is a newer one, at most every BLOCKS_TOLD_EVERY_MS. Nothing is kept for a slow reader: it is
 * told of the newest block that there is when it reads on, and of the number of operations since.
 */
export async function serveBlocks({ ledger }: LedgerDoor, call: BlocksCall, organisation: string): Promise<Result<true>> {
  let told = 0;
  let operations = 0;
  let wake: () => void = () => undefined;
  const stop = ledger.onCommit(({ operationCount }) => {
    operations += operationCount;
    wake();
  });
  call.on('cancelled', () => wake());
  try {
    while (!call.cancelled) {
      if (ledger.members.findOrganisation(organisation) === undefined)
        return refuse('NOT_AUTHORISED', { organisation, expected: 'an enrolled organisation' });
      const { height } = ledger.status();
      const newest = height > told ? ledger.blockSummary(height) : undefined;
      if (newest === undefined) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
        continue;
      }
      const operationCount = BigInt(told === 0 ? newest.operationCount : operations);
      told = height;
      operations = 0;
      if (!call.write({ newest: blockSummaryOf(newest), operationCount })) await drained(call);
      await paused(call, BLOCKS_TOLD_EVERY_MS);
    }
    return accept(true);
  } finally {
    stop();
  }
}

import { EXIT, type ExitCode } from '../exit-codes.ts';
import type { CommandContext } from './context.ts';
import { wholeNumberOf } from './usage.ts';

const BLOCKS_MAX = 200;

/** The newest blocks of a network. */
export async function blocksCommand(context: CommandContext, options: { network: string; limit: string }): Promise<ExitCode> {
  const limit = wholeNumberOf('--limit', options.limit, { min: 1, max: BLOCKS_MAX });
  const parties = await context.parties();
  const ledger = context.as === undefined ? parties.anyLedger(options.network) : parties.ledger(context.as, options.network);
  const blocks = await ledger.blocks(limit);
  const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex').slice(0, 16);
  context.terminal.table(
    ['height', 'time', 'operations', 'bytes', 'hash', 'app hash'],
    blocks.map(({ height, timeUnixMs, operationCount, blockBytes, hash, appHash }) => [
      String(height),
      new Date(Number(timeUnixMs)).toISOString(),
      String(operationCount),
      String(blockBytes),
      hex(hash),
      hex(appHash),
    ]),
  );
  context.terminal.result(blocks);
  return EXIT.ok;
}

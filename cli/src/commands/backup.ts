import type { BackupFacts } from '@civitas/backup';
import { base64urlEncode } from '@civitas/canon';
import { takeBackup } from '../backup/backup-folder.ts';
import { openBackupSource } from '../backup/backup-source.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { Fault } from '../fault.ts';
import { networkOf } from '../profile/load-profile.ts';
import type { Terminal } from '../terminal/terminal.ts';
import type { CommandContext } from './context.ts';
import { usage } from './usage.ts';

/** What a backup holds, for people and for --json. */
export function tellBackup(terminal: Terminal, facts: BackupFacts): void {
  const { chainId, height, recordCount, chunkCount, byteCount, headerCount } = facts;
  const genesisHash = base64urlEncode(facts.genesisHash);
  terminal.line(
    `${chainId} after block ${height}: ${recordCount} records in ${chunkCount} chunks, ${byteCount} bytes, ${headerCount} headers.`,
  );
  terminal.line(`All of this rests on the genesis hash ${genesisHash}. Compare it with a source you trust.`);
  terminal.result({ ok: true, chainId, genesisHash, height, recordCount, chunkCount, byteCount, headerCount });
}

/** Takes a backup of one network's ledger through a node, as the organisation that runs it. */
export async function backupCommand(
  context: CommandContext,
  options: { readonly network: string; readonly to: string; readonly node?: string },
): Promise<ExitCode> {
  if (context.as === undefined) throw usage('--as: name the organisation that runs the node');
  const profile = (await context.parties()).profile(context.as);
  const { genesis } = networkOf(profile, options.network);
  if (genesis === undefined)
    throw new Fault('PROFILE_BROKEN', `${options.network}: the profile has no genesis document; run: civitas login`);
  const address = options.node === undefined ? {} : { address: options.node };
  const source = openBackupSource(profile, options.network, { ...address, signal: context.signal });
  try {
    const facts = await takeBackup({ source, genesis, folder: options.to, onChunk: () => undefined });
    context.terminal.line(`written to ${options.to}`);
    tellBackup(context.terminal, facts);
    return EXIT.ok;
  } finally {
    source.close();
  }
}

import { restoreVolume } from '../backup/restore-volume.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { createTerminal } from '../terminal/terminal.ts';
import { tellBackup } from './backup.ts';

/** Prepares a node's volume from a backup folder; needs no network. */
export async function restoreCommand(options: { json?: boolean; to: string }, folder: string): Promise<ExitCode> {
  const terminal = createTerminal({ stdout: process.stdout, stderr: process.stderr }, { json: options.json ?? false });
  const restored = await restoreVolume(folder, options.to);
  if (!restored.ok) {
    const { code, facts } = restored.refusal;
    terminal.note(`nothing was restored: ${code} ${JSON.stringify(facts)}`);
    terminal.result({ ok: false, code, facts });
    return code === 'VOLUME_IN_USE' || code === 'BACKUP_NEEDS_PEERS' ? EXIT.refused : EXIT.unverified;
  }
  terminal.line(`${options.to} is prepared; the node restores it at its next start and goes on after block ${restored.value.height}.`);
  tellBackup(terminal, restored.value);
  return EXIT.ok;
}

import { cpSync, existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { BackupFacts } from '@civitas/backup';
import { type Result, refuse } from '@civitas/canon';
import { BACKUP_FILES } from '@civitas/deployment';
import { verifyBackupFolder } from './backup-folder.ts';

/** What of a node's volume holds a chain. */
const CHAIN_FILES = [['ledger'], ['engine', 'data', 'blockstore.db'], [BACKUP_FILES.restore]] as const;

/**
 * Puts a verified backup on a node's volume; the node makes its store of it at its next start, and verifies it again.
 *
 * @returns VOLUME_IN_USE when the volume holds a chain, BACKUP_NEEDS_PEERS for a network that several validators run, else the codes of
 * verifyBackupFolder.
 */
export async function restoreVolume(folder: string, volume: string): Promise<Result<BackupFacts>> {
  const found = CHAIN_FILES.map((names) => join(...names)).find((name) => existsSync(join(volume, name)));
  if (found !== undefined) return refuse('VOLUME_IN_USE', { volume, found });
  const verified = await verifyBackupFolder(folder);
  if (!verified.ok) return verified;
  if (!existsSync(join(folder, BACKUP_FILES.nextBlock))) return refuse('BACKUP_NEEDS_PEERS', { chainId: verified.value.chainId });
  const target = join(volume, BACKUP_FILES.restore);
  const partial = `${target}.partial`;
  rmSync(partial, { recursive: true, force: true });
  mkdirSync(volume, { recursive: true, mode: 0o700 });
  cpSync(folder, partial, { recursive: true });
  const copied = await verifyBackupFolder(partial);
  if (!copied.ok) return copied;
  renameSync(partial, target);
  return verified;
}

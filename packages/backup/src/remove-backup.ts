import { BACKUP_FILES } from '@civitas/deployment';
import type { BackupTarget } from './backup-target.ts';
import { BROKEN_OFF_MS } from './limits.ts';

/** Removes everything in a backup's folder, its first page first: from then on it is no backup. @throws BackupFault */
export async function removeBackup(target: BackupTarget): Promise<void> {
  await target.remove(BACKUP_FILES.about);
  for (const name of await target.list('')) await target.remove(name);
  await target.sweep('', BROKEN_OFF_MS);
}

import { accept, type Bytes, type Result } from '@civitas/canon';
import { BACKUP_FILES } from '@civitas/deployment';
import type { BackupFacts } from './backup-facts.ts';
import type { BackupTarget } from './backup-target.ts';
import { verifyBackup } from './verify-backup.ts';

/**
 * Copies a whole backup to another place and verifies the copy, its first page last.
 *
 * @returns the facts of the copy, or what of it does not verify. @throws BackupFault
 */
export async function copyBackup(from: BackupTarget, to: BackupTarget): Promise<Result<BackupFacts>> {
  const verified = await verifyBackup(from);
  if (!verified.ok) return verified;
  const copy = async (name: string): Promise<void> => {
    const bytes: Bytes | undefined = await from.read(name);
    if (bytes !== undefined) await to.write(name, bytes);
  };
  for (const name of await to.list('')) await to.remove(name);
  for (const name of await from.list('')) if (name !== BACKUP_FILES.about) await copy(name);
  await copy(BACKUP_FILES.about);
  const copied = await verifyBackup(to);
  return copied.ok ? accept(copied.value) : copied;
}

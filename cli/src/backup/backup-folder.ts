import { existsSync, statSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import {
  type BackupFacts,
  BackupFault,
  BackupRefused,
  type BackupSource,
  copySnapshot,
  FolderTarget,
  proveSnapshot,
  verifyBackup,
} from '@civitas/backup';
import type { JsonObject, Result } from '@civitas/canon';
import { syncFolder } from '@civitas/durable-file';
import { Fault, Refused } from '../fault.ts';

export interface TakeBackup {
  readonly source: BackupSource;
  readonly genesis: JsonObject;
  readonly folder: string;
  readonly onChunk: (done: number, count: number) => void;
}

/** What the room of backups throws, in this program's words. */
async function inOurWords<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof BackupRefused) throw new Refused(error.part, error.refusal);
    if (error instanceof BackupFault) throw new Fault(error.code, error.message, { facts: error.facts, cause: error });
    throw error;
  }
}

/**
 * Writes a backup: a fresh snapshot, the headers that lead to it from the genesis, the genesis. Each part is verified as it comes, and
 * the folder has its name only when all of it is there.
 *
 * @throws Fault BACKUP_EXISTS and the codes of the target; Refused with the code of what does not verify.
 */
export function takeBackup({ source, genesis, folder, onChunk }: TakeBackup): Promise<BackupFacts> {
  return inOurWords(async () => {
    if (existsSync(folder)) throw new Fault('BACKUP_EXISTS', `${folder} is there already; a backup is written to a new folder`);
    const partial = `${folder}.partial`;
    await rm(partial, { recursive: true, force: true });
    const target = new FolderTarget(partial);
    const proven = await proveSnapshot(source, genesis, await source.takeSnapshot());
    await copySnapshot({ source, proven, target, onChunk });
    const verified = await verifyBackup(target);
    if (!verified.ok) throw new BackupRefused('backup', verified.refusal);
    await syncFolder(partial);
    await rename(partial, folder);
    await syncFolder(dirname(folder));
    return verified.value;
  });
}

/** True when a path is a backup folder, or says it is one. */
export function isBackupFolder(path: string): boolean {
  return existsSync(path) && statSync(path).isDirectory();
}

/**
 * Verifies a backup folder offline: the chain of trust from its genesis, every chunk, every record.
 *
 * @returns the code and the `file` that does not verify. @throws Fault with a code of the target.
 */
export function verifyBackupFolder(folder: string): Promise<Result<BackupFacts>> {
  return inOurWords(() => verifyBackup(new FolderTarget(folder)));
}

import { existsSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { BackupRefused, type BackupTarget, copyBackup, FolderTarget, targetBelow } from '@civitas/backup';
import { base64urlEncode, refuse } from '@civitas/canon';
import { BACKUP_FILES, type BackupIdentity } from '@civitas/deployment';
import { syncFolder } from '../store/sync-folder.ts';

/** What of a node's volume holds a chain. */
const CHAIN_FILES = [['ledger'], ['engine', 'data', 'blockstore.db'], [BACKUP_FILES.restore]] as const;

/**
 * Puts a backup on a node's volume for its first start, whole or not at all; on a volume that holds a chain nothing happens.
 *
 * @returns whether it was put there. @throws BackupRefused BACKUP_ANOTHER when the folder holds another backup than expected; BackupFault.
 */
export async function fetchToVolume(
  target: BackupTarget,
  { folder, expected }: { readonly folder: string; readonly expected: BackupIdentity },
  dataFolder: string,
): Promise<boolean> {
  if (CHAIN_FILES.some((names) => existsSync(join(dataFolder, ...names)))) return false;
  const place = join(dataFolder, BACKUP_FILES.restore);
  const partial = `${place}.partial`;
  await rm(partial, { recursive: true, force: true });
  const copied = await copyBackup(targetBelow(target, folder), new FolderTarget(partial));
  if (!copied.ok) throw new BackupRefused(folder, copied.refusal);
  const { chainId, genesisHash, height, appHash } = copied.value;
  const found = { chainId, genesisHash: base64urlEncode(genesisHash), height, appHash: base64urlEncode(appHash) };
  const isSame =
    chainId === expected.chainId &&
    height === expected.height &&
    found.genesisHash === expected.genesisHash &&
    found.appHash === expected.appHash;
  if (!isSame) throw new BackupRefused(folder, refuse('BACKUP_ANOTHER', { ...found }).refusal);
  await rename(partial, place);
  syncFolder(dataFolder);
  return true;
}

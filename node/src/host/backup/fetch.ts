import { existsSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { BackupRefused, type BackupTarget, copyBackup, FolderTarget, targetBelow } from '@civitas/backup';
import { base64urlEncode, refuse } from '@civitas/canon';
import { BACKUP_FILES, type BackupIdentity, type BackupTask } from '@civitas/deployment';
import { isRebuilt, recordRebuilt } from '../serve/rebuild.ts';
import { syncFolder } from '../store/sync-folder.ts';

/** What of a node's volume holds a chain. */
const CHAIN_FILES = [['ledger'], ['engine', 'data', 'blockstore.db'], [BACKUP_FILES.restore]] as const;

type Task<Type extends BackupTask['type']> = Omit<Extract<BackupTask, { type: Type }>, 'type'>;

/**
 * Puts a backup on a node's volume for its first start, whole or not at all; on a volume that holds a chain nothing happens, unless the node
 * has been told to drop that chain and has not yet.
 *
 * @returns whether it was put there. @throws BackupRefused BACKUP_ANOTHER when the folder holds another backup than expected; BackupFault.
 */
export async function fetchToVolume(
  target: BackupTarget,
  { folder, expected, rebuild }: Task<'fetch'>,
  dataFolder: string,
): Promise<boolean> {
  const isDropped = rebuild !== undefined && !isRebuilt(dataFolder, rebuild);
  if (!isDropped && CHAIN_FILES.some((names) => existsSync(join(dataFolder, ...names)))) return false;
  await putWhole(target, { folder, expected }, { dataFolder, name: BACKUP_FILES.restore });
  return true;
}

/**
 * Puts a backup of its own chain on the volume of a node that is to drop its ledger for it, once for each word. The word is recorded last: a
 * crash before puts it there again, and the node drops its ledger only for what lies there whole.
 *
 * @returns whether it was put there now. @throws as fetchToVolume.
 */
export async function replaceOnVolume(
  target: BackupTarget,
  { folder, expected, rebuild }: Task<'replace'>,
  dataFolder: string,
): Promise<boolean> {
  if (isRebuilt(dataFolder, rebuild)) return false;
  await putWhole(target, { folder, expected }, { dataFolder, name: BACKUP_FILES.rebuild });
  recordRebuilt(dataFolder, rebuild);
  return true;
}

async function putWhole(
  target: BackupTarget,
  { folder, expected }: { readonly folder: string; readonly expected: BackupIdentity },
  { dataFolder, name }: { readonly dataFolder: string; readonly name: string },
): Promise<void> {
  const place = join(dataFolder, name);
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
  await rm(place, { recursive: true, force: true });
  await rename(partial, place);
  syncFolder(dataFolder);
}

import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { BACKUP_FILES, type NodeConfig } from '@civitas/deployment';
import { writeFileAtomically } from '../keys/write-file-atomically.ts';
import { beginJoin } from '../snapshot/join-marker.ts';

const REBUILT = 'rebuilt';

/** Whether the ledger on a volume was dropped, or told to be, for this word already. */
export function isRebuilt(dataFolder: string, rebuild: string): boolean {
  const path = join(dataFolder, REBUILT);
  return existsSync(path) && readFileSync(path, 'utf8') === rebuild;
}

/** From here on the word is done: nothing is dropped for it again. */
export function recordRebuilt(dataFolder: string, rebuild: string): void {
  writeFileAtomically(join(dataFolder, REBUILT), new TextEncoder().encode(rebuild));
}

/**
 * Marks the ledger for being dropped and taken from the peers, once for each word that the configuration names: keys, vaults and what
 * the validator has signed stay. A crash between the two writes marks it again, before anything has been opened.
 *
 * @returns whether it was marked now.
 */
export function beginRebuild(dataFolder: string, { rebuild }: Pick<NodeConfig, 'rebuild'>): boolean {
  if (rebuild === undefined) return false;
  if (isRebuilt(dataFolder, rebuild)) return false;
  beginJoin(dataFolder);
  // What an earlier word brought is of no use to this one.
  rmSync(join(dataFolder, BACKUP_FILES.rebuild), { recursive: true, force: true });
  recordRebuilt(dataFolder, rebuild);
  return true;
}

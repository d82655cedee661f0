import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { NodeConfig } from '@civitas/deployment';
import { writeFileAtomically } from '../keys/write-file-atomically.ts';
import { beginJoin } from '../snapshot/join-marker.ts';

/**
 * Marks the ledger for being dropped and taken from the peers, once for each word that the configuration names: keys, vaults and what
 * the validator has signed stay. A crash between the two writes marks it again, before anything has been opened.
 *
 * @returns whether it was marked now.
 */
export function beginRebuild(dataFolder: string, { rebuild }: Pick<NodeConfig, 'rebuild'>): boolean {
  if (rebuild === undefined) return false;
  const path = join(dataFolder, 'rebuilt');
  if (existsSync(path) && readFileSync(path, 'utf8') === rebuild) return false;
  beginJoin(dataFolder);
  writeFileAtomically(path, new TextEncoder().encode(rebuild));
  return true;
}

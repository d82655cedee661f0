import { closeSync, existsSync, fsyncSync, openSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { open, type RootDatabase } from 'lmdb';
import { syncFolder } from '../store/sync-folder.ts';
import { UNBORN_INDEX_BYTES_MAX, VAULT_MAP_BYTES } from './limits.ts';

/**
 * Opens a vault's index, whose writes are on the disk when they resolve: no overlapping sync, whose flush comes after.
 *
 * A new one has its two meta pages on the disk before anything follows them; what a crash left of one before that is made anew.
 */
export function openIndex(folder: string): RootDatabase<unknown, string[]> {
  const path = join(folder, 'data.mdb');
  const isBorn = existsSync(path) && statSync(path).size > UNBORN_INDEX_BYTES_MAX;
  if (!isBorn) rmSync(path, { force: true });
  const index = open<unknown, string[]>({ path, mapSize: VAULT_MAP_BYTES, encoding: 'msgpack', overlappingSync: false });
  if (isBorn) return index;
  const descriptor = openSync(path, 'r+');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
  syncFolder(folder);
  return index;
}

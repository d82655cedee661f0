import { closeSync, existsSync, fsyncSync, openSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { open, type RootDatabase } from 'lmdb';
import { syncFolder } from '../store/sync-folder.ts';
import { UNBORN_INDEX_BYTES_MAX, VAULT_MAP_BYTES } from './limits.ts';

/**
 * Opens the index in a folder that stands, whose writes are on the disk when they resolve: no overlapping sync, whose flush comes after.
 *
 * A new one has its two meta pages on the disk before anything follows them; what a crash left of one before that is made anew. LMDB ends
 * the process on such a file.
 *
 * @param mapBytes Address space, default a vault's; the file grows only as it is used.
 */
export function openIndex(folder: string, mapBytes: number = VAULT_MAP_BYTES): RootDatabase<unknown, string[]> {
  const path = join(folder, 'data.mdb');
  const isBorn = existsSync(path) && statSync(path).size > UNBORN_INDEX_BYTES_MAX;
  if (!isBorn) rmSync(path, { force: true });
  const index = open<unknown, string[]>({ path, mapSize: mapBytes, encoding: 'msgpack', overlappingSync: false });
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

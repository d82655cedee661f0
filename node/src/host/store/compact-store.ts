import { chmodSync, closeSync, fsyncSync, openSync, renameSync, rmSync, statSync } from 'node:fs';
import { open } from 'lmdb';
import { StoreFault } from '../../core/ledger/refusal.ts';
import { COMPACT_ROOM_FACTOR, MAP_BYTES } from './limits.ts';
import { storeFile } from './store-file.ts';
import { syncFolder } from './sync-folder.ts';

/**
 * Writes a closed store anew without its free pages. One that was filled in large steps has a long list of them, which LMDB reads and writes whole at
 * every commit: measured 44 instead of 6 ms of CPU a block at a million records. Without room for a second copy the store stays as it is.
 *
 * @param freeBytesOf what is left on a folder's volume, bytes.
 * @returns whether it was written anew.
 * @throws StoreFault when it cannot be read or written; the store is then as it was.
 */
export async function compactStore(folder: string, freeBytesOf: (folder: string) => number): Promise<boolean> {
  const path = storeFile(folder);
  const anew = `${path}.anew`;
  try {
    rmSync(anew, { force: true });
    if (freeBytesOf(folder) < statSync(path).size * COMPACT_ROOM_FACTOR) return false;
    const store = open({ path, mapSize: MAP_BYTES, maxDbs: 16, readOnly: true, keyEncoding: 'binary', encoding: 'binary' });
    try {
      await store.backup(anew, true);
    } finally {
      await store.close();
    }
    makeDurable(anew);
    renameSync(anew, path);
    syncFolder(folder);
    return true;
  } catch (cause) {
    rmSync(anew, { force: true });
    throw new StoreFault(`writing the store anew: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}

/** LMDB's copy is readable to all and may be in memory alone. */
function makeDurable(path: string): void {
  chmodSync(path, 0o600);
  const descriptor = openSync(path, 'r+');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

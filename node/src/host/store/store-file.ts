import { closeSync, existsSync, mkdirSync, openSync, rmSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { UNBORN_BYTES_MAX } from './limits.ts';
import { syncFolder } from './sync-folder.ts';

/** The file that a store folder consists of. */
export function storeFile(folder: string): string {
  return join(folder, 'ledger.mdb');
}

/** The store's file, as a durable name; what a crash left of one that was being made is made anew. */
export function prepareFile(folder: string): string {
  const path = storeFile(folder);
  if (existsSync(path) && statSync(path).size > UNBORN_BYTES_MAX) return path;
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  rmSync(path, { force: true });
  closeSync(openSync(path, 'wx', 0o600));
  syncFolder(folder);
  syncFolder(dirname(folder));
  return path;
}

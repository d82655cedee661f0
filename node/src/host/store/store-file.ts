import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, rmSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { UNBORN_BYTES_MAX } from './limits.ts';

function syncFolder(folder: string): void {
  const descriptor = openSync(folder, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** The store's file, as a durable name; what a crash left of one that was being made is made anew. */
export function prepareFile(folder: string): string {
  const path = join(folder, 'ledger.mdb');
  if (existsSync(path) && statSync(path).size > UNBORN_BYTES_MAX) return path;
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  rmSync(path, { force: true });
  closeSync(openSync(path, 'wx', 0o600));
  // Syncing a file does not sync its name.
  syncFolder(folder);
  syncFolder(dirname(folder));
  return path;
}

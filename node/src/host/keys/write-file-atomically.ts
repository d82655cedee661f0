import { closeSync, fsyncSync, openSync, renameSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { syncFolder } from '../store/sync-folder.ts';

const OWNER_ONLY = 0o600;

/** Writes a file that only its owner reads; it is there whole and durable, or not at all. */
export function writeFileAtomically(path: string, content: Uint8Array): void {
  const partial = `${path}.partial`;
  const descriptor = openSync(partial, 'w', OWNER_ONLY);
  try {
    // A write at the edge of a full disk comes back short without an error.
    for (let written = 0; written < content.length; ) written += writeSync(descriptor, content, written);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
  renameSync(partial, path);
  syncFolder(dirname(path));
}

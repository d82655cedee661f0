import { lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

const BLOCK_BYTES = 512;

/** Bytes that the files below a folder take on the disk; holes of sparse files do not count. Files that go meanwhile count as nothing. */
export function diskBytesOf(path: string): number {
  try {
    const facts = lstatSync(path);
    if (!facts.isDirectory()) return facts.blocks * BLOCK_BYTES;
    return readdirSync(path).reduce((sum, name) => sum + diskBytesOf(join(path, name)), 0);
  } catch {
    return 0;
  }
}

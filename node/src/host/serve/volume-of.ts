import { statfsSync } from 'node:fs';
import type { AdminServiceStatusResponse } from '@civitas/proto/civitas/node/v1/admin';

/** Size of the file system that a folder is on, and what is left of it for this process. */
export function volumeOf(folder: string): Pick<AdminServiceStatusResponse, 'volumeBytes' | 'volumeFreeBytes'> {
  const { blocks, bavail, bsize } = statfsSync(folder, { bigint: true });
  return { volumeBytes: blocks * bsize, volumeFreeBytes: bavail * bsize };
}

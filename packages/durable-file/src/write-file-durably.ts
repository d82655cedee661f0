import { open, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { syncFolder } from './sync-folder.ts';

/**
 * Replaces a file by a whole new one, readable by its owner only: after a crash at any point there is the old or the new content, never
 * a part of it. One writer at a time: the new content lies in `<path>.new` until it is whole.
 */
export async function writeFileDurably(path: string, content: string | Uint8Array): Promise<void> {
  const fresh = `${path}.new`;
  const handle = await open(fresh, 'w', 0o600);
  try {
    await handle.chmod(0o600);
    await handle.writeFile(content);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(fresh, path);
  await syncFolder(dirname(path));
}

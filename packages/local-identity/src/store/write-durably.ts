import { open, rename } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Makes a folder's names durable: a rename or a new file in it survives a power cut only after this. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/**
 * Replaces a file by a whole new one, readable by its owner only: after a crash at any point there is the old or the new content, never
 * a part of it.
 */
export async function writeDurably(path: string, content: string): Promise<void> {
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

import { open } from 'node:fs/promises';

/** Makes a folder's names durable: a rename or a new file in it survives a power cut only after this. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

import { createHash, randomBytes } from 'node:crypto';
import { closeSync, existsSync, fstatSync, fsyncSync, openSync, readSync, unlinkSync, writeSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type Bytes, concatBytes } from '@civitas/canon';
import { syncFolder } from '../store/sync-folder.ts';
import { ERASE_CHUNK_BYTES, WRAPPED_KEY_BYTES } from './limits.ts';
import { makeFolder } from './make-folder.ts';

/** Where one box lies in its subject's file. */
export interface Extent {
  /** Bytes from the start. */
  readonly offset: number;
  readonly byteCount: number;
}

/**
 * All that is sealed for one subject, in a file of its own: the wrapped data key, then box after box. So what is erased can be
 * overwritten where it stands; a database that copies pages on write would leave old copies behind.
 *
 * @returns `<folder>/subjects/<2>/<62>`, hex digits of the SHA-256 of the subject id.
 */
export function subjectFilePath(folder: string, subject: string): string {
  const name = createHash('sha256').update(subject).digest('hex');
  return join(folder, 'subjects', name.slice(0, 2), name.slice(2));
}

function readExtent(descriptor: number, { offset, byteCount }: Extent): Bytes {
  const bytes = new Uint8Array(byteCount);
  let done = 0;
  while (done < byteCount) {
    const count = readSync(descriptor, bytes, done, byteCount - done, offset + done);
    if (count === 0) throw new Error(`a vault file ends at byte ${offset + done}, expected ${offset + byteCount}`);
    done += count;
  }
  return bytes;
}

function withFile<T>(path: string, mode: 'r' | 'r+', work: (descriptor: number) => T): T {
  const descriptor = openSync(path, mode);
  try {
    return work(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** The subject's wrapped data key. @throws when the file is gone or cut short: a damaged volume. */
export function readWrappedKey(path: string): Bytes {
  return readBox(path, { offset: 0, byteCount: WRAPPED_KEY_BYTES });
}

/** @throws when the file is gone or shorter than the extent: a damaged volume. */
export function readBox(path: string, extent: Extent): Bytes {
  return withFile(path, 'r', (descriptor) => readExtent(descriptor, extent));
}

/**
 * Appends boxes; durable when it resolves. What a crash leaves behind half written is in no index, and the next append follows it.
 *
 * @param wrappedKey Begins the file; undefined where it has one.
 */
export async function appendBoxes(path: string, wrappedKey: Bytes | undefined, boxes: readonly Bytes[]): Promise<readonly Extent[]> {
  if (wrappedKey !== undefined) makeFolder(dirname(path));
  const file = await open(path, wrappedKey === undefined ? 'a' : 'w', 0o600);
  try {
    let offset = wrappedKey === undefined ? (await file.stat()).size : wrappedKey.length;
    const extents = boxes.map(({ length: byteCount }) => {
      const extent = { offset, byteCount };
      offset += byteCount;
      return extent;
    });
    await file.appendFile(concatBytes(...(wrappedKey === undefined ? [] : [wrappedKey]), ...boxes));
    await file.datasync();
    if (wrappedKey !== undefined) syncFolder(dirname(path));
    return extents;
  } finally {
    await file.close();
  }
}

/** Overwrites the whole file with random bytes, makes that durable, then removes it. Nothing where there is none. */
export function destroySubjectFile(path: string): void {
  if (!existsSync(path)) return;
  withFile(path, 'r+', (descriptor) => {
    const { size } = fstatSync(descriptor);
    for (let at = 0; at < size; at += ERASE_CHUNK_BYTES) {
      const noise = randomBytes(Math.min(ERASE_CHUNK_BYTES, size - at));
      for (let done = 0; done < noise.length; ) done += writeSync(descriptor, noise, done, noise.length - done, at + done);
    }
    fsyncSync(descriptor);
  });
  unlinkSync(path);
  syncFolder(dirname(path));
}

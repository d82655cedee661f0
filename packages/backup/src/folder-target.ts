import { mkdir, open, readdir, readFile, rename, rm, rmdir, stat } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { syncFolder } from '@civitas/durable-file';
import { BackupFault } from './backup-fault.ts';
import { assertTargetName, type BackupTarget } from './backup-target.ts';

const PARTIAL = '.partial';

function faultOf(message: string, cause: unknown): BackupFault {
  const options = { facts: { errno: errnoOf(cause) }, cause };
  switch (errnoOf(cause)) {
    case 'ENOSPC':
    case 'EDQUOT':
      return new BackupFault('TARGET_FULL', message, options);
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return new BackupFault('TARGET_DENIED', message, options);
    default:
      return new BackupFault('TARGET_FAILED', message, options);
  }
}

function errnoOf(error: unknown): string {
  return typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string' ? error.code : '';
}

/** Makes a folder and those above it below `root`, and lets none of them be forgotten by a crash. */
async function makeFolder(root: string, path: string): Promise<void> {
  const first = await mkdir(path, { recursive: true, mode: 0o700 });
  if (first === undefined) return;
  for (let at = path; at.length >= dirname(first).length && at !== dirname(root); at = dirname(at)) await syncFolder(dirname(at));
}

async function writeDurably(root: string, path: string, bytes: Uint8Array): Promise<void> {
  await makeFolder(root, dirname(path));
  const partial = path + PARTIAL;
  const file = await open(partial, 'w', 0o600);
  try {
    await file.writeFile(bytes);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(partial, path);
  await syncFolder(dirname(path));
}

async function partialsBelow(folder: string): Promise<readonly string[]> {
  try {
    const entries = await readdir(folder, { recursive: true, withFileTypes: true });
    return entries.filter((entry) => entry.isFile() && entry.name.endsWith(PARTIAL)).map((entry) => join(entry.parentPath, entry.name));
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return [];
    throw error;
  }
}

/** A folder, on whatever is mounted there. */
export class FolderTarget implements BackupTarget {
  readonly description: string;
  readonly #root: string;
  readonly #nowUnixMs: () => number;

  /** @param nowUnixMs The clock that files of this place are dated by. */
  constructor(root: string, nowUnixMs: () => number = Date.now) {
    this.#root = root;
    this.#nowUnixMs = nowUnixMs;
    this.description = root;
  }

  #pathOf(name: string): string {
    assertTargetName(name);
    return join(this.#root, name);
  }

  async #attempt<T>(name: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (cause) {
      if (cause instanceof RangeError) throw cause;
      throw faultOf(`${this.description}: ${name}: ${String(cause)}`, cause);
    }
  }

  read(name: string): Promise<Uint8Array<ArrayBuffer> | undefined> {
    const path = this.#pathOf(name);
    return this.#attempt(name, async () => {
      try {
        return new Uint8Array(await readFile(path));
      } catch (error) {
        if (errnoOf(error) === 'ENOENT' || errnoOf(error) === 'ENOTDIR') return undefined;
        throw error;
      }
    });
  }

  write(name: string, bytes: Uint8Array): Promise<void> {
    const path = this.#pathOf(name);
    return this.#attempt(name, () => writeDurably(this.#root, path, bytes));
  }

  list(folder: string): Promise<readonly string[]> {
    const path = folder === '' ? this.#root : this.#pathOf(folder);
    return this.#attempt(folder, async () => {
      try {
        const entries = await readdir(path, { recursive: true, withFileTypes: true });
        const files = entries.filter((entry) => entry.isFile() && !entry.name.endsWith(PARTIAL));
        return files.map((entry) => relative(this.#root, join(entry.parentPath, entry.name))).sort();
      } catch (error) {
        if (errnoOf(error) === 'ENOENT') return [];
        throw error;
      }
    });
  }

  remove(name: string): Promise<void> {
    const path = this.#pathOf(name);
    return this.#attempt(name, async () => {
      await rm(path, { force: true });
      await rm(path + PARTIAL, { force: true });
      await this.#removeEmpty(dirname(path));
    });
  }

  sweep(folder: string, olderThanMs: number): Promise<void> {
    const path = folder === '' ? this.#root : this.#pathOf(folder);
    return this.#attempt(folder, async () => {
      for (const name of await partialsBelow(path)) {
        const changedMs = await stat(name).then(
          ({ mtimeMs }) => mtimeMs,
          () => Number.POSITIVE_INFINITY,
        );
        if (this.#nowUnixMs() - changedMs <= olderThanMs) continue;
        await rm(name, { force: true });
        await this.#removeEmpty(dirname(name));
      }
    });
  }

  /** Folders that hold nothing any more go with their last file, up to the root. */
  async #removeEmpty(folder: string): Promise<void> {
    for (let at = folder; at.length > this.#root.length; at = dirname(at)) {
      try {
        await rmdir(at);
      } catch (error) {
        if (['ENOTEMPTY', 'EEXIST', 'ENOENT'].includes(errnoOf(error))) return;
        throw error;
      }
    }
  }
}

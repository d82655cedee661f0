import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Bytes } from '@civitas/canon';
import { BACKUP_FILES } from '@civitas/deployment';
import { StoreFault } from '../../core/ledger/refusal.ts';
import { syncFolder } from '../store/sync-folder.ts';

const MANIFEST = 'manifest.json';
const PARTIAL = '.partial';
const HEIGHT_DIGITS = 12;

async function writeDurably(path: string, content: Uint8Array): Promise<void> {
  const file = await open(path, 'wx', 0o600);
  try {
    await file.writeFile(content);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** A snapshot being written: there whole after `finish`, or not at all. */
export interface SnapshotWriter {
  /** Folder for what the writing itself needs; gone with it. */
  readonly scratch: string;
  writeChunk(index: number, bytes: Bytes): Promise<void>;
  finish(manifest: Bytes): Promise<void>;
  abandon(): void;
}

/** Snapshots on disk: `<height>/manifest.json` and one file a chunk; the oldest go when newer ones are there. */
export class SnapshotFolder {
  readonly #folder: string;
  readonly #keptMax: number;

  /** Drops what a process that died left unfinished. */
  constructor(folder: string, keptMax: number) {
    this.#folder = folder;
    this.#keptMax = keptMax;
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    for (const name of readdirSync(folder)) if (name.endsWith(PARTIAL)) rmSync(join(folder, name), { recursive: true, force: true });
  }

  /** Newest first. */
  heights(): number[] {
    const heights: number[] = [];
    for (const name of readdirSync(this.#folder)) if (/^\d{12}$/.test(name)) heights.push(Number(name));
    return heights.sort((left, right) => right - left);
  }

  #path(height: number): string {
    return join(this.#folder, String(height).padStart(HEIGHT_DIGITS, '0'));
  }

  /** Undefined when it is not there (any more). */
  findManifest(height: number): Bytes | undefined {
    const path = join(this.#path(height), MANIFEST);
    return existsSync(path) ? new Uint8Array(readFileSync(path)) : undefined;
  }

  async findChunk(height: number, index: number): Promise<Bytes | undefined> {
    try {
      return new Uint8Array(await readFile(join(this.#path(height), BACKUP_FILES.chunk(index))));
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw new StoreFault(`reading chunk ${index} of snapshot ${height}`, { cause });
    }
  }

  /** @throws StoreFault when that snapshot is there already or the disk fails. */
  begin(height: number): SnapshotWriter {
    const path = this.#path(height);
    const partial = `${path}${PARTIAL}`;
    if (existsSync(path)) throw new StoreFault(`snapshot ${height} is there already`);
    rmSync(partial, { recursive: true, force: true });
    const scratch = join(partial, 'scratch');
    mkdirSync(scratch, { recursive: true, mode: 0o700 });
    return {
      scratch,
      writeChunk: (index, bytes) => writeDurably(join(partial, BACKUP_FILES.chunk(index)), bytes),
      finish: async (manifest) => {
        rmSync(scratch, { recursive: true, force: true });
        await writeDurably(join(partial, MANIFEST), manifest);
        syncFolder(partial);
        renameSync(partial, path);
        syncFolder(this.#folder);
        for (const old of this.heights().slice(this.#keptMax)) rmSync(this.#path(old), { recursive: true, force: true });
      },
      abandon: () => rmSync(partial, { recursive: true, force: true }),
    };
  }
}

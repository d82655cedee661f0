import { execFileSync } from 'node:child_process';
import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const CHUNK = Buffer.alloc(65_536);
/** Smaller writes fill what the chunks leave. */
const LAST_CHUNK = CHUNK.subarray(0, 512);

function mount(folder: string, megabytes: number): void {
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'civitas-capped', folder], { stdio: ['ignore', 'ignore', 'pipe'] });
}

function unmount(folder: string): void {
  // Lazily: a process that is about to end may still hold a file.
  execFileSync('umount', ['-l', folder], { stdio: ['ignore', 'ignore', 'pipe'] });
}

/** Why no file system of a given size can be mounted here; undefined when one can. */
export function whyNoCappedDisk(): string | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'civitas-mount-'));
  try {
    mount(folder, 1);
    unmount(folder);
    return undefined;
  } catch (error) {
    return `a file system of a given size cannot be mounted: ${error instanceof Error ? error.message.split('\n')[0] : String(error)}`;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A file system in memory that a test fills up and frees again. */
export class CappedDisk {
  readonly folder: string;

  constructor(folder: string, megabytes: number) {
    this.folder = folder;
    mkdirSync(folder, { recursive: true });
    mount(folder, megabytes);
  }

  /** Until not one block is left. */
  fill(): void {
    const file = openSync(this.#ballast, 'a');
    try {
      for (const chunk of [CHUNK, LAST_CHUNK]) while (this.#takes(file, chunk));
    } finally {
      closeSync(file);
    }
  }

  free(): void {
    rmSync(this.#ballast, { force: true });
  }

  close(): void {
    unmount(this.folder);
  }

  get #ballast(): string {
    return join(this.folder, 'ballast');
  }

  #takes(file: number, chunk: Buffer): boolean {
    try {
      return writeSync(file, chunk) === chunk.length;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOSPC') return false;
      throw error;
    }
  }
}

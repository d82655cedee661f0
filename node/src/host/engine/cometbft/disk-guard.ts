import { statfsSync } from 'node:fs';
import { EngineFault } from './engine-fault.ts';

/** Bytes that are left for this process where a path is. */
export function freeBytesOf(path: string): number {
  const { bavail, bsize } = statfsSync(path);
  return bavail * bsize;
}

/**
 * Ends the node before its disk is full. CometBFT whose disk is full stops deciding blocks and keeps running: it would stay so when there
 * is space again, and what it was about to write is half there.
 */
export class DiskGuard {
  readonly #free: () => number;
  readonly #freeBytesMin: number;
  #timer: NodeJS.Timeout | undefined;

  constructor(parts: { readonly free: () => number; readonly freeBytesMin: number }) {
    this.#free = parts.free;
    this.#freeBytesMin = parts.freeBytesMin;
  }

  /** @throws EngineFault DISK_FULL */
  assertSpace(): void {
    const freeBytes = this.#free();
    if (freeBytes >= this.#freeBytesMin) return;
    throw new EngineFault('DISK_FULL', `${freeBytes} bytes are left on the volume, ${this.#freeBytesMin} are needed`);
  }

  /** Looks once in a while; tells of a shortage once. */
  watch(parts: { readonly everyMs: number; readonly onShortage: (error: unknown) => void }): void {
    this.#timer = setInterval(() => {
      try {
        this.assertSpace();
      } catch (error) {
        this.close();
        parts.onShortage(error);
      }
    }, parts.everyMs);
    this.#timer.unref();
  }

  close(): void {
    clearInterval(this.#timer);
  }
}

import { StoreFault } from '../../core/ledger/refusal.ts';
import { FREE_BYTES_KEPT } from './limits.ts';

/** The volume has too little space for a snapshot beside the ledger. */
export class NoRoom extends StoreFault {
  readonly freeBytes: number;
  readonly neededBytes: number;

  constructor(freeBytes: number, neededBytes: number) {
    super(`${freeBytes} bytes are left on the volume, ${neededBytes} are needed`);
    this.freeBytes = freeBytes;
    this.neededBytes = neededBytes;
  }
}

/** Keeps the ledger's share of a volume from whatever can be taken again. */
export class DiskRoom {
  readonly #free: () => number;

  /** @param free bytes that are left on the volume. */
  constructor(free: () => number) {
    this.#free = free;
  }

  /** @throws NoRoom when less than so many bytes, and what the ledger needs, are left. */
  assertFor(byteCount: number): void {
    const [freeBytes, neededBytes] = [this.#free(), byteCount + FREE_BYTES_KEPT];
    if (freeBytes < neededBytes) throw new NoRoom(freeBytes, neededBytes);
  }
}

import { StoreFault } from '../../core/ledger/refusal.ts';
import { COPY_UNDO_BYTES_MAX } from './limits.ts';

/** The records of a range of numbers, as they stand now. */
type ReadRecords = (from: number, until: number) => Iterable<readonly [number, Buffer]>;

/**
 * The records of one moment, read beside later blocks without holding the store: LMDB uses no page again that a held view could see, so that
 * its file grows as long, and after that every commit reads and writes a list of all that became free. What a block changes before it
 * was read is kept in memory as it was.
 */
export class RecordCopy {
  readonly #read: ReadRecords;
  /** New records have this number or a later one. */
  readonly #end: number;
  readonly #atOnce: number;
  readonly #onEnd: () => void;
  readonly #undo = new Map<number, Buffer>();
  #undoBytes = 0;
  #next: number;

  /** @param numbers the first one, the one after the last, and how many are read at once. */
  constructor(read: ReadRecords, numbers: { readonly first: number; readonly end: number; readonly atOnce: number }, onEnd: () => void) {
    this.#read = read;
    this.#next = numbers.first;
    this.#end = numbers.end;
    this.#atOnce = numbers.atOnce;
    this.#onEnd = onEnd;
  }

  /** Told before a block changes or deletes a record. @param stored gives it as it stands. */
  changing(number: number, stored: () => Buffer | undefined): void {
    if (number < this.#next || number >= this.#end || this.#undo.has(number)) return;
    const bytes = stored();
    if (bytes === undefined) return;
    this.#undo.set(number, bytes);
    this.#undoBytes += bytes.length;
  }

  /** All of them, in no order; blocks may be written whenever it is not asked. @throws StoreFault when they change too much meanwhile. */
  *records(): Generator<Buffer> {
    while (this.#next < this.#end) yield* this.#take();
  }

  /** In one go: what is written between two of these is either read already, or kept. */
  #take(): Buffer[] {
    if (this.#undoBytes > COPY_UNDO_BYTES_MAX)
      throw new StoreFault(`blocks change records faster than they are read: ${this.#undoBytes} bytes, at most ${COPY_UNDO_BYTES_MAX}`);
    const until = Math.min(this.#end, this.#next + this.#atOnce);
    const taken: Buffer[] = [];
    for (const [number, bytes] of this.#read(this.#next, until)) if (!this.#undo.has(number)) taken.push(bytes);
    for (let number = this.#next; number < until && this.#undo.size > 0; number++) {
      const bytes = this.#undo.get(number);
      if (bytes === undefined) continue;
      taken.push(bytes);
      this.#undo.delete(number);
      this.#undoBytes -= bytes.length;
    }
    this.#next = until;
    return taken;
  }

  /** More than once is once. */
  release(): void {
    this.#next = this.#end;
    this.#undo.clear();
    this.#onEnd();
  }
}

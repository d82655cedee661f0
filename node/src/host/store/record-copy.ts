import { StoreFault } from '../../core/ledger/refusal.ts';
import { COPY_UNDO_BYTES_MAX } from './limits.ts';

/** Records by number, as they stand now. */
interface NumberedRecords {
  /** Lent until the next is read. */
  read(number: number): Buffer | undefined;
  /** The first number from one on that has a record; undefined where none has. */
  from(number: number): number | undefined;
}

/**
 * The records of one moment, read beside later blocks without holding the store: LMDB uses no page again that a held view could see, so that
 * its file grows as long, and after that every commit reads and writes a list of all that became free. What a block changes before it
 * was read is kept in memory as it was.
 */
export class RecordCopy {
  readonly #stored: NumberedRecords;
  /** New records have this number or a later one. */
  readonly #end: number;
  readonly #onEnd: () => void;
  readonly #undo = new Map<number, Buffer>();
  #undoBytes = 0;
  #next: number;

  /** @param numbers the first one, and the one after the last. */
  constructor(stored: NumberedRecords, numbers: { readonly first: number; readonly end: number }, onEnd: () => void) {
    this.#stored = stored;
    this.#next = numbers.first;
    this.#end = numbers.end;
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

  /**
   * All of them, in no order, each lent until the next is asked for; blocks may be written between the two.
   *
   * @throws StoreFault when they change too much meanwhile.
   */
  *records(): Generator<{ readonly number: number; readonly bytes: Buffer }> {
    while (this.#next < this.#end) {
      if (this.#undoBytes > COPY_UNDO_BYTES_MAX)
        throw new StoreFault(`blocks change records faster than they are read: ${this.#undoBytes} bytes, at most ${COPY_UNDO_BYTES_MAX}`);
      const number = this.#next;
      const bytes = this.#takeUndone(number) ?? this.#stored.read(number);
      if (bytes === undefined) this.#skipFrom(number);
      else {
        this.#next = number + 1;
        yield { number, bytes };
      }
    }
  }

  #takeUndone(number: number): Buffer | undefined {
    const bytes = this.#undo.get(number);
    if (bytes === undefined) return undefined;
    this.#undo.delete(number);
    this.#undoBytes -= bytes.length;
    return bytes;
  }

  /** Goes on at the next number that has a record, or had one: an old ledger has long runs of numbers whose records are gone. */
  #skipFrom(number: number): void {
    let next = Math.min(this.#end, this.#stored.from(number) ?? this.#end);
    for (const undone of this.#undo.keys()) if (undone > number && undone < next) next = undone;
    this.#next = next;
  }

  /** More than once is once. */
  release(): void {
    this.#next = this.#end;
    this.#undo.clear();
    this.#onEnd();
  }
}

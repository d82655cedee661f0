import type { Bytes } from '@civitas/canon';
import type { Database } from 'lmdb';
import { ID_BYTES, IdTable, type TableSeed } from '../../core/ledger/id-table.ts';
import { INDEX_RUN_OPERATIONS } from './limits.ts';
import { heightKey, placeOf } from './store-keys.ts';

type Db = Database<Buffer, Buffer>;

const RUN_BYTES = 4;
/** Of an operation's hash: two that are alike cannot be found. */
const HASH_BYTES = ID_BYTES;
const INDEX_BYTES = 4;
const PLACE_BYTES = 10;
const LOGGED_BYTES = HASH_BYTES + INDEX_BYTES;
const ENTRY_BYTES = HASH_BYTES + PLACE_BYTES;
/** Entries of one piece of a run, count: they fill a page of the store beside its header. */
const PIECE_ENTRIES = 156;
const RUN_MAX = 2 ** 32 - 1;
/** Places in a block: a place is one number, height and index. */
const INDEXES = 2 ** 16;

/** An operation that a block executed. */
interface PlacedOperation {
  readonly operationHash: Bytes;
  /** Position in the block, below 65,536. */
  readonly index: number;
}

/**
 * Places of operations by their hash.
 *
 * Hashes have no order: in one table each new one would land on a page of its own, and a commit would write all of them. So a block's
 * hashes go into a log as one entry; what the log holds is kept in memory as well. Once there are enough, they are sorted into a run that
 * never changes again, and leave log and memory. To look one up costs a search a run, from the newest backwards.
 */
export class OperationIndex {
  readonly #runs: Db;
  readonly #log: Db;
  readonly #runOperationsMax: number;
  readonly #seed: TableSeed;
  #run: number;
  #recent: IdTable;
  /** What the newest run took over, until its transaction is sure to be visible: when the next one begins. */
  #leaving: IdTable | undefined;
  /** Hashes and places that the log holds, in its order. */
  #logged: { readonly height: number; readonly entries: Buffer }[] = [];
  #count = 0;

  /** @param seed of the table in memory: two odd numbers that nobody else knows. */
  constructor(dbs: { readonly runs: Db; readonly log: Db }, seed: TableSeed, runOperationsMax: number = INDEX_RUN_OPERATIONS) {
    this.#runs = dbs.runs;
    this.#log = dbs.log;
    this.#seed = seed;
    this.#runOperationsMax = runOperationsMax;
    this.#run = this.#nextRun();
    this.#recent = new IdTable(seed);
    for (const { key, value } of dbs.log.getRange({})) this.#remember(placeOf(key).height, value);
  }

  /** Inside a write transaction, once a block. */
  put(height: number, operations: readonly PlacedOperation[]): void {
    this.#leaving = undefined;
    if (this.#count >= this.#runOperationsMax) this.#writeRun();
    if (operations.length === 0) return;
    const entries = Buffer.alloc(operations.length * LOGGED_BYTES);
    for (const [at, { operationHash, index }] of operations.entries()) {
      if (index >= INDEXES) throw new RangeError(`no place in a block: ${index}`);
      entries.set(operationHash.subarray(0, HASH_BYTES), at * LOGGED_BYTES);
      entries.writeUInt32BE(index, at * LOGGED_BYTES + HASH_BYTES);
    }
    void this.#log.put(heightKey(height), entries);
    this.#remember(height, entries);
  }

  find(operationHash: Bytes): { height: number; index: number } | undefined {
    const recent = this.#recent.get(operationHash) ?? this.#leaving?.get(operationHash);
    if (recent !== undefined) return { height: Math.floor(recent / INDEXES), index: recent % INDEXES };
    const hash = Buffer.from(operationHash.subarray(0, HASH_BYTES));
    for (let run = this.#run - 1; run >= 0; run--) {
      const place = this.#findIn(run, hash);
      if (place !== undefined) return place;
    }
    return undefined;
  }

  #findIn(run: number, hash: Buffer): { height: number; index: number } | undefined {
    for (const { key, value } of this.#runs.getRange({ start: runKey(run, hash), reverse: true, limit: 1 })) {
      if (key.readUInt32BE(0) !== run) return undefined;
      let [low, high] = [0, value.length / ENTRY_BYTES];
      while (low < high) {
        const middle = (low + high) >> 1;
        const at = middle * ENTRY_BYTES;
        const order = value.compare(hash, 0, HASH_BYTES, at, at + HASH_BYTES);
        if (order === 0) return placeOf(value.subarray(at + HASH_BYTES, at + ENTRY_BYTES));
        if (order < 0) low = middle + 1;
        else high = middle;
      }
    }
    return undefined;
  }

  #remember(height: number, entries: Buffer): void {
    for (let at = 0; at < entries.length; at += LOGGED_BYTES) {
      this.#recent.set(entries, at, height * INDEXES + entries.readUInt32BE(at + HASH_BYTES));
    }
    this.#logged.push({ height, entries });
    this.#count += entries.length / LOGGED_BYTES;
  }

  #writeRun(): void {
    const joined = Buffer.alloc(this.#count * ENTRY_BYTES);
    let count = 0;
    for (const { height, entries } of this.#logged) {
      const at = heightKey(height);
      for (let from = 0; from < entries.length; from += LOGGED_BYTES) {
        const to = ENTRY_BYTES * count++;
        entries.copy(joined, to, from, from + HASH_BYTES);
        at.copy(joined, to + HASH_BYTES);
        entries.copy(joined, to + ENTRY_BYTES - INDEX_BYTES, from + HASH_BYTES, from + LOGGED_BYTES);
      }
      void this.#log.remove(at);
    }
    const sorted = sortedEntries(joined);
    for (let from = 0; from < sorted.length; from += PIECE_ENTRIES * ENTRY_BYTES) {
      const piece = sorted.subarray(from, from + PIECE_ENTRIES * ENTRY_BYTES);
      void this.#runs.put(runKey(this.#run, piece.subarray(0, HASH_BYTES)), piece);
    }
    this.#run += 1;
    this.#leaving = this.#recent;
    [this.#recent, this.#logged, this.#count] = [new IdTable(this.#seed), [], 0];
  }

  #nextRun(): number {
    for (const key of this.#runs.getKeys({ reverse: true, limit: 1, start: runKey(RUN_MAX, Buffer.alloc(HASH_BYTES, 255)) }))
      return key.readUInt32BE(0) + 1;
    return 0;
  }
}

/** Sorts by the first 32 bits as numbers, which is fast, and what these leave open by comparing. */
function sortedEntries(joined: Buffer): Buffer {
  const count = joined.length / ENTRY_BYTES;
  const order = Float64Array.from({ length: count }, (_, at) => joined.readUInt32BE(at * ENTRY_BYTES) * 2 ** 20 + at).sort();
  const entryAt = (position: number): Buffer => {
    const from = ((order[position] ?? 0) % 2 ** 20) * ENTRY_BYTES;
    return joined.subarray(from, from + ENTRY_BYTES);
  };
  const entries = Array.from({ length: count }, (_, position) => entryAt(position));
  for (let end = 1; end < count; end++) {
    for (let at = end; at > 0; at--) {
      const [left, right] = [entries[at - 1], entries[at]];
      if (left === undefined || right === undefined || left.compare(right, 0, HASH_BYTES, 0, HASH_BYTES) <= 0) break;
      [entries[at - 1], entries[at]] = [right, left];
    }
  }
  return Buffer.concat(entries);
}

function runKey(run: number, hash: Uint8Array): Buffer {
  const key = Buffer.alloc(RUN_BYTES + HASH_BYTES);
  key.writeUInt32BE(run);
  key.set(hash, RUN_BYTES);
  return key;
}

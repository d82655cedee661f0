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
const PIECE_BYTES = PIECE_ENTRIES * ENTRY_BYTES;
/** Entries that are encoded in one step, count. */
const STEP_ENTRIES = 1_024;
const RUN_MAX = 2 ** 32 - 1;
/** Places in a block: a place is one number, height and index. */
const INDEXES = 2 ** 16;
/** More than a run has entries: one beside the other, the first bits of a hash and its place are one number. */
const PLACES = 2 ** 20;

/** Hashes and indexes of a block, one after another. */
interface LoggedBlock {
  readonly height: number;
  readonly entries: Buffer;
}

/** What the index writes of a block. */
export interface EncodedOperations {
  /** The block's entry of the log; empty where it has no operations. */
  readonly entries: Buffer;
  /** Pieces of the run that takes over what the log held before; mostly none. */
  readonly run: readonly Buffer[];
}

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
  #logged: LoggedBlock[] = [];
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

  /** What the next `put` is to write. */
  *encode(operations: readonly PlacedOperation[]): Generator<void, EncodedOperations> {
    const entries = Buffer.alloc(operations.length * LOGGED_BYTES);
    for (const [at, { operationHash, index }] of operations.entries()) {
      if (index >= INDEXES) throw new RangeError(`no place in a block: ${index}`);
      entries.set(operationHash.subarray(0, HASH_BYTES), at * LOGGED_BYTES);
      entries.writeUInt32BE(index, at * LOGGED_BYTES + HASH_BYTES);
      if (at % STEP_ENTRIES === 0) yield;
    }
    return { entries, run: yield* this.#encodeRun() };
  }

  /** None until the log holds enough for one. */
  *#encodeRun(): Generator<void, readonly Buffer[]> {
    if (this.#count < this.#runOperationsMax) return [];
    const sorted = yield* sortedEntries(this.#logged, this.#count);
    const pieces: Buffer[] = [];
    for (let from = 0; from < sorted.length; from += PIECE_BYTES) pieces.push(sorted.subarray(from, from + PIECE_BYTES));
    return pieces;
  }

  /** Inside a write transaction, once a block. */
  put(height: number, { entries, run }: EncodedOperations): void {
    this.#leaving = undefined;
    if (run.length > 0) this.#writeRun(run);
    if (entries.length === 0) return;
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

  #writeRun(pieces: readonly Buffer[]): void {
    for (const { height } of this.#logged) void this.#log.remove(heightKey(height));
    for (const piece of pieces) void this.#runs.put(runKey(this.#run, piece.subarray(0, HASH_BYTES)), piece);
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

/** Entries of a run, in the order of their hashes: by the first 32 bits as numbers, which is fast, and what these leave open by comparing. */
function* sortedEntries(logged: readonly LoggedBlock[], count: number): Generator<void, Buffer> {
  const order = new Float64Array(count);
  const places = new Float64Array(count);
  let next = 0;
  for (const [block, { entries }] of logged.entries()) {
    for (let from = 0; from < entries.length; from += LOGGED_BYTES) {
      order[next] = entries.readUInt32BE(from) * PLACES + next;
      places[next++] = block * INDEXES + from / LOGGED_BYTES;
    }
  }
  yield;
  order.sort();
  const sorted = Buffer.allocUnsafe(count * ENTRY_BYTES);
  let first = -1;
  for (const [position, value] of order.entries()) {
    const place = places[value % PLACES] ?? 0;
    const block = logged[Math.floor(place / INDEXES)];
    if (block !== undefined) writeEntry(block, place % INDEXES, sorted, position * ENTRY_BYTES);
    const isLikeTheOneBefore = first === Math.floor(value / PLACES);
    if (isLikeTheOneBefore) moveForward(sorted, position * ENTRY_BYTES);
    first = Math.floor(value / PLACES);
    if (position % STEP_ENTRIES === 0) yield;
  }
  return sorted;
}

function writeEntry({ height, entries }: LoggedBlock, index: number, to: Buffer, at: number): void {
  const from = index * LOGGED_BYTES;
  entries.copy(to, at, from, from + HASH_BYTES);
  to.writeUIntBE(height, at + HASH_BYTES, PLACE_BYTES - INDEX_BYTES);
  entries.copy(to, at + ENTRY_BYTES - INDEX_BYTES, from + HASH_BYTES, from + LOGGED_BYTES);
}

/** Moves the last entry to its place among those before it, which are in order. */
function moveForward(sorted: Buffer, last: number): void {
  const entry = Buffer.from(sorted.subarray(last, last + ENTRY_BYTES));
  const isAfter = (before: number): boolean => entry.compare(sorted, before, before + HASH_BYTES, 0, HASH_BYTES) < 0;
  let at = last;
  while (at > 0 && isAfter(at - ENTRY_BYTES)) at -= ENTRY_BYTES;
  sorted.copyWithin(at + ENTRY_BYTES, at, last);
  entry.copy(sorted, at);
}

function runKey(run: number, hash: Uint8Array): Buffer {
  const key = Buffer.alloc(RUN_BYTES + HASH_BYTES);
  key.writeUInt32BE(run);
  key.set(hash, RUN_BYTES);
  return key;
}

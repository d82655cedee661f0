import type { Bytes } from '@civitas/canon';
import type { Database } from 'lmdb';
import { StoreFault } from '../../core/ledger/refusal.ts';
import type { LeafChange } from '../../core/state/tree.ts';
import { heightKey, placeOf } from './store-keys.ts';

const HASH_BYTES = 32;
const CHANGE_BYTES = 1 + 2 * HASH_BYTES;

/** What is kept of a block whose pages are not all on the disk. */
interface LoggedBlock {
  readonly height: number;
  readonly changes: readonly LeafChange[];
}

function encodeChanges(changes: readonly LeafChange[]): Buffer {
  const bytes = Buffer.alloc(changes.length * CHANGE_BYTES);
  for (const [n, { keyHash, valueHash }] of changes.entries()) {
    const at = n * CHANGE_BYTES;
    bytes[at] = valueHash === undefined ? 0 : 1;
    bytes.set(keyHash, at + 1);
    if (valueHash !== undefined) bytes.set(valueHash, at + 1 + HASH_BYTES);
  }
  return bytes;
}

/** @throws StoreFault for bytes that no block wrote. */
function decodeChanges(height: number, value: Bytes): LeafChange[] {
  if (value.length % CHANGE_BYTES !== 0) throw new StoreFault(`the log of leaves is damaged at block ${height}: ${value.length} bytes`);
  const bytes = new Uint8Array(value);
  const changes: LeafChange[] = [];
  for (let at = 0; at < bytes.length; at += CHANGE_BYTES) {
    const keyHash = bytes.slice(at + 1, at + 1 + HASH_BYTES);
    changes.push({ keyHash, valueHash: bytes[at] === 0 ? undefined : bytes.slice(at + 1 + HASH_BYTES, at + CHANGE_BYTES) });
  }
  return changes;
}

/** Leaves that blocks changed, for as long as the pages above them may not be on the disk: with these they are made again. */
export class LeafLog {
  readonly #db: Database<Buffer, Buffer>;
  /** In order. */
  #heights: number[];

  constructor(db: Database<Buffer, Buffer>) {
    this.#db = db;
    this.#heights = [...db.getKeys({})].map((key) => placeOf(key).height);
  }

  /** Every block that the log holds, in order. */
  *blocks(): Generator<LoggedBlock> {
    for (const { key, value } of this.#db.getRange({})) {
      const { height } = placeOf(key);
      yield { height, changes: decodeChanges(height, value) };
    }
  }

  /** Inside a write transaction: adds a block that changed leaves, and drops all up to a height. */
  put({ height, changes }: LoggedBlock, savedHeight: number): void {
    const kept = this.#heights.filter((logged) => logged > savedHeight);
    for (const saved of this.#heights.slice(0, this.#heights.length - kept.length)) void this.#db.remove(heightKey(saved));
    this.#heights = kept;
    if (changes.length === 0 || height <= savedHeight) return;
    void this.#db.put(heightKey(height), encodeChanges(changes));
    kept.push(height);
  }
}

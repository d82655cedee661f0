import type { Bytes } from '@civitas/canon';
import type { Database } from 'lmdb';
import { INDEX_PART_OPERATIONS } from './limits.ts';
import { placeOf } from './store-keys.ts';

const PART_BYTES = 4;
/** Of an operation's hash: two that are alike cannot be found. */
const HASH_BYTES = 16;
const PART_MAX = 2 ** 32 - 1;

/**
 * Places of operations by their hash, in parts by age.
 *
 * Hashes have no order: in one index each new one would land on a page of its own, and a commit would write all of them. In a part of bounded
 * size new entries share pages; to look one up costs a search a part, from the newest backwards.
 */
export class OperationIndex {
  readonly #db: Database<Buffer, Buffer>;
  readonly #partOperationsMax: number;
  #part: number;
  #count: number;

  constructor(db: Database<Buffer, Buffer>, partOperationsMax: number = INDEX_PART_OPERATIONS) {
    this.#db = db;
    this.#partOperationsMax = partOperationsMax;
    this.#part = this.#lastPart() ?? 0;
    this.#count = db.getKeysCount({ start: partKey(this.#part) });
  }

  /** Inside a write transaction. */
  put(operationHash: Bytes, place: Buffer): void {
    if (this.#count >= this.#partOperationsMax) [this.#part, this.#count] = [this.#part + 1, 0];
    this.#count += 1;
    void this.#db.put(entryKey(this.#part, operationHash), place);
  }

  find(operationHash: Bytes): { height: number; index: number } | undefined {
    for (let part = this.#part; part >= 0; part--) {
      const place = this.#db.get(entryKey(part, operationHash));
      if (place !== undefined) return placeOf(place);
    }
    return undefined;
  }

  #lastPart(): number | undefined {
    for (const key of this.#db.getKeys({ reverse: true, limit: 1, start: partKey(PART_MAX) })) return key.readUInt32BE(0);
    return undefined;
  }
}

function partKey(part: number): Buffer {
  const key = Buffer.alloc(PART_BYTES);
  key.writeUInt32BE(part);
  return key;
}

function entryKey(part: number, operationHash: Bytes): Buffer {
  const key = Buffer.alloc(PART_BYTES + HASH_BYTES);
  key.writeUInt32BE(part);
  key.set(operationHash.subarray(0, HASH_BYTES), PART_BYTES);
  return key;
}

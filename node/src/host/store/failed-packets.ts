import { type Bytes, concatBytes, encodeCanonical, type JsonObject, utf8Encode } from '@civitas/canon';
import type { Database } from 'lmdb';
import { afterPrefix, placeKey } from './store-keys.ts';

/** What a block says of an own packet that failed in it. */
export interface FailedPacketWrite {
  /** Chain id of the peer it was sent to. */
  readonly peer: string;
  readonly record: JsonObject;
}

const SEPARATOR = '/';

/** Chain ids have no slash, so no peer's prefix begins another's. */
const prefixOf = (peer: string): Bytes => utf8Encode(peer + SEPARATOR);

/**
 * Own packets that failed, by peer and in the order in which they ended: no state, but what this node saw when it executed the blocks, each
 * with the operation whose receipt proves it. The newest of each peer are kept.
 */
export class FailedPackets {
  readonly #db: Database<Buffer, Buffer>;
  readonly #keptMax: number;
  /** Entries by peer; a write that fails stops the process, so it cannot be wrong. */
  readonly #counts = new Map<string, number>();

  /** @param keptMax entries kept of each peer. */
  constructor(db: Database<Buffer, Buffer>, keptMax: number) {
    this.#db = db;
    this.#keptMax = keptMax;
    for (const key of db.getKeys({})) {
      const peer = key.toString('utf8', 0, key.indexOf(SEPARATOR));
      this.#counts.set(peer, (this.#counts.get(peer) ?? 0) + 1);
    }
  }

  /** Inside a write transaction, once a block. */
  put(height: number, packets: readonly FailedPacketWrite[]): void {
    for (const peer of new Set(packets.map((packet) => packet.peer))) {
      const newest = packets.filter((packet) => packet.peer === peer).slice(-this.#keptMax);
      const count = this.#counts.get(peer) ?? 0;
      const goes = Math.max(0, count + newest.length - this.#keptMax);
      for (const key of this.#oldest(peer, goes)) void this.#db.remove(key);
      for (const [at, { record }] of newest.entries()) {
        const key = Buffer.from(concatBytes(prefixOf(peer), placeKey(height, at)));
        void this.#db.put(key, Buffer.from(encodeCanonical(record)));
      }
      this.#counts.set(peer, count - goes + newest.length);
    }
  }

  /** Canonical JSON of the newest towards a peer, newest first. */
  newest(peer: string, limit: number): Bytes[] {
    const prefix = Buffer.from(prefixOf(peer));
    // In reverse LMDB begins at `start` itself: the key after the prefix's, which no entry has.
    const range = { start: afterPrefix(prefix), end: prefix, reverse: true, limit };
    return [...this.#db.getRange(range)].map(({ value }) => value);
  }

  #oldest(peer: string, count: number): Buffer[] {
    if (count === 0) return [];
    const prefix = Buffer.from(prefixOf(peer));
    return [...this.#db.getKeys({ start: prefix, end: afterPrefix(prefix), limit: count })];
  }
}

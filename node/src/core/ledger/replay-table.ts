import {
  type Bytes,
  base64urlDecode,
  base64urlEncode,
  concatBytes,
  hashParts,
  invariant,
  type JsonObject,
  type Sha256,
  utf8Encode,
} from '@civitas/canon';
import { paddedNumber } from '../state/keys.ts';
import type { KeyedRecord, Overlay } from '../state/records.ts';
import { ExpiryQueue } from './expiry-queue.ts';
import { ID_BYTES, IdTable, type TableSeed } from './id-table.ts';

export const REPLAY_PREFIX = 'ledger/replay/';
const ZERO = new Uint8Array(1);

/**
 * Names one intent of one organisation: the same idempotency key is executed once, whatever else the operation says.
 *
 * @returns the first 16 bytes of SHA-256(organisation ‖ 0 ‖ idempotency key).
 */
export function replayIdOf(sha256: Sha256, organisation: string, idempotencyKey: Bytes): Bytes {
  return hashParts(sha256, utf8Encode(organisation), ZERO, idempotencyKey).slice(0, ID_BYTES);
}

interface ReplayBlock {
  readonly height: number;
  readonly lastExpiryUnixMs: number;
  /** One after another. */
  readonly ids: Bytes;
}

function idsOf(record: JsonObject): Bytes {
  const joined = base64urlDecode(typeof record['ids'] === 'string' ? record['ids'] : '');
  invariant(joined !== undefined && joined.length % ID_BYTES === 0, 'replay record is damaged');
  return joined;
}

/**
 * Operations that were executed and have not expired. State: one record a block, `ledger/replay/<height>` {expiresAtUnixMs, ids};
 * this index over them is rebuilt at start. A record is dropped by the first non-empty block after its last expiry.
 */
export class ReplayTable {
  readonly #blocks = new ExpiryQueue<ReplayBlock>();
  readonly #heights: IdTable;
  #current: { id: Bytes; expiresAtUnixMs: number }[] = [];

  /** @param seed of the index; nothing that a ledger decides rests on it. */
  constructor(seed?: TableSeed) {
    this.#heights = new IdTable(seed);
  }

  load(records: readonly KeyedRecord[]): void {
    for (const { key, record } of records) {
      const height = Number(key.slice(REPLAY_PREFIX.length));
      this.#remember({ height, lastExpiryUnixMs: Number(record['expiresAtUnixMs']), ids: idsOf(record) });
    }
  }

  /** Height that executed it, 0 for the block being executed, undefined when nothing did. */
  findHeight(id: Bytes): number | undefined {
    return this.#heights.get(id);
  }

  add(id: Bytes, expiresAtUnixMs: number): void {
    this.#heights.set(id, 0, 0);
    this.#current.push({ id, expiresAtUnixMs });
  }

  /** Writes the block's record and drops what has expired; nothing for a block that added nothing. */
  endBlock(state: Overlay, height: number, timeUnixMs: number): void {
    if (this.#current.length === 0) return;
    const added = this.#current;
    this.#current = [];
    for (const block of this.#blocks.takeExpired(timeUnixMs)) {
      state.delete(REPLAY_PREFIX + paddedNumber(block.height));
      for (let at = 0; at < block.ids.length; at += ID_BYTES) this.#heights.delete(block.ids, at);
    }
    const lastExpiryUnixMs = added.reduce((last, { expiresAtUnixMs }) => Math.max(last, expiresAtUnixMs), 0);
    const ids = concatBytes(...added.map(({ id }) => id));
    state.put(REPLAY_PREFIX + paddedNumber(height), { expiresAtUnixMs: lastExpiryUnixMs, ids: base64urlEncode(ids) });
    this.#remember({ height, lastExpiryUnixMs, ids });
  }

  #remember(block: ReplayBlock): void {
    this.#blocks.add(block);
    for (let at = 0; at < block.ids.length; at += ID_BYTES) this.#heights.set(block.ids, at, block.height);
  }
}

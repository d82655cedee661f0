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

export const REPLAY_PREFIX = 'ledger/replay/';
/** Bytes of a replay id: the front of SHA-256(organisation ‖ 0 ‖ idempotency key). */
const REPLAY_ID_BYTES = 16;
const ZERO = new Uint8Array(1);

/** Names one intent of one organisation: the same idempotency key is executed once, whatever else the operation says. */
export function replayIdOf(sha256: Sha256, organisation: string, idempotencyKey: Bytes): Bytes {
  return hashParts(sha256, utf8Encode(organisation), ZERO, idempotencyKey).slice(0, REPLAY_ID_BYTES);
}

interface ReplayBlock {
  readonly height: number;
  readonly lastExpiryUnixMs: number;
  readonly ids: readonly string[];
}

function idsOf(record: JsonObject): string[] {
  const joined = base64urlDecode(typeof record['ids'] === 'string' ? record['ids'] : '');
  invariant(joined !== undefined && joined.length % REPLAY_ID_BYTES === 0, 'replay record is damaged');
  const ids: string[] = [];
  for (let at = 0; at < joined.length; at += REPLAY_ID_BYTES) ids.push(base64urlEncode(joined.subarray(at, at + REPLAY_ID_BYTES)));
  return ids;
}

/**
 * Operations that were executed and have not expired. State: one record a block, `ledger/replay/<height>` {expiresAtUnixMs, ids};
 * this index over them is rebuilt at start. A record is dropped by the first non-empty block after its last expiry.
 */
export class ReplayTable {
  #blocks: ReplayBlock[] = [];
  readonly #heights = new Map<string, number>();
  #current: { id: string; bytes: Bytes; expiresAtUnixMs: number }[] = [];

  load(records: readonly KeyedRecord[]): void {
    for (const { key, record } of records) {
      const height = Number(key.slice(REPLAY_PREFIX.length));
      this.#remember({ height, lastExpiryUnixMs: Number(record['expiresAtUnixMs']), ids: idsOf(record) });
    }
  }

  /** Height that executed it, 0 for the block being executed, undefined when nothing did. */
  findHeight(id: Bytes): number | undefined {
    return this.#heights.get(base64urlEncode(id));
  }

  add(id: Bytes, expiresAtUnixMs: number): void {
    const text = base64urlEncode(id);
    this.#heights.set(text, 0);
    this.#current.push({ id: text, bytes: id, expiresAtUnixMs });
  }

  /** Writes the block's record and drops what has expired; nothing for a block that added nothing. */
  endBlock(state: Overlay, height: number, timeUnixMs: number): void {
    if (this.#current.length === 0) return;
    const added = this.#current;
    this.#current = [];
    const expired = this.#blocks.filter((block) => block.lastExpiryUnixMs <= timeUnixMs);
    this.#blocks = this.#blocks.filter((block) => block.lastExpiryUnixMs > timeUnixMs);
    for (const block of expired) {
      state.delete(REPLAY_PREFIX + paddedNumber(block.height));
      for (const id of block.ids) this.#heights.delete(id);
    }
    const lastExpiryUnixMs = added.reduce((last, { expiresAtUnixMs }) => Math.max(last, expiresAtUnixMs), 0);
    const ids = base64urlEncode(concatBytes(...added.map(({ bytes }) => bytes)));
    state.put(REPLAY_PREFIX + paddedNumber(height), { expiresAtUnixMs: lastExpiryUnixMs, ids });
    this.#remember({ height, lastExpiryUnixMs, ids: added.map(({ id }) => id) });
  }

  #remember(block: ReplayBlock): void {
    this.#blocks.push(block);
    for (const id of block.ids) this.#heights.set(id, block.height);
  }
}

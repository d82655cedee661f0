import type { Bytes } from '@civitas/canon';
import type { Database } from 'lmdb';
import { StoreFault } from '../../core/ledger/refusal.ts';
import { BLANK_OVERHEAD_BYTES, BlankReader, BlankWriter, FILLED_PER_PACKED_BYTE } from './blanks.ts';
import { LentBuffer } from './lent-buffer.ts';
import { BLANKS_MAX, SHAPE_BYTES_MAX, SHAPES_MAX, SHAPES_SEEN_MAX } from './limits.ts';
import { TextScan } from './text-scan.ts';

type Db = Database<Buffer, Buffer>;

/** Texts that differ in their blanks alone. */
interface Shape {
  readonly number: number;
  /** What stands before, between and after its blanks: one more than these. */
  readonly parts: readonly Bytes[];
  readonly bytes: number;
}

const NUMBER_BYTES = 2;
const HASH_BYTES = 4;
const LENGTH_BYTES = 2;
/** Of a text that stands there as it is. */
const NO_SHAPE = 0;

/** A shape that no transaction has written. */
interface LearntShape {
  readonly key: Buffer;
  readonly bytes: Buffer;
}

/** A shape as it stands on the disk: the hash of its texts without their blanks, and its parts. */
function encodeShape(hash: number, parts: readonly Bytes[]): Buffer {
  const head = Buffer.alloc(HASH_BYTES);
  head.writeInt32BE(hash);
  const lengthOf = ({ length }: Bytes): Buffer => Buffer.from([length >> 8, length & 255]);
  return Buffer.concat([head, ...parts.flatMap((part) => [lengthOf(part), part])]);
}

/** @throws RangeError for what no `encodeShape` gave. */
function decodeParts(bytes: Buffer): Bytes[] {
  const parts: Bytes[] = [];
  for (let at = HASH_BYTES; at < bytes.length; ) {
    const end = at + LENGTH_BYTES + bytes.readUInt16BE(at);
    if (end > bytes.length) throw new RangeError('a part is cut short');
    parts.push(new Uint8Array(bytes.subarray(at + LENGTH_BYTES, end)));
    at = end;
  }
  return parts;
}

/**
 * Makes texts of JSON smaller for the disk: what texts of one kind have in common is kept once, as a shape, and of each only what fills its
 * blanks, base64url as bytes. Any bytes can be packed; what has no shape stands there as it is. A third of a record is left, for 2 µs.
 *
 * A shape is learnt when it is met for the second time, and for ever. `save` writes it, in the transaction of the text that needs it; where
 * that fails, the process ends.
 */
export class TextShapes {
  readonly #db: Db;
  readonly #scan = new TextScan();
  readonly #byNumber: Shape[] = [];
  readonly #byHash = new Map<number, Shape[]>();
  readonly #seen = new Set<number>();
  #learnt: LearntShape[] = [];
  readonly #lent = new LentBuffer();

  /** @throws StoreFault for a shape that cannot be read. */
  constructor(db: Db) {
    this.#db = db;
    for (const { key, value } of db.getRange({})) this.#load(key, value);
  }

  #load(key: Buffer, value: Buffer): void {
    try {
      const number = key.readUInt16BE();
      if (number !== this.#byNumber.length + 1) throw new RangeError(`number ${number} after ${this.#byNumber.length}`);
      this.#add(number, decodeParts(value), value.readInt32BE());
    } catch (cause) {
      throw new StoreFault(`the shape ${key.toString('hex')} of texts cannot be read`, { cause });
    }
  }

  #add(number: number, parts: readonly Bytes[], hash: number): Shape {
    const shape = { number, parts, bytes: parts.reduce((sum, part) => sum + part.length, 0) };
    this.#byNumber.push(shape);
    this.#byHash.set(hash, [...(this.#byHash.get(hash) ?? []), shape]);
    return shape;
  }

  /** @returns what may be written in a transaction that `save` is called in, too. */
  pack(text: Bytes): Buffer {
    const shape = this.#scan.read(text) ? (this.#find(text) ?? this.#learn(text)) : undefined;
    const packed = this.#lent.room(NUMBER_BYTES + text.length + BLANKS_MAX * BLANK_OVERHEAD_BYTES);
    if (shape !== undefined) {
      const { count, starts, ends } = this.#scan;
      const blanks = new BlankWriter(packed, packed.writeUInt16BE(shape.number));
      for (let blank = 0; blank < count; blank++) blanks.put(text, starts[blank] ?? 0, ends[blank] ?? 0);
      if (blanks.end < NUMBER_BYTES + text.length) return Buffer.from(packed.subarray(0, blanks.end));
    }
    packed.set(text, packed.writeUInt16BE(NO_SHAPE));
    return Buffer.from(packed.subarray(0, NUMBER_BYTES + text.length));
  }

  /** Inside a write transaction: writes the shapes that `pack` has learnt. */
  save(): void {
    for (const { key, bytes } of this.#learnt) void this.#db.put(key, bytes);
    this.#learnt = [];
  }

  /** The text as it was; undefined for bytes that `pack` did not give. */
  unpack(packed: Buffer): Buffer | undefined {
    const text = this.lend(packed);
    return text && Buffer.from(text);
  }

  /** The same, lent until the next call of any method, or as long as `packed` itself is. */
  lend(packed: Buffer): Buffer | undefined {
    const number = ((packed[0] ?? 0) << 8) | (packed[1] ?? 0);
    if (packed.length < NUMBER_BYTES) return undefined;
    if (number === NO_SHAPE) return packed.subarray(NUMBER_BYTES);
    const shape = this.#byNumber[number - 1];
    if (shape === undefined) return undefined;
    const blanks = new BlankReader(packed, NUMBER_BYTES);
    const text = this.#lent.room(shape.bytes + packed.length * FILLED_PER_PACKED_BYTE);
    let at = 0;
    for (const [place, part] of shape.parts.entries()) {
      if (place > 0) at = blanks.fill(text, at);
      if (at < 0) return undefined;
      text.set(part, at);
      at += part.length;
    }
    return blanks.isAtEnd ? text.subarray(0, at) : undefined;
  }

  /** The shape of the text that was scanned last. */
  #find(text: Bytes): Shape | undefined {
    return this.#byHash.get(this.#scan.hash)?.find((shape) => this.#isOf(shape, text));
  }

  #isOf({ parts, bytes }: Shape, text: Bytes): boolean {
    const { count, starts, ends } = this.#scan;
    if (parts.length !== count + 1 || bytes !== this.#scan.keptBytes) return false;
    let from = 0;
    for (let place = 0; place <= count; place++) {
      const part = parts[place];
      const end = place < count ? (starts[place] ?? 0) : text.length;
      if (part?.length !== end - from) return false;
      for (let at = 0; at < part.length; at++) if (part[at] !== text[from + at]) return false;
      from = ends[place] ?? 0;
    }
    return true;
  }

  #learn(text: Bytes): Shape | undefined {
    const { hash, count, starts, ends } = this.#scan;
    const bytes = this.#scan.keptBytes;
    if (count === 0 || bytes > SHAPE_BYTES_MAX || this.#byNumber.length >= SHAPES_MAX) return undefined;
    if (!this.#seen.has(hash)) {
      if (this.#seen.size >= SHAPES_SEEN_MAX) this.#seen.clear();
      this.#seen.add(hash);
      return undefined;
    }
    const parts = Array.from({ length: count + 1 }, (_, place) => {
      const from = place === 0 ? 0 : ends[place - 1];
      return new Uint8Array(text.subarray(from, place < count ? starts[place] : text.length));
    });
    const number = this.#byNumber.length + 1;
    this.#learnt.push({ key: Buffer.from([number >> 8, number & 255]), bytes: encodeShape(hash, parts) });
    return this.#add(number, parts, hash);
  }
}

import { type Bytes, utf8Decode, utf8Encode } from '@civitas/canon';

// Protocol buffers wire format, deterministic subset: fields in rising order, minimal varints, defaults left out.

/** Input that is no canonical message; caught where a decoder is entered. */
export class WireError extends Error {}

const VARINT = 0;
const FIXED64 = 1;
const LENGTH_DELIMITED = 2;
const NOTHING = new Uint8Array(0);

/** Up to here a varint is written without big integers: lengths, counts, most heights. */
const SMALL_MAX = 2 ** 31 - 1;

/** Unsigned LEB128 of the low 64 bits: negative int64 values take ten bytes. */
export function encodeVarint(value: bigint): Bytes {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, value);
  while (rest > 127n) {
    bytes.push(Number(rest & 127n) | 128);
    rest >>= 7n;
  }
  bytes.push(Number(rest));
  return Uint8Array.from(bytes);
}

function smallVarintBytes(value: number): number {
  let count = 1;
  for (let rest = value; rest > 127; rest >>>= 7) count++;
  return count;
}

/** @param value 0 … SMALL_MAX. @returns where it ends. */
function putSmallVarint(bytes: Bytes, from: number, value: number): number {
  let [at, rest] = [from, value];
  for (; rest > 127; rest >>>= 7) bytes[at++] = (rest & 127) | 128;
  bytes[at++] = rest;
  return at;
}

function tagged(field: number, wireType: number, payload: Bytes): Bytes {
  const bytes = new Uint8Array(payload.length + 1);
  bytes[0] = (field << 3) | wireType;
  bytes.set(payload, 1);
  return bytes;
}

/** int64, uint64, int32 or enum; nothing for 0. */
export function varintField(field: number, value: bigint | number): Bytes {
  const number = Number(value);
  if (number === 0) return NOTHING;
  if (!Number.isInteger(number) || number < 0 || number > SMALL_MAX) return tagged(field, VARINT, encodeVarint(BigInt(value)));
  const bytes = new Uint8Array(1 + smallVarintBytes(number));
  bytes[0] = (field << 3) | VARINT;
  putSmallVarint(bytes, 1, number);
  return bytes;
}

/** sfixed64, little-endian; nothing for 0. */
export function fixed64Field(field: number, value: bigint): Bytes {
  if (value === 0n) return NOTHING;
  const payload = new Uint8Array(8);
  new DataView(payload.buffer).setBigInt64(0, value, true);
  return tagged(field, FIXED64, payload);
}

/** An embedded message or an element of a repeated field: written even when empty. */
export function messageField(field: number, payload: Bytes): Bytes {
  const { length } = payload;
  // In one piece: a block's bytes are its bundles, some megabytes, and each nesting copies them.
  const bytes = new Uint8Array(1 + smallVarintBytes(length) + length);
  bytes[0] = (field << 3) | LENGTH_DELIMITED;
  bytes.set(payload, putSmallVarint(bytes, 1, length));
  return bytes;
}

/** bytes; nothing when empty. */
export function bytesField(field: number, payload: Bytes): Bytes {
  return payload.length === 0 ? NOTHING : messageField(field, payload);
}

/** string; nothing when empty. */
export function stringField(field: number, text: string): Bytes {
  return bytesField(field, utf8Encode(text));
}

/** Reads one message's fields in rising order; whatever is left over at `end` is unknown, doubled or out of order. */
export class FieldReader {
  readonly #bytes: Bytes;
  #at = 0;

  constructor(bytes: Bytes) {
    this.#bytes = bytes;
  }

  #takeTag(field: number, wireType: number): boolean {
    if (this.#bytes[this.#at] !== ((field << 3) | wireType)) return false;
    this.#at += 1;
    return true;
  }

  #takeVarint(): bigint {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.#bytes[this.#at++];
      if (byte === undefined) throw new WireError('truncated varint');
      value |= BigInt(byte & 127) << shift;
      if (byte < 128) return value;
    }
    throw new WireError('varint longer than ten bytes');
  }

  #take(length: number): Bytes {
    const end = this.#at + length;
    if (end > this.#bytes.length) throw new WireError('truncated field');
    const taken = this.#bytes.slice(this.#at, end);
    this.#at = end;
    return taken;
  }

  uint64(field: number): bigint {
    return this.#takeTag(field, VARINT) ? BigInt.asUintN(64, this.#takeVarint()) : 0n;
  }

  int64(field: number): bigint {
    return BigInt.asIntN(64, this.uint64(field));
  }

  /** A non-negative value that fits int32. */
  int31(field: number): number {
    const value = this.int64(field);
    if (value < 0n || value > 0x7fff_ffffn) throw new WireError(`field ${field} outside int32`);
    return Number(value);
  }

  #payload(field: number, lengthMax: number): Bytes | undefined {
    if (!this.#takeTag(field, LENGTH_DELIMITED)) return undefined;
    const length = this.#takeVarint();
    if (length > BigInt(lengthMax)) throw new WireError(`field ${field} longer than ${lengthMax} bytes`);
    return this.#take(Number(length));
  }

  bytes(field: number, lengthMax: number): Bytes {
    return this.#payload(field, lengthMax) ?? NOTHING;
  }

  text(field: number, lengthMax: number): string {
    const text = utf8Decode(this.bytes(field, lengthMax));
    if (text === undefined) throw new WireError(`field ${field} is not UTF-8`);
    return text;
  }

  message(field: number, lengthMax: number): Bytes {
    const payload = this.#payload(field, lengthMax);
    if (payload === undefined) throw new WireError(`field ${field} is missing`);
    return payload;
  }

  repeated(field: number, bounds: { readonly countMax: number; readonly lengthMax: number }): Bytes[] {
    const elements: Bytes[] = [];
    for (let next = this.#payload(field, bounds.lengthMax); next !== undefined; next = this.#payload(field, bounds.lengthMax)) {
      if (elements.length === bounds.countMax) throw new WireError(`field ${field} more than ${bounds.countMax} times`);
      elements.push(next);
    }
    return elements;
  }

  end(): void {
    if (this.#at !== this.#bytes.length) throw new WireError(`unknown, doubled or misplaced field at byte ${this.#at}`);
  }
}

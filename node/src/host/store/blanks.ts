import type { Bytes } from '@civitas/canon';

/** In a text: how many bytes follow when it has fewer than this; otherwise a length follows. */
const LONG_TEXT = 127;
const LONG_LENGTH_BYTES = 4;
/** As many bytes of base64url as the head says beyond this, plus one. */
const BASE64 = 128;
const BASE64_BYTES_MAX = 64;
/** A whole number in as many bytes as the head says beyond this. */
const NUMBER = 192;
const NUMBER_BYTES_MAX = 7;
const NUMBER_DIGITS_MAX = 16;
/** Shorter ones are mostly words. */
const BASE64_CHARS_MIN = 16;
const BASE64_CHARS_MAX = 86;
/** What a blank takes at most beyond its own bytes. */
export const BLANK_OVERHEAD_BYTES = 1 + LONG_LENGTH_BYTES;
/** A packed byte fills at most so many bytes of text. */
export const FILLED_PER_PACKED_BYTE = 3;

const DIGIT_0 = 0x30;
const NO_SIXTET = 255;
const ALPHABET = Buffer.from('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_');
const SIXTETS = new Uint8Array(256).fill(NO_SIXTET);
for (const [sixtet, char] of ALPHABET.entries()) SIXTETS[char] = sixtet;

/** The number that the digits spell in their one way; -1 for none. */
function numberIn(text: Bytes, start: number, end: number): number {
  const length = end - start;
  if (length === 0 || length > NUMBER_DIGITS_MAX || (length > 1 && text[start] === DIGIT_0)) return -1;
  let number = 0;
  for (let at = start; at < end; at++) {
    const digit = (text[at] ?? 0) - DIGIT_0;
    if (digit < 0 || digit > 9) return -1;
    number = number * 10 + digit;
  }
  return Number.isSafeInteger(number) ? number : -1;
}

/** Packs blanks one after another. */
export class BlankWriter {
  readonly #packed: Buffer;
  #at: number;

  /** @param packed with room for all of the text and BLANK_OVERHEAD_BYTES for each blank. */
  constructor(packed: Buffer, at: number) {
    this.#packed = packed;
    this.#at = at;
  }

  /** Where the last one ends. */
  get end(): number {
    return this.#at;
  }

  /** Packs what stands between two places of a text. */
  put(text: Bytes, start: number, end: number): void {
    const number = numberIn(text, start, end);
    if (number >= 0) this.#putNumber(number);
    else if (!this.#putBase64(text, start, end)) this.#putText(text, start, end);
  }

  #putNumber(number: number): void {
    const from = this.#at;
    let length = 0;
    for (let left = number; left > 0; left = Math.floor(left / 256)) length++;
    this.#packed[from] = NUMBER + length;
    this.#at = from + 1 + length;
    let left = number;
    for (let place = from + length; place > from; place--) {
      this.#packed[place] = left % 256;
      left = Math.floor(left / 256);
    }
  }

  /** Base64url as the bytes it stands for. @returns false when it is none, or not the one spelling of its bytes. */
  #putBase64(text: Bytes, start: number, end: number): boolean {
    const length = end - start;
    if (length < BASE64_CHARS_MIN || length > BASE64_CHARS_MAX || length % 4 === 1) return false;
    const packed = this.#packed;
    let [at, bits, held] = [this.#at + 1, 0, 0];
    for (let place = start; place < end; place++) {
      const sixtet = SIXTETS[text[place] ?? 0] ?? NO_SIXTET;
      if (sixtet === NO_SIXTET) return false;
      held = ((held << 6) | sixtet) & 0xffff;
      bits += 6;
      if (bits < 8) continue;
      bits -= 8;
      packed[at++] = held >> bits;
    }
    if ((held & ((1 << bits) - 1)) !== 0) return false;
    packed[this.#at] = BASE64 + at - this.#at - 2;
    this.#at = at;
    return true;
  }

  #putText(text: Bytes, start: number, end: number): void {
    const length = end - start;
    const packed = this.#packed;
    packed[this.#at++] = Math.min(length, LONG_TEXT);
    if (length >= LONG_TEXT) this.#at = packed.writeUInt32BE(length, this.#at);
    // Most are short: `set` takes longer, and a view of the text with it.
    for (let place = start; place < end; place++) packed[this.#at++] = text[place] ?? 0;
  }
}

/** Packed blanks, one after another, as the text that they were. */
export class BlankReader {
  readonly #packed: Bytes;
  #at: number;

  constructor(packed: Bytes, at: number) {
    this.#packed = packed;
    this.#at = at;
  }

  get isAtEnd(): boolean {
    return this.#at === this.#packed.length;
  }

  /** Writes the next one as text. @returns where it ends; -1 where what is packed ends before it. */
  fill(text: Buffer, at: number): number {
    const head = this.#packed[this.#at++] ?? -1;
    if (head < 0) return -1;
    if (head < BASE64) return this.#fillText(text, at, head);
    if (head < BASE64 + BASE64_BYTES_MAX) return this.#fillBase64(text, at, head - BASE64 + 1);
    return head <= NUMBER + NUMBER_BYTES_MAX ? this.#fillNumber(text, at, head - NUMBER) : -1;
  }

  #take(length: number): number {
    const from = this.#at;
    this.#at += length;
    return this.#at <= this.#packed.length ? from : -1;
  }

  #fillText(text: Buffer, at: number, head: number): number {
    let length = head;
    if (head === LONG_TEXT) {
      const place = this.#take(LONG_LENGTH_BYTES);
      if (place < 0) return -1;
      length = new DataView(this.#packed.buffer, this.#packed.byteOffset).getUint32(place);
    }
    const from = this.#take(length);
    if (from < 0) return -1;
    for (let place = 0; place < length; place++) text[at + place] = this.#packed[from + place] ?? 0;
    return at + length;
  }

  #fillBase64(text: Buffer, from: number, length: number): number {
    const start = this.#take(length);
    if (start < 0) return -1;
    let [at, bits, held] = [from, 0, 0];
    for (let place = start; place < start + length; place++) {
      held = ((held << 8) | (this.#packed[place] ?? 0)) & 0xffff;
      bits += 8;
      for (; bits >= 6; bits -= 6) text[at++] = ALPHABET[(held >> (bits - 6)) & 63] ?? 0;
    }
    if (bits > 0) text[at++] = ALPHABET[(held << (6 - bits)) & 63] ?? 0;
    return at;
  }

  #fillNumber(text: Buffer, at: number, length: number): number {
    const start = this.#take(length);
    if (start < 0) return -1;
    let number = 0;
    for (let place = start; place < start + length; place++) number = number * 256 + (this.#packed[place] ?? 0);
    return at + text.write(String(number), at, 'latin1');
  }
}

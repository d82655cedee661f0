import type { Bytes } from '@civitas/canon';
import { BLANKS_MAX } from './limits.ts';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COLON = 0x3a;
const DIGIT_0 = 0x30;
const DIGIT_9 = 0x39;
/** FNV-1a, 32 bits. */
const OFFSET = 0x811c9dc5;
const PRIME = 0x01000193;
/** Stands for a blank: no byte has this value. */
const BLANK = 256;

const isDigit = (byte: number | undefined): boolean => byte !== undefined && byte >= DIGIT_0 && byte <= DIGIT_9;

/** Where the string that begins at `at` has its closing quote; the end of the text where it has none. */
function endOfString(text: Bytes, at: number): number {
  const { length } = text;
  for (let end = at; end < length; end++) {
    const byte = text[end] ?? 0;
    if (byte === QUOTE) return end;
    if (byte === BACKSLASH) end++;
  }
  return length;
}

function endOfNumber(text: Bytes, at: number): number {
  let end = at;
  while (isDigit(text[end])) end++;
  return end;
}

/** Where a text of JSON differs from others of its kind: in its strings and numbers, but not in the names of its members. */
export class TextScan {
  readonly starts = new Int32Array(BLANKS_MAX);
  readonly ends = new Int32Array(BLANKS_MAX);
  count = 0;
  /** How long the text is without its blanks, and the hash of that. */
  keptBytes = 0;
  hash = 0;

  /** @returns false for a text with too many blanks, or none that JSON could be. It holds until the next one is read. */
  read(text: Bytes): boolean {
    const { length } = text;
    let [at, count, hash, blankBytes] = [0, 0, OFFSET, 0];
    while (at < length) {
      const byte = text[at] ?? 0;
      const isString = byte === QUOTE;
      const start = isString ? at + 1 : at;
      const end = isString ? endOfString(text, start) : endOfNumber(text, start);
      if (isString && end === length) return false;
      // The name of a member is kept with its quotes, and so is whatever is neither string nor number.
      const isKept = isString ? text[end + 1] === COLON : end === start;
      for (const until = isKept ? end + 1 : start; at < until; at++) hash = Math.imul(hash ^ (text[at] ?? 0), PRIME);
      if (isKept) continue;
      if (count === BLANKS_MAX) return false;
      this.starts[count] = start;
      this.ends[count++] = end;
      blankBytes += end - start;
      hash = Math.imul(hash ^ BLANK, PRIME);
      // The closing quote is no beginning of another string.
      if (isString) hash = Math.imul(hash ^ QUOTE, PRIME);
      at = isString ? end + 1 : end;
    }
    this.count = count;
    this.keptBytes = length - blankBytes;
    this.hash = hash;
    return true;
  }
}

import { invariant, utf8Encode } from '@civitas/canon';
import { KEY_BYTES_MAX } from './limits.ts';

/** `/` parts the key and `%` starts an escape, so both are escaped inside an id and no two ids share a key. */
export function escapeId(id: string): string {
  return id.includes('%') || id.includes('/') ? id.replaceAll('%', '%25').replaceAll('/', '%2F') : id;
}

/** Inverse of escapeId, for ids that escapeId made. */
export function unescapeId(escaped: string): string {
  return escaped.includes('%') ? escaped.replaceAll('%2F', '/').replaceAll('%25', '%') : escaped;
}

/** The key of a contract's record: `contract/collection/id`, contract without version. */
export function recordKey(contract: string, collection: string, id: string): string {
  return `${contract}/${collection}/${escapeId(id)}`;
}

/** Heights and sequences in keys, zero-padded to twelve digits so that the order of keys is the order of numbers. */
export function paddedNumber(value: number): string {
  invariant(Number.isSafeInteger(value) && value >= 0 && value < 1e12, `no key number: ${value}`);
  return String(value).padStart(12, '0');
}

/** True when the key has 1 … 256 bytes of UTF-8. */
export function isKeySized(key: string): boolean {
  if (key.length === 0 || key.length > KEY_BYTES_MAX) return false;
  return key.length * 3 <= KEY_BYTES_MAX || utf8Encode(key).length <= KEY_BYTES_MAX;
}

function rank(unit: number): number {
  // UTF-16 puts surrogates (points above U+FFFF) below U+E000 … U+FFFF, UTF-8 puts them above.
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit;
}

/** Order of keys as their UTF-8 bytes sort, which is how the store holds them. @returns negative, 0 or positive. */
export function compareKeys(left: string, right: string): number {
  const length = Math.min(left.length, right.length);
  for (let i = 0; i < length; i++) {
    const [a, b] = [left.charCodeAt(i), right.charCodeAt(i)];
    if (a !== b) return rank(a) - rank(b);
  }
  return left.length - right.length;
}

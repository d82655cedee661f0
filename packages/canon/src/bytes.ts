import { invariant } from './invariant.ts';

export type Bytes = Uint8Array;

/** Joins byte strings into one new array. */
export function concatBytes(...parts: readonly Bytes[]): Bytes {
  let length = 0;
  for (const part of parts) length += part.length;
  const joined = new Uint8Array(length);
  let offset = 0;
  for (const part of parts) {
    joined.set(part, offset);
    offset += part.length;
  }
  return joined;
}

/** True when both hold the same bytes. Not constant time: for public data only. */
export function equalBytes(left: Bytes, right: Bytes): boolean {
  if (left.length !== right.length) return false;
  for (let i = 0; i < left.length; i++) if (left[i] !== right[i]) return false;
  return true;
}

/** Lexicographic order by unsigned byte, shorter first. @returns negative, 0 or positive. */
export function compareBytes(left: Bytes, right: Bytes): number {
  const length = Math.min(left.length, right.length);
  for (let i = 0; i < length; i++) {
    const difference = byteAt(left, i) - byteAt(right, i);
    if (difference !== 0) return difference;
  }
  return left.length - right.length;
}

/** The byte at an index inside the array. @throws InvariantError outside it. */
export function byteAt(bytes: Bytes, index: number): number {
  const byte = bytes[index];
  invariant(byte !== undefined, 'byte index outside the array');
  return byte;
}

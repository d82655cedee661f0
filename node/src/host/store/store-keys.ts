import { type Bytes, concatBytes } from '@civitas/canon';

function bigEndian(value: number, length: number): Bytes {
  const bytes = new Uint8Array(length);
  for (let i = length - 1, rest = value; i >= 0; i--, rest = Math.floor(rest / 256)) bytes[i] = rest % 256;
  return bytes;
}

/** Heights, six bytes: the order of keys is the order of heights. */
export function heightKey(height: number): Buffer {
  return Buffer.from(bigEndian(height, 6));
}

/** A receipt's place: height, then position in the block. */
export function placeKey(height: number, index: number): Buffer {
  return Buffer.from(concatBytes(bigEndian(height, 6), bigEndian(index, 4)));
}

export function placeOf(key: Uint8Array): { height: number; index: number } {
  const read = (from: number, to: number): number => key.subarray(from, to).reduce((sum, byte) => sum * 256 + byte, 0);
  return { height: read(0, 6), index: read(6, 10) };
}

/** A page that only roots below `staleAt` still use. */
export function staleKey(staleAt: number, pageKey: Bytes): Buffer {
  return Buffer.from(concatBytes(bigEndian(staleAt, 6), pageKey));
}

/** The first key after every key that starts with a prefix; prefixes here never end in 0xff. */
export function afterPrefix(prefix: Bytes): Buffer {
  const after = Buffer.from(prefix);
  const last = after.length - 1;
  after[last] = (after[last] ?? 0) + 1;
  return after;
}

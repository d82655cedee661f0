import { type Bytes, concatBytes } from '@civitas/canon';
import { pathKey } from '../../core/state/page.ts';

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

/** Nibbles of the paths whose pages stand by level; deeper ones stand beside their parents, with which they change. */
const LEVELS_APART = 4;

/** The newest page of a path. */
export function pageKey(path: string): Buffer {
  const nibbleBytes = (path.length + 1) >> 1;
  const isDeep = path.length > LEVELS_APART;
  const key = Buffer.allocUnsafe(1 + nibbleBytes + (isDeep ? 1 : 0));
  key[0] = Math.min(path.length, LEVELS_APART);
  key.write(path.length % 2 === 0 ? path : `${path}0`, 1, 'hex');
  if (isDeep) key[1 + nibbleBytes] = path.length;
  return key;
}

const KEPT_LIST = 0xff;

/** A chunk of a block's history, under the path key of its first entry; path keys begin with 0 … 64. */
export function historyKey(height: number, firstPathKey: Bytes): Buffer {
  return Buffer.concat([heightKey(height), firstPathKey]);
}

/** Lists the paths of which a block kept the whole page, in pieces; comes after the block's history. */
export function keptListKey(height: number, first: number): Buffer {
  return Buffer.concat([heightKey(height), Uint8Array.of(KEPT_LIST), bigEndian(first, 4)]);
}

export function isKeptListKey(key: Uint8Array): boolean {
  return key[6] === KEPT_LIST;
}

/** A whole page as it stood before a height. */
export function keptPageKey(path: string, height: number): Buffer {
  return Buffer.concat([pathKey(path), heightKey(height)]);
}

/** Parts path keys that were joined: each tells its length. */
export function pathKeysOf(joined: Uint8Array): Uint8Array[] {
  const keys: Uint8Array[] = [];
  for (let at = 0; at < joined.length; ) {
    const end = at + 1 + (((joined[at] ?? 0) + 1) >> 1);
    keys.push(joined.subarray(at, end));
    at = end;
  }
  return keys;
}

/** The first key after every key that starts with a prefix that does not end in 0xff. */
export function afterPrefix(prefix: Bytes): Buffer {
  const after = Buffer.from(prefix);
  const last = after.length - 1;
  after[last] = (after[last] ?? 0) + 1;
  return after;
}

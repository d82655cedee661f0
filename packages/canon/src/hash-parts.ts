import { type Bytes, concatBytes } from './bytes.ts';
import type { Sha256 } from './crypto-port.ts';

/** Parts up to this many bytes together are joined in one array that is used again and again. */
const SCRATCH_BYTES = 16_384;
const scratch = new Uint8Array(SCRATCH_BYTES);
/** Beginnings of the scratch up to this length are kept: most hashes are of few lengths, again and again. */
const KEPT_VIEW_BYTES_MAX = 1_024;
const views: (Bytes | undefined)[] = Array.from({ length: KEPT_VIEW_BYTES_MAX + 1 }, () => undefined);

function beginningOf(length: number): Bytes {
  if (length > KEPT_VIEW_BYTES_MAX) return scratch.subarray(0, length);
  const known = views[length];
  if (known !== undefined) return known;
  const view = scratch.subarray(0, length);
  views[length] = view;
  return view;
}

/** SHA-256 of the parts one after another: what hashing concatBytes gives, without an array for each call (it is most of a small hash's cost). */
export function hashParts(sha256: Sha256, ...parts: readonly Bytes[]): Bytes {
  let length = 0;
  for (const part of parts) length += part.length;
  if (length > SCRATCH_BYTES) return sha256(concatBytes(...parts));
  let at = 0;
  for (const part of parts) {
    scratch.set(part, at);
    at += part.length;
  }
  return sha256(beginningOf(length));
}

const LENGTH_BYTES = 4;

/**
 * SHA-256 of a domain and of parts, each with its length (32-bit big-endian) before it.
 *
 * @param parts each of one or more pieces, one after another, under one length.
 */
export function hashSizedParts(sha256: Sha256, domain: Bytes, parts: readonly (readonly Bytes[])[]): Bytes {
  let length = domain.length;
  for (const pieces of parts) {
    length += LENGTH_BYTES;
    for (const piece of pieces) length += piece.length;
  }
  const framed = length > SCRATCH_BYTES ? new Uint8Array(length) : scratch;
  framed.set(domain);
  let at = domain.length;
  for (const pieces of parts) {
    const from = at + LENGTH_BYTES;
    at = from;
    for (const piece of pieces) {
      framed.set(piece, at);
      at += piece.length;
    }
    writeUint32(framed, from - LENGTH_BYTES, at - from);
  }
  return sha256(framed === scratch ? beginningOf(length) : framed);
}

/** Most significant byte first. */
export function writeUint32(bytes: Bytes, at: number, value: number): void {
  bytes[at] = value >>> 24;
  bytes[at + 1] = value >>> 16;
  bytes[at + 2] = value >>> 8;
  bytes[at + 3] = value;
}

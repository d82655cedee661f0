import { type Bytes, concatBytes } from './bytes.ts';
import type { Sha256 } from './crypto-port.ts';

/** Parts up to this many bytes together are joined in one array that is used again and again. */
const SCRATCH_BYTES = 16_384;
const scratch = new Uint8Array(SCRATCH_BYTES);

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
  return sha256(scratch.subarray(0, length));
}

import { type Bytes, concatBytes } from './bytes.ts';
import { encodeCanonical } from './canonical-json.ts';
import type { Sha256 } from './crypto-port.ts';
import type { Json } from './json.ts';
import { utf8Encode } from './utf8.ts';

const DOMAIN = utf8Encode('civitas/commitment/v1\n');

/** Bytes of a commitment's salt. */
export const SALT_BYTES = 32;

/**
 * Salted commitment to one private field: SHA-256("civitas/commitment/v1\n" ‖ salt ‖ canonical JSON of the value).
 *
 * @param salt Exactly 32 bytes, secret and never reused for another field: without it the value could be guessed.
 * @returns 32 bytes.
 * @throws RangeError when the salt has another length: a bug in the caller.
 */
export function commitmentOf(sha256: Sha256, salt: Bytes, value: Json): Bytes {
  if (salt.length !== SALT_BYTES) throw new RangeError(`a salt has ${SALT_BYTES} bytes, got ${salt.length}`);
  return sha256(concatBytes(DOMAIN, salt, encodeCanonical(value)));
}

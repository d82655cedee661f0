import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import { type Bytes, concatBytes, utf8Encode } from '@civitas/canon';

const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** AES-256-GCM under a fresh nonce: nonce ‖ ciphertext ‖ tag. @param context bound as associated data, so that boxes cannot be swapped. */
export function sealBox(key: Bytes, plaintext: Bytes, context: string): Bytes {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(utf8Encode(context));
  return concatBytes(nonce, cipher.update(plaintext), cipher.final(), cipher.getAuthTag());
}

/** @throws when the box was changed, or sealed under another key or context: a damaged volume. */
export function openBox(key: Bytes, box: Bytes, context: string): Bytes {
  const decipher = createDecipheriv('aes-256-gcm', key, box.subarray(0, NONCE_BYTES)).setAAD(utf8Encode(context));
  decipher.setAuthTag(box.subarray(box.length - TAG_BYTES));
  return concatBytes(decipher.update(box.subarray(NONCE_BYTES, box.length - TAG_BYTES)), decipher.final());
}

/** 32 bytes for one purpose out of a key (HKDF-SHA256, RFC 5869). */
export function deriveBytes(key: Bytes, purpose: string): Bytes {
  return new Uint8Array(hkdfSync('sha256', key, new Uint8Array(0), utf8Encode(purpose), 32));
}

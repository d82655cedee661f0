import { type Bytes, byteAt } from './bytes.ts';
import type { CryptoPort, VerifyEd25519Elsewhere } from './crypto-port.ts';
import { hexEncode } from './hex.ts';
import { PUBLIC_KEY_BYTES, SIGNATURE_BYTES } from './limits.ts';

// Little-endian, as on the wire. L is the order of the base point, p = 2^255 - 19.
const ORDER_HEX = 'edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010';
const FIELD_HEX = `ed${'ff'.repeat(30)}7f`;

// The y coordinates of the eight points of small order; the sign bit does not matter (RFC 8032 curve, torsion subgroup).
const SMALL_ORDER_Y: ReadonlySet<string> = new Set([
  '00'.repeat(32),
  `01${'00'.repeat(31)}`,
  `ec${'ff'.repeat(30)}7f`,
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
]);

function littleEndian(hex: string): readonly number[] {
  return Array.from({ length: hex.length / 2 }, (_, i) => Number.parseInt(hex.slice(i * 2, i * 2 + 2), 16));
}
const ORDER = littleEndian(ORDER_HEX);
const FIELD = littleEndian(FIELD_HEX);
const SMALL_ORDER_FIRST_BYTES: ReadonlySet<number> = new Set([...SMALL_ORDER_Y].map((hex) => Number.parseInt(hex.slice(0, 2), 16)));

/** bytes[from, from + 32) < bound, both little-endian; the top bit is masked when it is a sign. */
function isBelow(bytes: Bytes, from: number, bound: readonly number[], topMask: number): boolean {
  for (let i = 31; i >= 0; i--) {
    const byte = byteAt(bytes, from + i) & (i === 31 ? topMask : 0xff);
    const limit = bound[i] ?? 0;
    if (byte !== limit) return byte < limit;
  }
  return false;
}

function isSoundPoint(bytes: Bytes, from: number): boolean {
  if (!isBelow(bytes, from, FIELD, 0x7f)) return false;
  if (!SMALL_ORDER_FIRST_BYTES.has(byteAt(bytes, from))) return true;
  // Not slice: on a Buffer that is a view, and masking the sign would change the caller's signature.
  const y = Uint8Array.from(bytes.subarray(from, from + 32));
  y[31] = byteAt(y, 31) & 0x7f;
  return !SMALL_ORDER_Y.has(hexEncode(y));
}

/** True for a 32-byte public key whose encoding is canonical and not of small order; checked once when a key is enrolled. */
export function isSoundPublicKey(publicKey: Bytes): boolean {
  return publicKey.length === PUBLIC_KEY_BYTES && isSoundPoint(publicKey, 0);
}

interface Signed {
  readonly message: Bytes;
  readonly signature: Bytes;
  readonly publicKey: Bytes;
}

/** The rule's own part, before any curve arithmetic. */
function isSoundSignature({ signature, publicKey }: Signed): boolean {
  if (signature.length !== SIGNATURE_BYTES || !isSoundPublicKey(publicKey)) return false;
  return isSoundPoint(signature, 0) && isBelow(signature, 32, ORDER, 0xff);
}

/**
 * The signature rule: what every validator on every Node version decides alike.
 *
 * 64 bytes, S < L, A and R canonical and not of small order, then the port's cofactorless verification.
 * Libraries disagree exactly on what the checks here remove (Chalkias, Garillot, Nikolaenko 2020, eprint 2020/1244).
 */
export function verifySignature(crypto: Pick<CryptoPort, 'verifyEd25519'>, signed: Signed): boolean {
  return isSoundSignature(signed) && crypto.verifyEd25519(signed.message, signed.signature, signed.publicKey);
}

/** The signature rule with the port's arithmetic on another thread: the same verdict as verifySignature. */
export async function verifySignatureElsewhere(verifyEd25519: VerifyEd25519Elsewhere, signed: Signed): Promise<boolean> {
  return isSoundSignature(signed) && verifyEd25519(signed.message, signed.signature, signed.publicKey);
}

import { ed25519 } from '@noble/curves/ed25519.js';
import { sha256, sha512 } from '@noble/hashes/sha2.js';
import { type Bytes, concatBytes, equalBytes } from './bytes.ts';
import type { CryptoPort } from './crypto-port.ts';

const ORDER = ed25519.Point.Fn.ORDER;

function littleEndianNumber(bytes: Bytes): bigint {
  let value = 0n;
  for (let i = bytes.length - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[i] ?? 0);
  return value;
}

/** encode(S·B - k·A) = R. noble's own verify is cofactored, so its verdict would differ from node:crypto's. */
function verifyCofactorless(message: Bytes, signature: Bytes, publicKey: Bytes): boolean {
  const r = signature.slice(0, 32);
  const s = littleEndianNumber(signature.subarray(32));
  if (signature.length !== 64 || s >= ORDER) return false;
  try {
    const a = ed25519.Point.fromBytes(publicKey, false);
    const k = littleEndianNumber(sha512(concatBytes(r, publicKey, message))) % ORDER;
    return equalBytes(ed25519.Point.BASE.multiplyUnsafe(s).subtract(a.multiplyUnsafe(k)).toBytes(), r);
  } catch {
    // The public key is no point of the curve: no signature of it is valid.
    return false;
  }
}

/** The ports on noble, synchronous, for browsers (WebCrypto is asynchronous). */
export const browserCrypto: CryptoPort = { sha256: (data) => sha256(data), verifyEd25519: verifyCofactorless };

import { createHash } from 'node:crypto';
import { ED25519_TORSION_SUBGROUP, ed25519 } from '@noble/curves/ed25519.js';
import type { Bytes } from '../bytes.ts';
import { concatBytes } from '../bytes.ts';

const sha512 = (...parts: readonly Bytes[]): Bytes =>
  new Uint8Array(
    createHash('sha512')
      .update(concatBytes(...parts))
      .digest(),
  );

function littleEndian(bytes: Bytes): bigint {
  return bytes.reduceRight((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
}

function scalarBytes(scalar: bigint): Bytes {
  return Uint8Array.from({ length: 32 }, (_, index) => Number((scalar >> BigInt(8 * index)) & 255n));
}

/**
 * A signature whose R carries a point of order eight: it holds where both sides are multiplied by the cofactor (ZIP-215, CometBFT)
 * and fails where they are not (our rule, RFC 8032 as libraries do it). Only the key's owner can make one.
 *
 * @param seed of the private key, 32 bytes.
 */
export function signCofactored(seed: Bytes, message: Bytes): Bytes {
  const { scalar, pointBytes } = ed25519.utils.getExtendedPublicKey(seed);
  const order = ed25519.Point.Fn.ORDER;
  const nonce = littleEndian(sha512(seed, message)) % order;
  const ofOrderEight = ed25519.Point.fromHex(ED25519_TORSION_SUBGROUP[1] ?? '');
  const r = ed25519.Point.BASE.multiply(nonce).add(ofOrderEight).toBytes();
  const challenge = littleEndian(sha512(r, pointBytes, message)) % order;
  return concatBytes(r, scalarBytes((nonce + challenge * scalar) % order));
}

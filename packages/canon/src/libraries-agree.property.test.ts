import { fc } from '@civitas/testkit/properties';
import { expect, test } from '@jest/globals';
import { ed25519 } from '@noble/curves/ed25519.js';
import { sha512 } from '@noble/hashes/sha2.js';
import { concatBytes } from './bytes.ts';
import { ed25519FromSeed, nodeCrypto, signEd25519 } from './node.ts';
import { verifySignature } from './signature-rule.ts';
import { sodiumCrypto } from './sodium.ts';

const { Point } = ed25519;
const ORDER = Point.Fn.ORDER;
// A point of order eight; its multiples are the whole torsion subgroup.
const TORSION = Point.fromHex('c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a');

function scalarOf(bytes: Uint8Array): bigint {
  return bytes.reduceRight((value, byte) => (value << 8n) | BigInt(byte), 0n);
}

function bytesOf(scalar: bigint): Uint8Array {
  return Uint8Array.from({ length: 32 }, (_, i) => Number((scalar >> BigInt(8 * i)) & 0xffn));
}

function torsion(times: number): InstanceType<typeof Point> {
  return times === 0 ? Point.ZERO : TORSION.multiplyUnsafe(BigInt(times));
}

/** A signature whose key and nonce carry torsion: the cofactored equation always holds, the cofactorless one sometimes. */
function aTorsionSignature(request: { secret: bigint; nonce: bigint; keyTorsion: number; nonceTorsion: number; message: Uint8Array }) {
  const { secret, nonce, keyTorsion, nonceTorsion, message } = request;
  const publicKey = Point.BASE.multiply(secret).add(torsion(keyTorsion)).toBytes();
  const r = Point.BASE.multiply(nonce).add(torsion(nonceTorsion)).toBytes();
  const k = scalarOf(sha512(concatBytes(r, publicKey, message))) % ORDER;
  return { message, publicKey, signature: concatBytes(r, bytesOf((nonce + k * secret) % ORDER)) };
}

const scalar = fc.bigInt({ min: 2n, max: ORDER - 1n });
const message = fc.uint8Array({ maxLength: 300 });
const seed = fc.uint8Array({ minLength: 32, maxLength: 32 });

test('OpenSSL and libsodium agree on signatures whose points carry torsion, and both answers occur', () => {
  const seen = new Set<boolean>();
  const times = fc.integer({ min: 0, max: 7 });
  fc.assert(
    fc.property(fc.record({ secret: scalar, nonce: scalar, keyTorsion: times, nonceTorsion: times, message }), (request) => {
      const signed = aTorsionSignature(request);
      const verdict = verifySignature(nodeCrypto, signed);
      seen.add(verdict);

      expect(verifySignature(sodiumCrypto, signed)).toBe(verdict);
    }),
    { numRuns: 300 },
  );
  expect(seen).toEqual(new Set([true, false]));
});

test('OpenSSL and libsodium agree on signatures with bytes changed anywhere', () => {
  const changes = fc.array(
    fc.tuple(
      fc.constantFrom<'message' | 'signature' | 'publicKey'>('message', 'signature', 'publicKey'),
      fc.nat(),
      fc.integer({ min: 0, max: 255 }),
    ),
    {
      maxLength: 3,
    },
  );
  fc.assert(
    fc.property(seed, message, changes, (secret, text, edits) => {
      const { privateKey, publicKey } = ed25519FromSeed(secret);
      const signed = { message: text, signature: signEd25519(privateKey, text), publicKey: publicKey.slice() };
      for (const [field, at, byte] of edits) {
        if (signed[field].length > 0) signed[field][at % signed[field].length] = byte;
      }

      expect(verifySignature(sodiumCrypto, signed)).toBe(verifySignature(nodeCrypto, signed));
    }),
    { numRuns: 1000 },
  );
});

test('OpenSSL and libsodium agree on keys and signatures of random bytes, of any length', () => {
  fc.assert(
    fc.property(message, fc.uint8Array({ maxLength: 70 }), fc.uint8Array({ maxLength: 40 }), (text, signature, publicKey) => {
      const signed = { message: text, signature, publicKey };

      expect(sodiumCrypto.verifyEd25519(text, signature, publicKey)).toBe(false);
      expect(verifySignature(sodiumCrypto, signed)).toBe(verifySignature(nodeCrypto, signed));
    }),
  );
});

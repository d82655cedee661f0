import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { browserCrypto } from './browser.ts';
import { hexDecode } from './hex.ts';
import { invariant } from './invariant.ts';
import { ed25519FromSeed, nodeCrypto, signEd25519, verifyEd25519InPool } from './node.ts';
import { verifySignature, verifySignatureElsewhere } from './signature-rule.ts';
import { sodiumCrypto } from './sodium.ts';
import { utf8Encode } from './utf8.ts';

interface Vector {
  readonly message: string;
  readonly publicKey: string;
  readonly signature: string;
}
const vectors: { cases: (Vector & { why: string; accepted: boolean })[]; rfc8032: Vector[] } = JSON.parse(
  readFileSync(new URL('../test/vectors/ed25519-speccheck.json', import.meta.url), 'utf8'),
);

function bytes(hex: string): Uint8Array {
  const decoded = hexDecode(hex);
  invariant(decoded !== undefined, 'vector is not hexadecimal');
  return decoded;
}

describe.each([
  ['node:crypto', nodeCrypto],
  ['noble', browserCrypto],
  ['libsodium', sodiumCrypto],
] as const)('the signature rule on %s', (_, crypto) => {
  test.each(vectors.cases.map((vector, index) => ({ ...vector, index })))('speccheck case $index ($why): $accepted', (vector) => {
    const signed = { message: bytes(vector.message), publicKey: bytes(vector.publicKey), signature: bytes(vector.signature) };

    expect(verifySignature(crypto, signed)).toBe(vector.accepted);
  });
});

test.each(vectors.cases.map((vector, index) => ({ ...vector, index })))(
  'speccheck case $index gets the same verdict on another thread',
  async (vector) => {
    const signed = { message: bytes(vector.message), publicKey: bytes(vector.publicKey), signature: bytes(vector.signature) };

    expect(await verifySignatureElsewhere(verifyEd25519InPool, signed)).toBe(vector.accepted);
  },
);

test('every speccheck case but the cofactor ones is decided before the library is asked', () => {
  const asked: number[] = [];
  for (const [index, vector] of vectors.cases.entries()) {
    const port = { verifyEd25519: () => asked.push(index) > 0 };
    verifySignature(port, { message: bytes(vector.message), publicKey: bytes(vector.publicKey), signature: bytes(vector.signature) });
  }

  expect(asked).toEqual([3, 4, 5]);
});

test('RFC 8032 signatures are accepted and a flipped bit anywhere is refused, alike on every library', () => {
  const signed = vectors.rfc8032.map((vector) => ({
    message: bytes(vector.message),
    publicKey: bytes(vector.publicKey),
    signature: bytes(vector.signature),
  }));
  for (const one of signed) {
    expect(verifySignature(nodeCrypto, one)).toBe(true);
    expect(verifySignature(browserCrypto, one)).toBe(true);
    expect(verifySignature(sodiumCrypto, one)).toBe(true);
  }
  const [, first] = signed;
  invariant(first !== undefined, 'no vector');
  for (let bit = 0; bit < 512; bit++) {
    const signature = first.signature.slice();
    signature[bit >> 3] = (signature[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    expect(verifySignature(nodeCrypto, { ...first, signature })).toBe(false);
    expect(verifySignature(sodiumCrypto, { ...first, signature })).toBe(false);
  }
});

test('both ports hash alike', () => {
  for (let length = 0; length < 200; length++) {
    const data = new Uint8Array(length).fill(length);
    const expected = new Uint8Array(createHash('sha256').update(data).digest());

    expect(nodeCrypto.sha256(data)).toEqual(expected);
    expect(browserCrypto.sha256(data)).toEqual(expected);
  }
});

test('a signature that comes as a Buffer gets the same verdict and stays as it was', () => {
  const { privateKey, publicKey } = ed25519FromSeed(new Uint8Array(32).fill(5));
  for (let i = 0; i < 600; i++) {
    const message = utf8Encode(`message ${i}`);
    const signature = Buffer.from(signEd25519(privateKey, message));
    const before = Buffer.from(signature);

    expect(verifySignature(nodeCrypto, { message, signature, publicKey: Buffer.from(publicKey) })).toBe(true);
    expect(signature.equals(before)).toBe(true);
  }
});

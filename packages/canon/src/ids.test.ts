import { expect, test } from '@jest/globals';
import { commitmentOf } from './commitment.ts';
import {
  assertParsed,
  contractNameOf,
  fenOf,
  heightOf,
  keyIdOf,
  parseChainId,
  parseContractName,
  parseFen,
  parseHash,
  parseHeight,
  parseKeyId,
  parseOrganisationName,
  parseSubjectId,
  parseUnixMs,
  subjectIdOf,
} from './ids.ts';
import { InvariantError } from './invariant.ts';
import { generateEd25519, nodeCrypto, signEd25519 } from './node.ts';
import { isSoundPublicKey, verifySignature } from './signature-rule.ts';

test.each([
  ['height', parseHeight(-1n), parseHeight(2n ** 63n - 1n)],
  ['height above 63 bits', parseHeight(2n ** 63n), parseHeight(0n)],
  ['time', parseUnixMs(0.5), parseUnixMs(0)],
  ['fen', parseFen(-1), parseFen(Number.MAX_SAFE_INTEGER)],
  ['fen above 2^53 - 1', parseFen(2 ** 53), parseFen(0)],
  ['hash', parseHash(new Uint8Array(31)), parseHash(new Uint8Array(32))],
  ['chain id', parseChainId('a--b'), parseChainId('jincheng-health-1')],
  ['organisation', parseOrganisationName('.a'), parseOrganisationName('hospital-1')],
  ['contract', parseContractName('city.fiscal-receipt'), parseContractName('city.fiscal-receipt@v1')],
  ['key id', parseKeyId('='.repeat(43)), parseKeyId('A'.repeat(43))],
  ['subject id', parseSubjectId('a/b'), parseSubjectId('a_B-9')],
])('a bad %s is refused with MALFORMED and a good one is taken', (_, bad, good) => {
  expect(bad).toMatchObject({ ok: false, refusal: { code: 'MALFORMED' } });
  expect(good.ok).toBe(true);
});

test('a constructor throws on what a parser refuses', () => {
  expect(heightOf(7n)).toBe(7n);
  expect(fenOf(100)).toBe(100);
  expect(subjectIdOf('abc')).toBe('abc');
  expect(() => contractNameOf('nope')).toThrow(InvariantError);
  expect(() => assertParsed(parseFen(-1))).toThrow('MALFORMED {"expected"');
});

test('a fresh key signs, and only its own message under its own key', () => {
  const [one, two] = [generateEd25519(), generateEd25519()];
  const message = Uint8Array.of(1, 2, 3);
  const signature = signEd25519(one.privateKey, message);

  expect(isSoundPublicKey(one.publicKey)).toBe(true);
  expect(verifySignature(nodeCrypto, { message, signature, publicKey: one.publicKey })).toBe(true);
  expect(verifySignature(nodeCrypto, { message, signature, publicKey: two.publicKey })).toBe(false);
  expect(verifySignature(nodeCrypto, { message: Uint8Array.of(1), signature, publicKey: one.publicKey })).toBe(false);
  expect(keyIdOf(nodeCrypto.sha256, one.publicKey)).toHaveLength(43);
});

test('a public key that is no point of the curve is refused, not thrown at', () => {
  const publicKey = new Uint8Array(32).fill(2);

  expect(verifySignature(nodeCrypto, { message: publicKey, signature: new Uint8Array(64).fill(3), publicKey })).toBe(false);
});

test('a commitment hides behind its salt and binds the value', () => {
  const [salt, other] = [new Uint8Array(32), new Uint8Array(32).fill(1)];
  const commitment = commitmentOf(nodeCrypto.sha256, salt, { answer: 'yes' });

  expect(commitmentOf(nodeCrypto.sha256, salt, { answer: 'yes' })).toEqual(commitment);
  expect(commitmentOf(nodeCrypto.sha256, other, { answer: 'yes' })).not.toEqual(commitment);
  expect(commitmentOf(nodeCrypto.sha256, salt, { answer: 'no' })).not.toEqual(commitment);
  expect(() => commitmentOf(nodeCrypto.sha256, new Uint8Array(31), null)).toThrow(RangeError);
});

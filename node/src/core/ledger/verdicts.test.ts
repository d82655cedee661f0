import type { VerifyEd25519Elsewhere } from '@civitas/canon';
import { nodeCrypto } from '@civitas/canon/node';
import { aKeyPair } from '@civitas/testkit';
import { expect, test } from '@jest/globals';
import { type SignedUnder, sharedVerdictId, Verdicts } from './verdicts.ts';

const key = aKeyPair('hospital-1');
const message = Uint8Array.of(1, 2, 3);
const signed = (verdictId: string, signature = key.sign(message)): SignedUnder => ({
  verdictId,
  signature,
  publicKey: key.publicKey,
  message: () => message,
});

test('whoever asks for a verdict that is being found joins, and verify answers with it from then on', async () => {
  const verdicts = new Verdicts(nodeCrypto);
  let asked = 0;
  let answer: (verdict: boolean) => void = () => undefined;
  const elsewhere: VerifyEd25519Elsewhere = () => {
    asked += 1;
    return new Promise((resolve) => {
      answer = resolve;
    });
  };
  const found = [1, 2, 3].map(() => verdicts.verifyElsewhere(elsewhere, signed('a')));
  const other = verdicts.verifyElsewhere(async () => true, signed('b'));
  answer(false);

  expect(await Promise.all(found)).toEqual([false, false, false]);
  expect(await other).toBe(true);
  expect(asked).toBe(1);
  expect(verdicts.verify(signed('a'))).toBe(false);
  expect([verdicts.knows('a'), verdicts.knows('c')]).toEqual([true, false]);
});

test('a thread that fails is no verdict: the next who asks has it found anew', async () => {
  const verdicts = new Verdicts(nodeCrypto);

  await expect(verdicts.verifyElsewhere(async () => Promise.reject(new Error('gone')), signed('a'))).rejects.toThrow('gone');
  expect(verdicts.knows('a')).toBe(false);
  expect(verdicts.verify(signed('a'))).toBe(true);
});

test('the verdict of a shared signature is told by chain, key, signature, total and root, whichever was asked for before', () => {
  const [root, signature] = [new Uint8Array(32), new Uint8Array(64)];
  const other = aKeyPair('other').keyId;
  const ids = [
    sharedVerdictId('a-1', key.keyId, signature, { index: 0, total: 2, root }),
    sharedVerdictId('a-2', key.keyId, signature, { index: 0, total: 2, root }),
    sharedVerdictId('a-1', other, signature, { index: 0, total: 2, root }),
    sharedVerdictId('a-1', key.keyId, new Uint8Array(64).fill(1), { index: 0, total: 2, root }),
    sharedVerdictId('a-1', key.keyId, signature, { index: 0, total: 3, root }),
    sharedVerdictId('a-1', key.keyId, signature, { index: 0, total: 2, root: new Uint8Array(32).fill(1) }),
  ];

  expect(new Set(ids).size).toBe(ids.length);
  for (const index of [0, 1]) {
    expect(sharedVerdictId('a-1', key.keyId, new Uint8Array(64), { index, total: 2, root: new Uint8Array(32) })).toBe(ids[0]);
  }
});

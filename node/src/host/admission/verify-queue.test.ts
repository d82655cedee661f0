import { nodeCrypto, verifyEd25519InPool } from '@civitas/canon/node';
import { aKeyPair } from '@civitas/testkit';
import { expect, test } from '@jest/globals';
import { type SignedUnder, Verdicts } from '../../core/ledger/verdicts.ts';
import { nextTurn } from '../event-loop/next-turn.ts';
import { VERIFYING_MAX } from './limits.ts';
import { VerifyQueue } from './verify-queue.ts';

const key = aKeyPair('signer');

function signed(id: number, isValid = true): SignedUnder {
  const message = Uint8Array.of(id & 255, id >> 8);
  const signature = key.sign(isValid ? message : new Uint8Array(3));
  return { verdictId: String(id), signature, publicKey: key.publicKey, message: () => message };
}

test('verdicts of the pool are those of the rule, and the ledger is not asked to verify again', async () => {
  const asked: number[] = [];
  const counting = { ...nodeCrypto, verifyEd25519: () => asked.push(1) > 0 };
  const verdicts = new Verdicts(counting);
  const queue = new VerifyQueue(verdicts, verifyEd25519InPool);

  expect(await Promise.all([queue.ask(signed(1)), queue.ask(signed(2, false))])).toEqual([true, false]);
  expect([verdicts.verify(signed(1)), verdicts.verify(signed(2, false))]).toEqual([true, false]);
  expect(asked).toEqual([]);
});

test('answers keep the order of the questions whatever the threads do, and only so many run at once', async () => {
  const open: ((verdict: boolean) => void)[] = [];
  const queue = new VerifyQueue(new Verdicts(nodeCrypto), () => new Promise((resolve) => open.push(resolve)));
  const answered: number[] = [];
  const all = Array.from({ length: VERIFYING_MAX + 5 }, (_, id) => queue.ask(signed(id)).then(() => answered.push(id)));
  await nextTurn();

  expect(open).toHaveLength(VERIFYING_MAX);
  for (const resolve of open.splice(1)) resolve(true);
  await nextTurn();
  expect(answered).toEqual([]);
  while (answered.length < all.length) {
    for (const resolve of open.splice(0)) resolve(true);
    await nextTurn();
  }
  expect(answered).toEqual(all.map((_, id) => id));
});

test('a fault of the pool is thrown to the one who asked', async () => {
  const queue = new VerifyQueue(new Verdicts(nodeCrypto), () => Promise.reject(new Error('no threads')));

  await expect(queue.ask(signed(1))).rejects.toThrow('no threads');
});

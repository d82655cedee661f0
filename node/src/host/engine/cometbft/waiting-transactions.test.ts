import { nodeCrypto } from '@civitas/canon/node';
import { waitFor } from '@civitas/testkit';
import { expect, test } from '@jest/globals';
import { WAITING_BUNDLES_MAX } from '../limits.ts';
import { EngineFault } from './engine-fault.ts';
import type { Offered } from './engine-rpc.ts';
import { WaitingTransactions } from './waiting-transactions.ts';

function opened(says: (count: number) => Offered | 'silent' = () => 'taken') {
  const offered: Uint8Array[] = [];
  const clock = { ms: 100_000 };
  const waiting = new WaitingTransactions({
    sha256: nodeCrypto.sha256,
    nowMs: () => clock.ms,
    offer: async (transaction) => {
      offered.push(transaction);
      const answer = says(offered.length);
      if (answer === 'silent') throw new EngineFault('ENGINE_SILENT', 'gone');
      return answer;
    },
  });
  return { waiting, offered, clock };
}

const transaction = (n: number): Uint8Array => new Uint8Array(Buffer.from(`transaction ${n}`));

test('a transaction resolves with its place once its block is durable, whoever asked for it', async () => {
  const { waiting, offered } = opened();
  const asked = [waiting.submit(transaction(1)), waiting.submit(transaction(1)), waiting.submit(transaction(2))];
  waiting.committed(7, waiting.idsOf([transaction(9), transaction(2), transaction(1)]));
  expect(await Promise.all(asked)).toEqual([
    { height: 7, position: 2 },
    { height: 7, position: 2 },
    { height: 7, position: 1 },
  ]);
  expect(offered).toHaveLength(2);
  expect(waiting.count).toBe(0);
});

test('one that a silent or full engine did not take is offered again', async () => {
  const { waiting, offered } = opened((count) => (count === 1 ? 'silent' : count === 2 ? 'full' : 'taken'));
  const asked = waiting.submit(transaction(1));
  await waitFor('offered three times', () => offered.length === 3);
  expect(waiting.refusalOfMore()).toMatchObject({ code: 'ENGINE_BUSY', then: 'retry' });
  waiting.committed(1, waiting.idsOf([transaction(1)]));
  expect(await asked).toEqual({ height: 1, position: 0 });
});

test('one that the engine knows from a durable block answers with its place there', async () => {
  const { waiting } = opened(() => 'known');
  waiting.committed(3, waiting.idsOf([transaction(1)]));
  expect(await waiting.submit(transaction(1))).toEqual({ height: 3, position: 0 });
});

test('one that the application refused is known to be in no block', async () => {
  const { waiting } = opened(() => 'refused');
  await expect(waiting.submit(transaction(1))).rejects.toMatchObject({ refusal: { code: 'NOT_AUTHORISED' } });
});

test('more than may wait are refused with ENGINE_BUSY, and closing leaves nothing waiting', async () => {
  const { waiting } = opened();
  const asked = Array.from({ length: WAITING_BUNDLES_MAX }, (_, n) => waiting.submit(transaction(n)));
  await expect(waiting.submit(transaction(-1))).rejects.toMatchObject({ refusal: { code: 'ENGINE_BUSY' } });
  expect(waiting.refusalOfMore()).toMatchObject({ code: 'ENGINE_BUSY', facts: { waiting: WAITING_BUNDLES_MAX } });
  waiting.close();
  const settled = await Promise.allSettled(asked);
  expect(settled.every(({ status }) => status === 'rejected')).toBe(true);
  await expect(waiting.submit(transaction(1))).rejects.toThrow('closed');
});

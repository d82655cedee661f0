import { waitFor } from '@civitas/testkit';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { aDocument, type ConsensusNetwork, startConsensusNetwork } from './network/consensus-network.ts';
import { describeWithEngine } from './network/describe-with-engine.ts';

const WAIT_MS = 240_000;
/** Of ten validators three may fail: seven votes decide. */
const DOWN = [7, 8, 9] as const;
const ONE_TOO_MANY = 6;

let network: ConsensusNetwork;

describeWithEngine('a network of ten validators', () => {
  beforeAll(async () => {
    network = await startConsensusNetwork({ validators: 10, config: { emptyBlockIntervalMs: 1_000 } });
  });
  afterAll(() => network?.stop());

  test('goes on without three of them, halts without four and says so, and recovers by itself', async () => {
    for (const index of [0, 4, 9]) expect((await network.submit(index, aDocument())).outcome.ok).toBe(true);
    expect((await network.status(0)).validatorCount).toBe(10);

    for (const index of DOWN) await network.kill(index, 'both');
    expect((await network.submit(1, aDocument())).outcome.ok).toBe(true);

    await network.kill(ONE_TOO_MANY, 'both');
    await waitFor('a halt that is told', async () => (await network.status(0)).halted, WAIT_MS);
    expect(await network.refusalOf(0, aDocument())).toBe('HALTED');

    const { height } = await network.status(0);
    network.start(ONE_TOO_MANY);
    // Each hears of the block by itself, also the one that is asked next.
    for (const index of [0, 2]) {
      const goesOn = async (): Promise<boolean> => {
        const now = await network.status(index);
        return now.height > height && !now.halted;
      };
      await waitFor(`blocks again at node ${index}`, goesOn, WAIT_MS);
    }
    expect((await network.submit(2, aDocument())).outcome.ok).toBe(true);
    for (const index of DOWN) network.start(index);
    await network.agreement(network.indexes, WAIT_MS);
  });
});

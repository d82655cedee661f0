import { waitFor } from '@civitas/testkit';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { findNextEngine } from '../../tools/engine-next/engine-next.ts';
import { aDocument, type ConsensusNetwork, startConsensusNetwork } from './network/consensus-network.ts';
import { describeWithNextEngine } from './network/describe-with-engine.ts';

const WAIT_MS = 120_000;
/** Half of the network: neither release has a quorum of its own. */
const NEXT = [2, 3] as const;
const OWN = 0;

let network: ConsensusNetwork;

describeWithNextEngine('two releases of the engine in one network', () => {
  beforeAll(async () => {
    const engineBinary = findNextEngine()?.path('cometbft');
    const isNext = (index: number): boolean => NEXT.some((next) => next === index);
    network = await startConsensusNetwork({ node: (index) => (isNext(index) && engineBinary !== undefined ? { engineBinary } : {}) });
  });
  afterAll(() => network?.stop());

  /** A node knows its engine's version once it has looked at it, which it does each second. */
  const engineVersionOf = (index: number): Promise<string> =>
    waitFor(`the version of engine ${index}`, async () => (await network.status(index)).engineVersion || undefined, WAIT_MS);

  test('agree on every root, and each follows the other after a kill', async () => {
    expect(await engineVersionOf(NEXT[0])).not.toBe(await engineVersionOf(OWN));
    // As many blocks as there are proposers, at least.
    for (const index of [...network.indexes, ...network.indexes]) {
      expect((await network.submit(index, aDocument())).outcome.ok).toBe(true);
    }
    for (const index of [NEXT[0], OWN]) {
      await network.kill(index, 'both');
      expect((await network.submit(NEXT[1], aDocument())).outcome.ok).toBe(true);
      network.start(index);
      await network.agreement(network.indexes, WAIT_MS);
      // The next kill leaves a quorum only with its vote.
      await waitFor('it to follow', async () => (await network.status(index)).caughtUp, WAIT_MS);
    }
  });
});

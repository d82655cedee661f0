import { invariant } from '@civitas/canon';
import { nodeCrypto } from '@civitas/canon/node';
import {
  ABSENT_SIG,
  commitHash,
  decodeLightBlock,
  encodeLightBlock,
  FLAG_ABSENT,
  FLAG_COMMIT,
  type LightBlock,
  verifyCommit,
} from '@civitas/proofs';
import { printedSeed, seededRandom, waitFor } from '@civitas/testkit';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { describeWithLightcheck } from './conformance/describe-with-lightcheck.ts';
import type { EngineNetwork, EngineNode } from './conformance/engine-network.ts';
import { type Lightcheck, startLightcheck } from './conformance/lightcheck.ts';
import { put, type RealChain, type RealChainOptions, realChain, setPower } from './conformance/real-chain.ts';
import { compareVerdicts, ourVerdict, type Step, theirVerdict } from './conformance/verdicts.ts';

const isFull = process.env['CIVITAS_FULL'] === '1';
const random = seededRandom(printedSeed('light client'));

function nodeAt({ nodes }: EngineNetwork, index: number): EngineNode {
  const node = nodes[index];
  invariant(node !== undefined, `no node ${index}`);
  return node;
}

async function moreBlocks(node: EngineNode, count: number): Promise<void> {
  const { height } = await node.rpc.status();
  await waitFor(`${count} more blocks`, async () => (await node.rpc.status()).height >= height + count, 180_000);
}

const equalPowers = (count: number): bigint[] => Array.from({ length: count }, () => 10n);

/** What each network lives through. */
const lives: readonly (Omit<RealChainOptions, 'program'> & { readonly name: string })[] = [
  { name: '1 validator', powers: [10n], heightMin: 12, live: async (network) => put(nodeAt(network, 0), 'a') },
  {
    name: '4 validators, one hasty, one stopped for a while',
    powers: equalPowers(4),
    hasty: 3,
    heightMin: 24,
    live: async (network) => {
      await put(nodeAt(network, 1), 'a');
      await moreBlocks(nodeAt(network, 1), 4);
      await nodeAt(network, 0).signal('SIGSTOP');
      await moreBlocks(nodeAt(network, 1), 5);
      await nodeAt(network, 0).signal('SIGCONT');
    },
  },
  {
    name: '7 validators, one joining, one growing, one leaving, one killed',
    powers: equalPowers(7),
    followers: 1,
    heightMin: 30,
    live: async (network) => {
      await setPower(nodeAt(network, 0), nodeAt(network, 7), 10);
      await moreBlocks(nodeAt(network, 0), 4);
      await setPower(nodeAt(network, 1), nodeAt(network, 1), 25);
      await moreBlocks(nodeAt(network, 1), 4);
      await setPower(nodeAt(network, 1), nodeAt(network, 2), 0);
      await moreBlocks(nodeAt(network, 1), 4);
      await nodeAt(network, 4).signal('SIGKILL');
    },
  },
  {
    name: '13 validators of different power, one changing, three killed',
    powers: Array.from({ length: 13 }, (_, index) => BigInt(10 + (index % 3))),
    heightMin: 20,
    live: async (network) => {
      await setPower(nodeAt(network, 0), nodeAt(network, 7), 17);
      await moreBlocks(nodeAt(network, 0), 4);
      for (const index of [4, 5, 6]) await nodeAt(network, index).signal('SIGKILL');
    },
  },
];

/** The same commit with no more signatures than the quorum needs: each of them counts. */
function withBareQuorum(lightBlock: LightBlock): LightBlock {
  const { validators, commit } = lightBlock;
  const total = validators.reduce((sum, { power }) => sum + power, 0n);
  let signed = 0n;
  const signatures = commit.signatures.map((sig, index) => {
    if (sig.flag !== FLAG_COMMIT || signed * 3n > total * 2n) return ABSENT_SIG;
    signed += validators[index]?.power ?? 0n;
    return sig;
  });
  return { ...lightBlock, commit: { ...commit, signatures } };
}

for (const life of lives)
  describeWithLightcheck(`a real network of ${life.name}`, (program) => {
    // A block of many validators is as much longer and as much slower to verify. Odd: every bit of a byte has its turn.
    const thinner = isFull ? 1 : 2 * Math.floor(life.powers.length / 6) + 1;
    let chain: RealChain;
    let lightcheck: Lightcheck;
    const nowUnixMs = (): number => Date.now();
    const blockAt = (height: number): LightBlock => {
      const block = chain.lightBlocks[height - 1];
      invariant(block !== undefined, `no block ${height}`);
      return block;
    };
    const step = (from: number, to: number): Step => ({ trusted: blockAt(from), announced: blockAt(from + 1), next: blockAt(to) });

    beforeAll(async () => {
      lightcheck = startLightcheck(program);
      chain = await realChain({ program, ...life });
      process.stderr.write(`${life.name}: ${JSON.stringify({ ...chain, lightBlocks: chain.lightBlocks.length })}\n`);
    });
    afterAll(() => lightcheck.stop());

    test('lived through what it was meant to', () => {
      expect(chain.lightBlocks.length).toBeGreaterThanOrEqual(life.heightMin);
      if (life.hasty !== undefined) expect(chain.votes.forNothing).toBeGreaterThan(0);
      if (life.powers.length > 1) expect(chain.votes.absent).toBeGreaterThan(0);
      if (life.powers.length > 1) expect(chain.lateRounds).toBeGreaterThan(0);
      expect(chain.setChanges).toBe({ 7: 3, 13: 1 }[life.powers.length] ?? 0);
    });

    test('every light block reads back from its only encoding, with absent votes empty and the commit hash of the next header', () => {
      for (const [index, lightBlock] of chain.lightBlocks.entries()) {
        expect(decodeLightBlock(encodeLightBlock(lightBlock))).toEqual({ ok: true, value: lightBlock });
        for (const sig of lightBlock.commit.signatures) if (sig.flag === FLAG_ABSENT) expect(sig).toEqual(ABSENT_SIG);
        const following = chain.lightBlocks[index + 1];
        if (following !== undefined) expect(commitHash(nodeCrypto.sha256, lightBlock.commit)).toEqual(following.header.lastCommitHash);
      }
    });

    test('both clients accept every header, adjacent and skipping', async () => {
      const height = chain.lightBlocks.length;
      const steps = Array.from({ length: height - 1 }, (_, at) => step(at + 1, at + 2));
      for (let from = 1; from < height - 1; from += isFull ? 1 : 4) steps.push(step(from, height), step(from, from + 2));
      expect(verifyCommit(nodeCrypto, { chainId: chain.chainId, lightBlock: blockAt(1) }).ok).toBe(true);
      for (const each of steps) {
        const encoded = encodeLightBlock(each.next);
        expect(ourVerdict(each, encoded, nowUnixMs()).code).toBe('');
        expect(await theirVerdict(lightcheck, each, encoded, nowUnixMs())).toBe('');
      }
    });

    test("CometBFT's own light client walks our encodings, step by step and by bisection", async () => {
      const lightBlocks = chain.lightBlocks.map(encodeLightBlock);
      for (const sequential of [true, false])
        expect(await lightcheck.ask({ check: 'client', chainId: chain.chainId, lightBlocks, sequential, nowUnixMs: nowUnixMs() })).toBe('');
    });

    test('whatever is changed in a light block, both clients give one verdict, or a rule says why not', async () => {
      const oddest =
        chain.lightBlocks.findIndex(({ commit }, at) => at > 1 && commit.signatures.some(({ flag }) => flag !== FLAG_COMMIT)) + 1;
      const height = oddest > 1 ? oddest : 5;
      const heights = isFull ? chain.lightBlocks.map((_, at) => at + 1).slice(1) : [height];
      const bits = { stride: isFull ? 11 : 37 * thinner, offset: random.nextInt(37), nowUnixMs: nowUnixMs() };
      for (const each of heights) {
        const adjacent = await compareVerdicts(lightcheck, step(each - 1, each), bits);
        process.stderr.write(`${life.name}, height ${each}: ${JSON.stringify(adjacent)}\n`);
        expect(adjacent.unexplained).toEqual([]);
        expect(adjacent.bothRefuse).toBeGreaterThan(0);
      }
      const skipping = await compareVerdicts(lightcheck, step(1, chain.lightBlocks.length), { ...bits, stride: 3 * bits.stride });
      process.stderr.write(`${life.name}, skipping: ${JSON.stringify(skipping)}\n`);
      expect(skipping.unexplained).toEqual([]);
    });

    test('with no signature to spare, nothing that is changed is accepted by either', async () => {
      const height = 6;
      const bare = { ...step(height - 1, height), next: withBareQuorum(blockAt(height)) };
      const bits = { stride: isFull ? 1 : 17 * thinner, offset: random.nextInt(17), nowUnixMs: nowUnixMs() };
      const table = await compareVerdicts(lightcheck, bare, bits);
      process.stderr.write(`${life.name}, bare quorum: ${JSON.stringify(table)}\n`);
      expect(table).toMatchObject({ unexplained: [], bothAccept: 0, uncounted: 0 });
    });
  });

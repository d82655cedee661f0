import { readFileSync } from 'node:fs';
import { base64urlEncode, type JsonObject } from '@civitas/canon';
import { nodeCrypto } from '@civitas/canon/node';
import { decodeLightBlock, type LightBlock, verifyAdjacent, verifyCommit } from '@civitas/proofs';
import { waitFor } from '@civitas/testkit';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { ask } from '../../node/src/host/testing/test-processes.ts';
import { findEngineTools } from '../../tools/engine/engine-tools.ts';
import { organisationOf } from './network/birth.ts';
import { aDocument, type ConsensusNetwork, startConsensusNetwork } from './network/consensus-network.ts';

const DOCUMENTS = 12;
/** For each step on a loaded machine, ms. */
const WAIT_MS = 120_000;
/** The decision is told while it waits for its height: as long as nobody submits, these are as many seconds. */
const NOTICE_BLOCKS = 20;
const tools = findEngineTools();
let network: ConsensusNetwork;

beforeAll(async () => {
  network = await startConsensusNetwork({
    validators: 1,
    protocolVersion: 1,
    config: { emptyBlockIntervalMs: 1_000 },
    node: (index) => ({
      environment: { CIVITAS_HANDOVER_BINARY: tools?.path('handover') ?? '' },
      config: index === 0 ? { engine: 'embedded' } : {},
    }),
  });
});

afterAll(() => network?.stop());

async function lightBlocks(from: number, to: number): Promise<LightBlock[]> {
  const client = await network.clients.ledger(network.pod(0).options.address, organisationOf(0));
  const blocks: LightBlock[] = [];
  for (let height = from; height <= to; height += 1) {
    // A header that the engine was slow to say comes after its block.
    const { lightBlock } = await waitFor(
      `light block ${height}`,
      () => ask(client.getBlock.bind(client), { height: BigInt(height) }),
      WAIT_MS,
    );
    const decoded = decodeLightBlock(lightBlock);
    if (!decoded.ok) throw new Error(`${height}: ${decoded.refusal.code}`);
    blocks.push(decoded.value);
  }
  return blocks;
}

/** Walks a light client over adjacent headers; the last height it accepted. */
function follow(blocks: readonly LightBlock[]): number {
  const [first, ...rest] = blocks;
  if (first === undefined) return 0;
  const start = verifyCommit(nodeCrypto, { chainId: network.chainId, lightBlock: first });
  if (!start.ok) throw new Error(start.refusal.code);
  let trusted = start.value.header;
  for (const lightBlock of rest) {
    const next = verifyAdjacent(nodeCrypto, { trusted, lightBlock });
    if (!next.ok) throw new Error(`${lightBlock.header.height}: ${next.refusal.code} ${JSON.stringify(next.refusal.facts)}`);
    trusted = next.value.header;
  }
  return Number(trusted.height);
}

async function submitDocuments(count: number): Promise<void> {
  for (let at = 0; at < count; at += 1) expect((await network.submit(0, aDocument())).outcome.ok).toBe(true);
}

/** The embedded chain's own rules change on the way; the engine that takes it over goes on with the new ones. @returns their first height. */
async function goOverToNewRules(): Promise<number> {
  const change = { kind: 'activateProtocol', version: 2, afterBlocks: NOTICE_BLOCKS };
  const proposed = await network.submit(0, { contract: 'network.members@v1', method: 'propose', role: 'member', args: { change } });
  expect(proposed.outcome.ok).toBe(true);
  const scheduled = await waitFor(
    'the decision',
    async () => {
      const status = await network.status(0);
      return status.nextProtocolVersion === 2 && status;
    },
    WAIT_MS,
  );
  while ((await network.status(0)).protocolVersion < 2) await submitDocuments(1);
  await submitDocuments(2);
  return Number(scheduled.nextProtocolHeight);
}

async function growOnto(engine: 'cometbft'): Promise<void> {
  const pod = network.pod(0);
  const config = JSON.parse(readFileSync(pod.pathOf('config'), 'utf8')) as JsonObject;
  await pod.stop();
  pod.write('config', JSON.stringify({ ...config, engine }));
  pod.start();
  await waitFor('the engine', async () => (await network.status(0)).engine === engine && (await network.status(0)).signing, WAIT_MS);
  // Before its first block a node whose hand-over took long says that it is halted, and takes no work.
  const { height } = await network.status(0);
  await waitFor('a block of the engine', async () => (await network.status(0)).height > height, WAIT_MS);
}

async function makeValidator(index: number): Promise<void> {
  const { consensusPublicKey } = await network.keys(index);
  const change = {
    kind: 'addValidator',
    publicKey: base64urlEncode(consensusPublicKey),
    node: network.pod(index).options.name,
    organisation: organisationOf(index),
  };
  const before = (await network.status(0)).validatorCount;
  const proposed = await waitFor(
    'the proposal',
    async () => {
      const receipt = await network.submit(0, { contract: 'network.members@v1', method: 'propose', role: 'member', args: { change } });
      return receipt.outcome.ok ? receipt : undefined;
    },
    WAIT_MS,
  );
  expect(proposed.outcome.ok).toBe(true);
  await waitFor('the new set', async () => (await network.status(0)).validatorCount === before + 1, WAIT_MS);
}

test('a network born on the embedded engine goes on with four real validators, under its own genesis', async () => {
  await submitDocuments(DOCUMENTS);
  const rulesSince = await goOverToNewRules();
  const born = await network.status(0);
  const bornHash = network.genesisHash;

  await growOnto('cometbft');
  const grown = await network.status(0);
  expect(grown.height).toBeGreaterThanOrEqual(born.height);
  expect(grown.genesisHash).toEqual(bornHash);
  await submitDocuments(DOCUMENTS);

  // Newcomers execute every block again from height 1 before anyone counts on them.
  for (let added = 1; added <= 3; added += 1) {
    const { index } = await network.addNode();
    await network.waitForHeight(Number((await network.status(0)).height), [index], WAIT_MS);
    await makeValidator(index);
  }
  await submitDocuments(DOCUMENTS);
  const { height } = await network.agreement();
  expect(height).toBeGreaterThan(Number(born.height));

  // Whoever followed this chain before follows it still: every header from the first to the newest.
  const blocks = await lightBlocks(1, height);
  expect(follow(blocks)).toBe(height);
  expect(blocks.map(({ header }) => header.appProtocol)).toEqual(blocks.map((_, at) => (at + 1 < rulesSince ? 0n : 2n)));
  expect(blocks.at(-1)?.validators.length).toBe(4);

  await network.kill(3, 'both');
  await submitDocuments(2);
});

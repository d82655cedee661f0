import { cpSync, existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { base64urlDecode, type Json, parseCanonical } from '@civitas/canon';
import { nodeCrypto } from '@civitas/canon/node';
import {
  decodeLightBlock,
  FLAG_COMMIT,
  type LightBlock,
  proofFromJson,
  receiptProofFromJson,
  verifyCommit,
  verifyMembership,
  verifyReceipt,
} from '@civitas/proofs';
import type { GetBlockResponse } from '@civitas/proto/civitas/node/v1/ledger';
import { traceIdOf } from '@civitas/telemetry';
import { type OtlpReceiver, openOtlpReceiver } from '@civitas/telemetry/testing';
import { waitFor } from '@civitas/testkit';
import { status } from '@grpc/grpc-js';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { AbciStep } from '../../node/src/host/engine/cometbft/abci-application.ts';
import { ask } from '../../node/src/host/testing/test-processes.ts';
import { otlpTracing } from '../../packages/telemetry/src/tracing/otlp-tracing.ts';
import { aDocument, type ConsensusNetwork, startConsensusNetwork } from './network/consensus-network.ts';
import { describeWithEngine } from './network/describe-with-engine.ts';
import { type Pod, PRELOAD } from './network/pod.ts';

const CRASHING_NODE = fileURLToPath(new URL('./network/crashing-node.ts', import.meta.url));
const COME_BACK_MS = 120_000;
/** The node whose process can be told to die at a step. */
const FRAGILE = 3;
/** Of a thousand operations, how many are traced: enough that some of a few are and some are not. */
const SAMPLE_PER_MILLE = 500;
const TRACED_OPERATIONS = 16;
const SPANS_MS = 120_000;

let network: ConsensusNetwork;
let collector: OtlpReceiver;

function json(bytes: Uint8Array): Json {
  const parsed = parseCanonical(bytes);
  if (!parsed.ok) throw new Error(parsed.refusal.code);
  return parsed.value;
}

function assertOk<T>(result: { ok: true; value: T } | { ok: false; refusal: { code: string } }): T {
  if (!result.ok) throw new Error(result.refusal.code);
  return result.value;
}

/** A light block whose signatures hold and whose set is the genesis's. */
function certified(bytes: Uint8Array): LightBlock {
  const lightBlock = assertOk(decodeLightBlock(new Uint8Array(bytes)));
  const { signedPower, totalPower } = assertOk(verifyCommit(nodeCrypto, { chainId: network.chainId, lightBlock }));
  expect(lightBlock.commit.signatures).toHaveLength(4);
  expect(lightBlock.commit.signatures.filter(({ flag }) => flag === FLAG_COMMIT).length).toBeGreaterThanOrEqual(3);
  expect(signedPower * 3n).toBeGreaterThan(totalPower * 2n);
  const known = new Set(network.genesis.validators.map(({ publicKey }) => base64urlDecode(publicKey)?.join()));
  expect(lightBlock.validators.every(({ publicKey }) => known.has(publicKey.join()))).toBe(true);
  return lightBlock;
}

/** How often a pod's engine container became CometBFT. */
function engineStarts(pod: Pod): number {
  return pod.logOf('engine').split('starting-engine').length - 1;
}

/** Until a node follows again: serving, well, and at one height with the others. */
async function isBack(index: number): Promise<void> {
  await waitFor(
    `node ${index} is back`,
    async () => {
      const { phase, unwell, caughtUp } = await network.status(index);
      return phase === 'Serving' && unwell === '' && caughtUp;
    },
    COME_BACK_MS,
  );
  await network.agreement();
}

describeWithEngine('a network of four validators', () => {
  beforeAll(async () => {
    collector = await openOtlpReceiver();
    network = await startConsensusNetwork({
      config: { emptyBlockIntervalMs: 1_000, tracing: { endpoint: collector.endpoint, samplePerMille: SAMPLE_PER_MILLE } },
      node: (index) => (index === FRAGILE ? { entryPoints: { node: ['--import', PRELOAD, CRASHING_NODE, 'serve'] } } : {}),
    });
  });
  afterAll(async () => {
    await network?.stop();
    await collector?.close();
  });

  test('commits operations through every node and stands at one root', async () => {
    for (const index of network.indexes) {
      const receipt = await network.submit(index, aDocument());
      expect(receipt.outcome).toMatchObject({ ok: true });
    }
    const { height } = await network.agreement();
    expect(height).toBeGreaterThanOrEqual(network.pods.length);
    for (const index of network.indexes) {
      expect(await network.status(index)).toMatchObject({
        phase: 'Serving',
        engine: 'cometbft',
        validatorCount: 4,
        signing: true,
        halted: false,
        unwell: '',
      });
    }
  });

  test('joins one trace an operation over all four nodes, which sample the same, and works on when the collector falls silent', async () => {
    const samples = otlpTracing({ endpoint: collector.endpoint, samplePerMille: SAMPLE_PER_MILLE, service: 'test', attributes: {} });
    const traced: string[] = [];
    const untraced: string[] = [];
    for (let count = 0; count < TRACED_OPERATIONS; count++) {
      const { operation } = await network.submit(count % network.pods.length, aDocument());
      (samples.samples(operation) ? traced : untraced).push(traceIdOf(operation));
    }
    await samples.close();
    const spansOf = (traceId: string, name: string) => collector.spans.filter((span) => span.traceId === traceId && span.name === name);
    const nodes = network.pods.map(({ options }) => options.name);
    for (const traceId of traced)
      await waitFor(
        `trace ${traceId} of every node`,
        async () => spansOf(traceId, 'operation').length === 1 && spansOf(traceId, 'block.persist').length === nodes.length,
        SPANS_MS,
      );
    for (const traceId of traced) {
      const executions = spansOf(traceId, 'block.execute');
      expect([executions.length, new Set(executions.map(({ resource }) => resource['node']))]).toEqual([nodes.length, new Set(nodes)]);
      expect(new Set(executions.map(({ parentSpanId }) => parentSpanId))).toEqual(new Set([spansOf(traceId, 'operation')[0]?.spanId]));
    }
    expect(collector.spans.filter(({ traceId }) => untraced.includes(traceId))).toEqual([]);

    collector.goSilent();
    for (const index of network.indexes) expect((await network.submit(index, aDocument())).outcome).toMatchObject({ ok: true });
  });

  test('proves receipts and records under a header that its validators signed', async () => {
    const document = aDocument();
    const receipt = await network.submit(1, document);
    await network.waitForHeight(receipt.height + 1);
    const client = await network.clients.ledger(network.pod(2).options.address, 'hospital-2');

    const request = { operationHash: receipt.operation, withProof: true, withOperation: false };
    // A header that the engine was slow to say comes after its block.
    const receiptAnswer = await waitFor('a proven receipt', () => ask(client.getReceipt.bind(client), request), COME_BACK_MS);
    const { header } = certified(receiptAnswer.lightBlock);
    const proven = assertOk(verifyReceipt(nodeCrypto.sha256, { proof: assertOk(receiptProofFromJson(json(receiptAnswer.proof))), header }));
    expect(proven.outcome).toMatchObject({ ok: true });

    const key = `health.index/documents/${String(document.args['id'])}`;
    const read = await ask(client.read.bind(client), { key, withProof: true, headerHeight: 0n });
    const root = certified(read.lightBlock).header.appHash;
    const proof = assertOk(proofFromJson(json(read.proof)));
    expect(read.found).toBe(true);
    expect(
      verifyMembership(nodeCrypto.sha256, { root, key: new TextEncoder().encode(key), value: new Uint8Array(read.value), proof }),
    ).toBe(true);
  });

  test('answers with the bundles of a block from the engine that keeps it', async () => {
    const { height } = await network.submit(0, aDocument());
    const client = await network.clients.ledger(network.pod(3).options.address, 'hospital-1');
    const block = (): Promise<GetBlockResponse> => ask(client.getBlock.bind(client), { height: BigInt(height) });
    const { bundles } = await waitFor(`block ${height} with its header`, block, COME_BACK_MS);
    expect(bundles.map(({ operations }) => operations.length)).toEqual([1]);
  });

  test('goes on when one validator is killed, which comes back and catches up', async () => {
    await network.kill(1, 'both');
    for (let count = 0; count < 3; count++) expect((await network.submit(0, aDocument())).outcome).toMatchObject({ ok: true });
    network.start(1);
    await isBack(1);
    expect((await network.submit(1, aDocument())).outcome).toMatchObject({ ok: true });
  });

  test.each(['engine', 'node'] as const)('brings a pod back whose %s alone was killed: neither runs without the other', async (part) => {
    const before = network.pod(2).exits.length;
    await network.kill(2, part);
    await waitFor('both ended', () => network.pod(2).exits.length >= before + 2, COME_BACK_MS);
    const [first, second] = network.pod(2).exits.slice(before);
    expect(first).toBe(`${part} code=null signal=SIGKILL`);
    // A node without an engine fails; an engine without a node ends by itself, or is ended by the next node.
    expect(second).toMatch(
      part === 'engine' ? /^node code=1 signal=null$/ : /^engine code=(?:0 signal=null|null signal=SIG(?:TERM|KILL))$/,
    );
    if (part === 'engine') expect(network.pod(2).logOf('node')).toContain('the engine is gone');
    await isBack(2);
  });

  test.each<AbciStep>(['finalize-asked', 'finalize-done', 'commit-asked', 'commit-durable'])(
    'replays to the same root after a kill -9 at %s',
    async (step) => {
      const { options } = network.pod(FRAGILE);
      writeFileSync(join(options.root, 'crash-at'), step);
      expect((await network.submit(0, aDocument())).outcome).toMatchObject({ ok: true });
      await waitFor('the crash', () => !existsSync(join(options.root, 'crash-at')), COME_BACK_MS);
      await isBack(FRAGILE);
      const verified = await network.clients.admin(options.address);
      expect(await ask(verified.verify.bind(verified), {})).toMatchObject({ ok: true });
    },
  );

  test('keeps a second pod with the same keys silent, for it has no grant', async () => {
    const copy = join(network.folder, 'copy-of-health-1');
    await network.pod(1).stop();
    cpSync(network.pod(1).options.root, copy, { recursive: true, filter: (path) => !path.endsWith('.sock') });
    network.start(1);
    await isBack(1);
    const pod = network.addPod({ name: 'copy-of-health-1', root: copy });
    const index = network.pods.length - 1;
    const startsBefore = engineStarts(pod);
    try {
      pod.start();
      await waitFor('the copy awaits its grant', async () => (await network.status(index)).phase === 'AwaitingGrant', COME_BACK_MS);
      expect((await network.submit(0, aDocument())).outcome).toMatchObject({ ok: true });
      expect(await network.status(index)).toMatchObject({
        phase: 'AwaitingGrant',
        signing: false,
        unwell: 'node: awaiting its signing grant',
      });
      // Another pod's grant opens nothing here, nor does a release that was copied with the volume.
      cpSync(join(network.pod(1).engineHome, 'released'), join(pod.engineHome, 'released'));
      expect(engineStarts(pod)).toBe(startsBefore);
    } finally {
      await pod.stop();
      network.pods.pop();
    }
  });

  test('halts below a quorum, says so with its numbers, refuses work, and recovers by itself', async () => {
    await Promise.all([network.kill(1, 'both'), network.kill(2, 'both')]);
    const left = await Promise.all([0, FRAGILE].map((index) => network.status(index)));
    const height = Math.max(...left.map((status) => Number(status.height)));
    const operation = network.sign(aDocument());
    const accepted = network.submitOnce(0, operation).catch(() => undefined);
    const votes = /^engine: halted, votes from [12] of 4 validators, 3 needed$/;
    const said = await waitFor(
      'halted',
      async () => {
        const now = await network.status(0);
        return now.halted && votes.test(now.unwell) ? now : undefined;
      },
      COME_BACK_MS,
    );
    expect(Number(said.height)).toBeLessThanOrEqual(height + 2);
    const refused = network.submitOnce(0, network.sign(aDocument()));
    await expect(refused).rejects.toMatchObject({ code: status.RESOURCE_EXHAUSTED, details: 'HALTED' });
    await accepted;

    network.start(1);
    network.start(2);
    // The halted ones too: a restarted node has not waited long enough to know.
    for (const index of network.indexes) await isBack(index);
    // Its fate was unknown, never failed: the repeat finds what became of the first.
    expect((await network.submitSigned(0, operation)).outcome).toMatchObject({ ok: true });
    expect(await network.status(0)).toMatchObject({ halted: false, unwell: '' });
  });

  test('stops and starts a validator with its grant', async () => {
    const before = network.pod(2).exits.length;
    await network.setGrant(2, false);
    await waitFor('both ended', () => network.pod(2).exits.length >= before + 2, COME_BACK_MS);
    await waitFor('awaits its grant', async () => (await network.status(2)).phase === 'AwaitingGrant', COME_BACK_MS);
    await network.setGrant(2, true);
    await isBack(2);
  });
});

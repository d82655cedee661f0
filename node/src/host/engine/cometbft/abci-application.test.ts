import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { equalBytes } from '@civitas/canon';
import { nodeCrypto } from '@civitas/canon/node';
import { afterEach, expect, test } from '@jest/globals';
import * as abci from 'cosmjs-types/tendermint/abci/types';
import { BLOCK_OPERATIONS_MAX, BUNDLE_BYTES_MAX } from '../../../core/ledger/limits.ts';
import { NEWEST_PROTOCOL } from '../../../core/protocol/rules.ts';
import { holdBudget } from '../../event-loop/testing/held-budget.ts';
import { aBundle, aNetwork, anEnvelope, aPackedBundle, approverKey, probe, type TestNetwork } from '../../ledger/ledger-fixture.ts';
import type { LedgerHost } from '../../ledger/ledger-host.ts';
import { type LedgerHostOptions, openLedgerHost } from '../../ledger/open-ledger-host.ts';
import type { Engine } from '../engine.ts';
import { AbciApplication, type AbciStep } from './abci-application.ts';

const network = aNetwork('jincheng-health-1');
const BLOCK_MS = network.genesis.genesisTimeUnixMs + 1000;
const cleanups: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** An engine that orders nothing by itself: the test calls the application as CometBFT does. */
const NO_ENGINE: Engine = {
  submit: () => Promise.reject(new Error('no engine')),
  isSigning: () => false,
  health: () => ({ awaiting: '', version: '', peerCount: 0, isHalted: false, isCaughtUp: true, round: 0, proposer: '', unwell: '' }),
  refusalOfWork: () => undefined,
  proposerPriorities: async () => undefined,
  transactionsAt: async () => undefined,
  close: async () => undefined,
};

async function opened(folder = mkdtempSync(join(tmpdir(), 'civitas-abci-')), more: Partial<LedgerHostOptions> = {}, born = network) {
  cleanups.push(async () => rmSync(folder, { recursive: true, force: true }));
  const steps: AbciStep[] = [];
  let made: AbciApplication | undefined;
  const host: LedgerHost = await openLedgerHost({
    dataDir: folder,
    genesis: born.genesisBytes,
    consensusKey: born.consensus,
    crypto: nodeCrypto,
    clock: { nowUnixMs: () => BLOCK_MS, setTimer: () => () => undefined },
    log: { error: () => undefined },
    options: {
      signing: { granted: () => true, onChange: () => () => undefined },
      contracts: [probe],
      ...more,
      openEngine: ({ genesis, application }) => {
        const parts = { genesis, version: 'test', application, snapshots: undefined, onDurable: () => undefined };
        made = new AbciApplication({ ...parts, lightBlockOf: async () => undefined, onStep: (step) => steps.push(step) });
        return NO_ENGINE;
      },
    },
  });
  if (made === undefined) throw new Error('no engine was opened');
  let isOpen = true;
  const close = async (): Promise<void> => {
    if (isOpen) await host.close();
    isOpen = false;
  };
  cleanups.push(close);
  return { app: made, host, folder, steps, close };
}

const operation = (intent: number, of = network, value = 'v') =>
  anEnvelope(of, { expiresAtUnixMs: BLOCK_MS + 600_000, intent, args: { id: `i${intent}`, value } });
const bundle = (...intents: number[]) =>
  aBundle(
    network,
    intents.map((intent) => operation(intent)),
  );

function aBlock(height: number, txs: readonly Uint8Array[], more: Partial<abci.RequestFinalizeBlock> = {}): abci.RequestFinalizeBlock {
  const time = { seconds: BigInt(Math.floor(BLOCK_MS / 1000) + height), nanos: 5 };
  return abci.RequestFinalizeBlock.fromPartial({
    height: BigInt(height),
    txs: [...txs],
    hash: new Uint8Array(32).fill(height),
    time,
    ...more,
  });
}

async function isAccepted(app: AbciApplication, txs: readonly Uint8Array[]): Promise<boolean> {
  const { status } = await app.processProposal(abci.RequestProcessProposal.fromPartial({ txs: [...txs] }));
  return status === abci.ResponseProcessProposal_ProposalStatus.ACCEPT;
}

test('a proposal is rejected only for what its bytes decide', async () => {
  const { app } = await opened();
  const other: TestNetwork = aNetwork('jincheng-courts-1');
  const tooMany = Array.from({ length: BLOCK_OPERATIONS_MAX + 1 }, (_, n) => bundle(n));

  expect(await isAccepted(app, [])).toBe(true);
  expect(await isAccepted(app, [bundle(1), bundle(2)])).toBe(true);
  expect(await isAccepted(app, [new Uint8Array([1, 2, 3])])).toBe(false);
  expect(await isAccepted(app, [bundle(1), new Uint8Array(0)])).toBe(false);
  expect(await isAccepted(app, [new Uint8Array(BUNDLE_BYTES_MAX + 1)])).toBe(false);
  expect(await isAccepted(app, [aBundle(other, [operation(1)], { chainId: other.chainId })])).toBe(false);
  expect(await isAccepted(app, tooMany)).toBe(false);
  // What only the state decides executes as a refusal: an honest proposal never falls for a neighbour's fault.
  expect(await isAccepted(app, [bundle(1), bundle(1)])).toBe(true);
  expect(await isAccepted(app, [aBundle(network, [operation(1)], { signature: new Uint8Array(64) })])).toBe(true);
  expect(await isAccepted(app, [aBundle(network, [anEnvelope(network, { expiresAtUnixMs: 1, intent: 1 })])])).toBe(true);
});

test('bundles that the engine offers together are read in their turns', async () => {
  const { app } = await opened();
  const held = holdBudget();
  const checking = [1, 2].map((intent) => app.checkTx(abci.RequestCheckTx.fromPartial({ tx: bundle(intent) })));
  expect(held.waiting).toBe(2);
  held.release();
  expect((await Promise.all(checking)).map(({ code }) => code)).toEqual([0, 0]);
});

test('packed bundles are read from their protocol version on; before it they are bytes that say nothing', async () => {
  const born = aNetwork('jincheng-health-1', { protocolVersion: 4 });
  for (const [of, isRead] of [
    [network, false],
    [born, true],
  ] as const) {
    const { app, host } = await opened(undefined, {}, of);
    const packed = aPackedBundle(of, [operation(1, of), operation(2, of)]);

    expect(host.readsPackedBundles).toBe(isRead);
    expect(await isAccepted(app, [packed])).toBe(isRead);
    expect((await app.checkTx(abci.RequestCheckTx.fromPartial({ tx: packed }))).code === 0).toBe(isRead);
    const { txResults = [] } = await app.finalizeBlock(aBlock(1, [packed, aBundle(of, [operation(3, of)])]));
    expect(txResults.map(({ code }) => code)).toEqual([isRead ? 0 : 1, 0]);
    await app.commit();
    expect([1, 2, 3].map((id) => host.read(`test.probe/items/i${id}`) !== undefined)).toEqual([isRead, isRead, true]);
  }
});

test('a block counts packed bundles for what is in them', async () => {
  const born = aNetwork('jincheng-health-1', { protocolVersion: 4 });
  const { app } = await opened(undefined, {}, born);
  const large = Array.from({ length: 50 }, (_, n) => aPackedBundle(born, [operation(n, born, 'v'.repeat(90_000))]));

  expect(large.reduce((sum, bytes) => sum + bytes.length, 0)).toBeLessThan(BUNDLE_BYTES_MAX);
  expect(await isAccepted(app, large.slice(0, 40))).toBe(true);
  expect(await isAccepted(app, large)).toBe(false);
  const prepared = await app.prepareProposal(abci.RequestPrepareProposal.fromPartial({ txs: large, maxTxBytes: 300_000n }));
  expect(prepared.txs?.length).toBe(3);
});

test('a proposer takes what waits in order, leaves out what would be rejected, and stays within its bounds', async () => {
  const { app } = await opened();
  const [first, second, third] = [bundle(1), bundle(2, 3), bundle(4)];
  const prepare = async (txs: Uint8Array[], maxTxBytes: number) =>
    (await app.prepareProposal(abci.RequestPrepareProposal.fromPartial({ txs, maxTxBytes: BigInt(maxTxBytes) }))).txs ?? [];

  const all = await prepare([first, new Uint8Array([9]), second, third], 1_000_000);
  expect(all.map((tx) => tx.length)).toEqual([first.length, second.length, third.length]);
  expect(await isAccepted(app, all)).toBe(true);
  expect(await prepare([first, second, third], first.length + 5)).toHaveLength(1);
});

test("the mempool takes a gateway's bundles and no others", async () => {
  const { app } = await opened();
  const code = async (tx: Uint8Array) => (await app.checkTx(abci.RequestCheckTx.fromPartial({ tx }))).code;
  expect(await code(bundle(1))).toBe(0);
  expect(await code(new Uint8Array([1]))).toBe(1);
  expect(await code(aBundle(network, [operation(1)], { signature: new Uint8Array(64) }))).toBe(1);
  expect(await code(aBundle(network, [operation(1)], { gateway: 'stranger' }))).toBe(1);
});

test('the chain begins with the root of the genesis state, and no other chain begins here', async () => {
  const { app, host } = await opened();
  const begin = (chainId: string) => app.initChain(abci.RequestInitChain.fromPartial({ chainId, initialHeight: 1n }));
  expect((await begin(network.chainId)).appHash).toEqual(host.status().root);
  await expect(begin('jincheng-courts-1')).rejects.toThrow('the engine begins jincheng-courts-1');
});

test('a block executed again before its commit, or by another process from the last durable one, gives the same root', async () => {
  const { app, host, folder, steps, close } = await opened();
  const block = aBlock(1, [bundle(1, 2), new Uint8Array([7]), bundle(2, 3)]);
  const first = await app.finalizeBlock(block);
  const again = await app.finalizeBlock(aBlock(1, [bundle(1, 2), new Uint8Array([7]), bundle(2, 3)]));
  expect(again.appHash).toEqual(first.appHash);
  expect(first.txResults?.map(({ code }) => code)).toEqual([0, 1, 0]);
  await close();

  const second = await opened(folder);
  expect((await second.app.info()).lastBlockHeight).toBe(0n);
  const replayed = await second.app.finalizeBlock(block);
  expect(replayed.appHash).toEqual(first.appHash);
  await second.app.commit();
  const { lastBlockHeight, lastBlockAppHash } = await second.app.info();
  expect(lastBlockHeight).toBe(1n);
  expect(equalBytes(lastBlockAppHash ?? new Uint8Array(0), replayed.appHash ?? new Uint8Array(0))).toBe(true);
  expect(steps).toEqual(['finalize-asked', 'finalize-done', 'finalize-asked', 'finalize-done']);
  expect(host.genesis.chainId).toBe(network.chainId);
  // Replayed to the same key twice, once charged: what was executed is refused as a duplicate in the same block.
  expect(second.host.read('test.probe/items/i3')).toEqual({ value: 'v' });
});

test('an empty block leaves the root as it was; one with evidence records it', async () => {
  const { app, host } = await opened();
  const before = host.status().root;
  expect((await app.finalizeBlock(aBlock(1, []))).appHash).toEqual(before);
  await app.commit();
  const misbehavior = [
    abci.Misbehavior.fromPartial({
      type: abci.MisbehaviorType.DUPLICATE_VOTE,
      validator: { address: new Uint8Array(20).fill(3), power: 10n },
      height: 1n,
      time: { seconds: BigInt(BLOCK_MS / 1000), nanos: 0 },
      totalVotingPower: 40n,
    }),
  ];
  await app.finalizeBlock(aBlock(2, [], { misbehavior }));
  await app.commit();
  expect(host.status().root).not.toEqual(before);
  expect(host.read(`network.validators/misbehaviour/000000000001-${'03'.repeat(20)}`)).toMatchObject({ kind: 'duplicate-vote', power: 10 });
});

test('what the engine must never ask is a fault, not an answer', async () => {
  const { app } = await opened();
  await expect(app.commit()).rejects.toThrow('commit without a block');
  await expect(app.finalizeBlock(aBlock(5, []))).rejects.toThrow('block 5 to execute over 0');
  await expect(app.extendVote()).rejects.toThrow('vote extensions');
});

const governance = (intent: number, parts: object) =>
  aBundle(network, [anEnvelope(network, { expiresAtUnixMs: BLOCK_MS + 600_000, intent, contract: 'network.members@v1', ...parts })]);
const activation = governance(100, {
  method: 'propose',
  args: { id: 'p', change: { kind: 'activateProtocol', version: 2, afterBlocks: 2 } },
});
const approval = governance(101, { method: 'approve', args: { proposal: 'p' }, coSigners: [approverKey] });

/** Blocks 1 to 3: protocol 2 is in force from block 4 on. */
async function upToActivation(app: AbciApplication): Promise<readonly (bigint | undefined)[]> {
  const announced: (bigint | undefined)[] = [];
  for (const [at, txs] of [[activation], [approval], []].entries()) {
    const { consensusParamUpdates } = await app.finalizeBlock(aBlock(at + 1, txs));
    announced.push(consensusParamUpdates?.version?.app);
    await app.commit();
  }
  return announced;
}

test('the engine hears of a protocol version one block before the first header that carries it', async () => {
  const { app, host } = await opened();
  expect((await app.info()).appVersion).toBe(0n);
  expect(await upToActivation(app)).toEqual([undefined, undefined, 2n]);
  expect((await app.info()).appVersion).toBe(2n);
  expect(host.status().protocol).toEqual({ version: 2, next: undefined, newestVersion: NEWEST_PROTOCOL });
  expect((await app.finalizeBlock(aBlock(4, []))).consensusParamUpdates).toBeUndefined();
});

test('a release that does not know the version executes up to it and no further; a newer one goes on from the same data', async () => {
  const old = await opened(undefined, { newestProtocol: 1 });
  await upToActivation(old.app);
  const reached = { name: 'HandOverReached', message: expect.stringContaining('protocol 2 is in force from height 4') };
  await expect(old.app.finalizeBlock(aBlock(4, []))).rejects.toMatchObject(reached);
  await expect(old.app.info()).rejects.toMatchObject(reached);
  await expect(old.app.prepareProposal(abci.RequestPrepareProposal.fromPartial({}))).rejects.toMatchObject(reached);
  await expect(isAccepted(old.app, [])).rejects.toMatchObject(reached);
  const { root, height } = old.host.status();
  expect(height).toBe(3);
  await old.close();

  const { app, host } = await opened(old.folder);
  expect(host.status()).toMatchObject({ root, height: 3 });
  await app.finalizeBlock(aBlock(4, [bundle(1)]));
  await app.commit();
  expect(host.read('test.probe/items/i1')).toEqual({ value: 'v' });
});

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { PORTS } from '@civitas/deployment';
import { LateError, printedSeed, seededRandom, waitFor } from '@civitas/testkit';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { ClientLoad } from './faults/client-load.ts';
import { findingsOfRun } from './faults/judge.ts';
import { NetworkNamespaces, whyNoNamespaces } from './faults/network-namespaces.ts';
import { NetworkWatcher } from './faults/network-watcher.ts';
import { EvidenceCollector } from './faults/run-evidence.ts';
import { type ConsensusNetwork, startConsensusNetwork } from './network/consensus-network.ts';
import { describeWithEngine } from './network/describe-with-engine.ts';

const VALIDATORS = 4;
const CLIENTS = 4;
const PROGRESS = 3;
/** Bound of what a network does by itself; a connection that was cut sends again after as long as the cut took. */
const LIVENESS_MS = 90_000;
/** The cut node must have missed so many blocks, or it has nothing to catch up with. */
const MISSED_BLOCKS = 3;

/** CometBFT dials for two to three minutes, then after pauses of 3, 9, 27, 81, 243 … s. */
const LONG_CUT_MS = Number(process.env['CIVITAS_LONG_CUT_MS'] ?? 480_000);
const isFull = process.env['CIVITAS_FULL'] === '1';

const why = whyNoNamespaces();
if (why !== undefined) process.stderr.write(`SKIPPED: network cuts: ${why}\n`);
const describeWhereAllowed = why === undefined || process.env['CI'] !== undefined ? describe : describe.skip;

let hosts: NetworkNamespaces;
let network: ConsensusNetwork;
let watcher: NetworkWatcher;
let load: ClientLoad;
let folder: string;
let fromHeight: number;

/** Until the nodes stand where the others stand and say that they are well. */
async function areBack(nodes: readonly number[]): Promise<void> {
  for (const node of nodes) {
    const isBack = async (): Promise<boolean> => {
      const { unwell, caughtUp, height } = await network.status(node);
      return unwell === '' && caughtUp && Number(height) + 10 >= watcher.height;
    };
    await waitFor(`node ${node} to be back`, isBack, LIVENESS_MS);
  }
}

async function sayHalted(nodes: readonly number[], votes: RegExp): Promise<void> {
  for (const node of nodes) {
    const said: string[] = [];
    const isHalted = async (): Promise<boolean> => {
      const { halted, unwell } = await network.status(node);
      said.push(unwell);
      return halted && votes.test(unwell);
    };
    await waitFor(`node ${node} to say that it is halted`, isHalted, LIVENESS_MS).catch((cause: unknown) => {
      throw new LateError(`node ${node} last said '${said.at(-1)}'`, { cause });
    });
  }
}

async function refusesWithHalted(): Promise<void> {
  const before = load.refusals.get('HALTED') ?? 0;
  await waitFor('HALTED refusals', () => (load.refusals.get('HALTED') ?? 0) > before, LIVENESS_MS);
}

describeWhereAllowed('hosts with cables', () => {
  describeWithEngine('four validators on hosts of their own', () => {
    beforeAll(async () => {
      hosts = new NetworkNamespaces(VALIDATORS);
      folder = mkdtempSync(join(tmpdir(), 'civitas-doors-'));
      const subnet = `127.${250 + Math.floor(Math.random() * 4)}.${Math.floor(Math.random() * 256)}`;
      const doorOf = (index: number): string => `${subnet}.${index + 1}`;
      for (let index = 0; index < VALIDATORS; index += 1)
        await hosts.forward(index, [PORTS.grpc, PORTS.admin], { host: doorOf(index), folder });
      network = await startConsensusNetwork({
        validators: VALIDATORS,
        node: (index) => ({ address: hosts.addressOf(index), reachedAt: doorOf(index), prefix: hosts.wrap(index, []) }),
      });
      watcher = new NetworkWatcher(network);
      load = new ClientLoad(network, { random: seededRandom(printedSeed('network cuts')), clients: CLIENTS });
      fromHeight = watcher.height;
      load.start();
    });

    afterEach(() => {
      if (hosts === undefined) return;
      hosts.split([]);
      for (let index = 0; index < VALIDATORS; index += 1) hosts.heal(index);
    });

    afterAll(async () => {
      load?.abandon();
      watcher?.close();
      await network?.stop();
      hosts?.close();
      if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
    });

    test('go on without the one whose cable is pulled, which catches up when it is back', async () => {
      hosts.cut(3);
      const stoodAt = watcher.heightOf(3);
      await load.progress(PROGRESS, LIVENESS_MS);
      await waitFor('blocks that it misses', () => watcher.height >= stoodAt + MISSED_BLOCKS, LIVENESS_MS);
      hosts.heal(3);
      await areBack([3]);
    });

    test('go on while cables are pulled one after another', async () => {
      for (const node of [0, 1, 2]) {
        hosts.cut(node);
        await load.progress(PROGRESS, LIVENESS_MS);
        hosts.heal(node);
        await areBack([node]);
      }
    });

    test('split in halves both halt and say so, refuse work, and go on by themselves once they are one again', async () => {
      hosts.split([2, 3]);
      await sayHalted(network.indexes, /^engine: halted, (no votes|votes from [12] of 4 validators, 3 needed)$/);
      await refusesWithHalted();
      hosts.split([]);
      await areBack(network.indexes);
      await load.progress(PROGRESS, LIVENESS_MS);
    });

    async function comeTogether(): Promise<void> {
      hosts.split([2, 3]);
      await sayHalted(network.indexes, /^engine: halted/);
      await pause(LONG_CUT_MS);
      hosts.split([]);
      const startMs = performance.now();
      await areBack(network.indexes);
      await load.progress(PROGRESS, LIVENESS_MS);
      process.stderr.write(`back ${Math.round(performance.now() - startMs)} ms after a cut of ${LONG_CUT_MS} ms\n`);
    }
    if (isFull)
      test(
        'come together at once after links were down for longer than engines try by themselves',
        comeTogether,
        LONG_CUT_MS + 6 * LIVENESS_MS,
      );

    test('kept every promise through all of it', async () => {
      const operations = await load.settle(LIVENESS_MS);
      const highest = Math.max(...operations.map(({ answer }) => answer?.receipt.height ?? 0));
      await network.waitForHeight(highest + 1, network.indexes, LIVENESS_MS);
      const { height: toHeight } = await network.agreement(network.indexes, LIVENESS_MS);
      const evidence = await new EvidenceCollector(network).collect(operations, { fromHeight, toHeight });
      expect(findingsOfRun(evidence)).toEqual([]);
      expect(watcher.findings).toEqual([]);
      expect([...watcher.halted].sort((left, right) => left - right)).toEqual([0, 1, 2, 3]);
      expect(evidence.rounds.some((round) => round > 0)).toBe(true);
    });
  });
});

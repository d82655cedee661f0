import { appendFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PORTS } from '@civitas/deployment';
import { waitFor } from '@civitas/testkit';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { WAL, wholeRuns } from '../../node/src/host/engine/cometbft/wal-repair.ts';
import { CappedDisk, whyNoCappedDisk } from './faults/capped-disk.ts';
import { aDocument, type ConsensusNetwork, startConsensusNetwork } from './network/consensus-network.ts';
import { describeWithEngine } from './network/describe-with-engine.ts';
import type { Pod } from './network/pod.ts';

/** The node whose engine has a file system of its own: the node's volume has space enough. */
const VICTIM = 3;
const DISK_MEGABYTES = 64;
/** Two that stop, so that the rest have no quorum. */
const STOPPED = [1, 2] as const;
/** Less than any record of CometBFT's has. */
const HALF_A_RECORD_BYTES = 12;
/** What an engine that stands still is given, and time to come back on a loaded machine, ms. */
const COME_BACK_MS = 120_000;

const why = whyNoCappedDisk();
if (why !== undefined) process.stderr.write(`SKIPPED: engines that fail and live on: ${why}\n`);
const testWithDisk = why === undefined || process.env['CI'] !== undefined ? test : test.skip;

/** CometBFT's steps of a round in which it waits for votes. */
const PREVOTE = 4;
const PRECOMMIT = 6;
const UNDONE = /^engine: it stands at height \d+, round \d+: /;

const failuresOf = (pod: Pod): number => pod.logOf('node').split('"event":"engine-failed"').length - 1;

let network: ConsensusNetwork;
let disk: CappedDisk | undefined;

describeWithEngine('an engine that has failed and lives on', () => {
  beforeAll(async () => {
    network = await startConsensusNetwork({
      config: { emptyBlockIntervalMs: 3_000 },
      onPod: (index, pod) => {
        if (index === VICTIM && why === undefined) disk = new CappedDisk(`${pod.engineHome}/data`, DISK_MEGABYTES);
      },
    });
  });
  afterAll(async () => {
    // Before the folder goes: nothing is removed below a mount.
    disk?.close();
    await network?.stop();
  });

  /** The step in which an engine waits for a third vote; undefined while it does not. */
  async function findWait(index: number): Promise<number | undefined> {
    const { step, round, rounds } = await network.rpc(index).roundVotes();
    const votes = rounds[round];
    const voters = step === PREVOTE ? votes?.prevoters : step === PRECOMMIT ? votes?.precommitters : undefined;
    return voters?.length === 2 ? step : undefined;
  }

  /** Stops two between two blocks, until the others have prevoted for the next one and wait; from precommits, a third would make it. */
  async function losesQuorum(): Promise<void> {
    for (;;) {
      const { height } = await network.status(0);
      await waitFor('a block', async () => (await network.status(0)).height > height, COME_BACK_MS);
      await Promise.all(STOPPED.map((index) => network.kill(index, 'both')));
      const left = [0, VICTIM];
      const steps = await Promise.all(left.map((index) => waitFor(`node ${index} to wait`, () => findWait(index), COME_BACK_MS)));
      if (steps.every((step) => step === PREVOTE)) return;
      for (const index of STOPPED) network.start(index);
      await network.agreement(network.indexes, COME_BACK_MS);
    }
  }

  test('forgets no vote behind half a record that a crash left in its log, although it fetched blocks before it went on', async () => {
    const pod = network.pod(VICTIM);
    const log = join(pod.engineHome, WAL);
    const left = network.indexes.filter((index) => index !== VICTIM);
    await network.kill(VICTIM, 'both');
    // As much of the last record as a power cut may leave.
    appendFileSync(log, readFileSync(log).subarray(0, HALF_A_RECORD_BYTES));
    await network.submit(0, aDocument());
    await network.agreement(left);

    network.start(VICTIM);
    await network.agreement(network.indexes, COME_BACK_MS);
    expect(pod.logOf('engine')).toContain('"event":"wal-repaired"');
    expect((await network.submit(VICTIM, aDocument())).outcome).toMatchObject({ ok: true });
    // What it wrote since stands behind whole records alone.
    expect(wholeRuns(readFileSync(log))).toHaveLength(1);
  });

  testWithDisk('is ended by its node while the others go on, and comes back once it can', async () => {
    const pod = network.pod(VICTIM);
    const before = pod.exits.length;
    const failedPid = pod.pidOf('engine');
    disk?.fill();
    await network.submit(0, aDocument());
    await waitFor('the node to end its engine', () => pod.logOf('node').includes('engine-failed'), COME_BACK_MS);
    await waitFor('both ended', () => pod.exits.length >= before + 2, COME_BACK_MS);
    expect(pod.logOf('node')).toContain('"code":"ENGINE_FAILED"');
    expect(pod.exits.slice(before)).toContain('engine code=null signal=SIGKILL');
    expect(pod.pidOf('engine')).not.toBe(failedPid);
    expect((await network.submit(0, aDocument())).outcome).toMatchObject({ ok: true });

    disk?.free();
    await waitFor('the node is back', async () => (await network.status(VICTIM)).unwell === '', COME_BACK_MS);
    await network.agreement();
    expect((await network.submit(VICTIM, aDocument())).outcome).toMatchObject({ ok: true });
  });

  testWithDisk('is noticed also while all the others wait at its own height, told in status, and ended', async () => {
    const pod = network.pod(VICTIM);
    await losesQuorum();
    const { height } = await network.status(0);
    const before = { exits: pod.exits.length, failures: failuresOf(pod) };
    disk?.fill();
    network.start(STOPPED[0]);

    await waitFor('its word of it', async () => UNDONE.test((await network.status(VICTIM)).unwell), COME_BACK_MS);
    const metrics = await fetch(`http://${pod.options.address}:${PORTS.metrics}/metrics`).then((answer) => answer.text());
    expect(metrics).toMatch(/civitas_unwell(\{[^}]*\})? 1\n/);
    await waitFor('the node to end its engine', () => failuresOf(pod) > before.failures, COME_BACK_MS);
    await waitFor('both ended', () => pod.exits.length >= before.exits + 2, COME_BACK_MS);
    expect(pod.exits.slice(before.exits)).toContain('engine code=null signal=SIGKILL');
    // Nobody has left its height: without it they are no quorum.
    for (const index of [0, STOPPED[0]]) expect((await network.status(index)).height).toBe(height);

    disk?.free();
    await waitFor('blocks again', async () => (await network.status(0)).height > height, COME_BACK_MS);
    network.start(STOPPED[1]);
    await network.agreement(network.indexes, COME_BACK_MS);
    expect((await network.submit(VICTIM, aDocument())).outcome).toMatchObject({ ok: true });
  });
});

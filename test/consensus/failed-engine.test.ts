import { waitFor } from '@civitas/testkit';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { CappedDisk, whyNoCappedDisk } from './faults/capped-disk.ts';
import { aDocument, type ConsensusNetwork, startConsensusNetwork } from './network/consensus-network.ts';
import { describeWithEngine } from './network/describe-with-engine.ts';

/** The node whose engine has a file system of its own: the node's volume has space enough. */
const VICTIM = 3;
const DISK_MEGABYTES = 64;
/** What an engine that stands still is given, and time to come back on a loaded machine, ms. */
const COME_BACK_MS = 120_000;

const why = whyNoCappedDisk();
if (why !== undefined) process.stderr.write(`SKIPPED: engines that fail and live on: ${why}\n`);
const testWithDisk = why === undefined || process.env['CI'] !== undefined ? test : test.skip;

let network: ConsensusNetwork;
let disk: CappedDisk | undefined;

describeWithEngine('an engine that has failed and lives on', () => {
  beforeAll(async () => {
    network = await startConsensusNetwork({
      config: { emptyBlockIntervalMs: 1_000 },
      onPod: (index, pod) => {
        if (index === VICTIM && why === undefined) disk = new CappedDisk(`${pod.engineHome}/data`, DISK_MEGABYTES);
      },
    });
  }, 120_000);
  afterAll(async () => {
    // Before the folder goes: nothing is removed below a mount.
    disk?.close();
    await network?.stop();
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
});

import { mkdirSync, mkdtempSync, rmSync, statfsSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { PORTS } from '@civitas/deployment';
import { waitFor } from '@civitas/testkit';
import { afterAll, beforeAll, test } from '@jest/globals';
import type { ScrapeTarget } from '../../tools/start/scrape-config.ts';
import { CappedDisk, whyNoCappedDisk } from '../consensus/faults/capped-disk.ts';
import { NodeClock, whyNoNodeClock } from '../consensus/faults/node-clock.ts';
import { aDocument, type ConsensusNetwork, findEngineBinary, startConsensusNetwork } from '../consensus/network/consensus-network.ts';
import { describeWith } from '../describe-with.ts';
import { type Drilled, drill, drillAll, type Fault, printDrilled } from './monitoring/drill.ts';
import { DrillMonitoring, MONITORING_MISSING, monitoringFound } from './monitoring/drill-monitoring.ts';
import { waitForCause } from './monitoring/runbook.ts';

const DISK_MEGABYTES = 512;
/** What the fault leaves: a node stops itself at 64 MiB. */
const LEFT_BYTES = 92 * (1 << 20);
const MEGABYTE = 1 << 20;
/** Each fault has a node of its own, so that they stand side by side; node 0 stays as it is. */
const CLOCKED = 1;
const CAPPED = 2;
const CERTIFIED = 3;
const OPERATIONS_PER_SECOND = 2;
/** Of which one organisation may have half: full as soon as a node orders nothing. */
const QUEUE_OPERATIONS_MAX = 4;
/** Side by side: some wait for a block, the others are refused meanwhile. */
const CLIENTS = 4;
/** Between two operations of a client that does not wait for its receipts, ms: more often than the rate lets in. */
const CLIENT_PAUSE_MS = 200;
/** Longer than any threshold of certificates. */
const LONG_LIFE_HOURS = 40 * 24;

const noDisk = whyNoCappedDisk();
const noClock = whyNoNodeClock();
if (noDisk !== undefined) process.stderr.write(`SKIPPED: an almost full disk, because ${noDisk}\n`);
if (noClock !== undefined) process.stderr.write(`SKIPPED: a clock that is off, because ${noClock}\n`);

const engine = findEngineBinary();
const found = engine === undefined ? undefined : monitoringFound;

describeWith({ found, missing: `${MONITORING_MISSING}; npm run engine:install` }, 'a network of four validators under Prometheus', () => {
  const folder = mkdtempSync(join(tmpdir(), 'civitas-drill-net-'));
  const clock = noClock === undefined ? new NodeClock(join(folder, 'clock')) : undefined;
  const drilled: Drilled[] = [];
  let disk: CappedDisk | undefined;
  let network: ConsensusNetwork;
  let monitoring: DrillMonitoring;

  const addressOf = (index: number): string => network.pod(index).options.address;
  const instanceOf = (index: number): string => `${addressOf(index)}:${PORTS.metrics}`;
  const look = (alert: string, index: number, shows: RegExp) => async (): Promise<void> => {
    const known = { 'pod address': addressOf(index), node: `health-${index}`, network: 'health' };
    await waitForCause(alert, shows, { known, environment: { PATH: process.env['PATH'] } });
  };

  beforeAll(async () => {
    network = await startConsensusNetwork({
      certificateHours: LONG_LIFE_HOURS,
      config: { emptyBlockIntervalMs: 1000, queueOperationsMax: QUEUE_OPERATIONS_MAX },
      genesis: (genesis) => ({
        ...genesis,
        appState: {
          ...genesis.appState,
          limits: { ...genesis.appState.limits, operationsPerSecondPerOrganisation: OPERATIONS_PER_SECOND },
        },
      }),
      node: (index) => (index === CLOCKED && clock !== undefined ? { environment: clock.environment } : {}),
      onPod: (index, pod) => {
        if (index !== CAPPED || noDisk !== undefined) return;
        disk = new CappedDisk(join(folder, 'disk'), DISK_MEGABYTES);
        mkdirSync(dirname(pod.pathOf('data')), { recursive: true });
        symlinkSync(disk.folder, pod.pathOf('data'));
      },
    });
    const targets = network.indexes.map((index): ScrapeTarget => ({ job: 'civitas-node', address: instanceOf(index), labels: {} }));
    monitoring = await DrillMonitoring.start(addressOf(0).replace(/\d+$/, '200'), targets);
  }, 300_000);
  afterAll(async () => {
    printDrilled('validators', drilled);
    await monitoring?.stop();
    await network?.stop();
    disk?.close();
    rmSync(folder, { recursive: true, force: true });
  }, 60_000);

  test('tells of a full disk, a clock, a certificate and an organisation over its rate, all at once', async () => {
    const full = join(folder, 'disk', 'ballast');
    const end = new AbortController();
    const submitOn = async (): Promise<void> => {
      while (!end.signal.aborted) await network.refusalOf(0, aDocument());
    };
    let flooded: Promise<unknown> = Promise.resolve();
    const faults: readonly Fault[] = [
      {
        fault: 'a certificate ends within an hour',
        alert: 'CivitasCertificateEnding',
        labels: { instance: instanceOf(CERTIFIED) },
        inject: () => network.issueCertificate(CERTIFIED, 1),
        cure: () => network.issueCertificate(CERTIFIED, LONG_LIFE_HOURS),
      },
      {
        fault: 'an organisation submits faster than its quota',
        alert: 'CivitasQuotaHit',
        labels: { node: 'health-0' },
        inject: () => {
          flooded = Promise.all(Array.from({ length: CLIENTS }, submitOn));
        },
        look: look('CivitasQuotaHit', 0, /organisation_operations_total\{.*result="throttled".*\} [1-9]/),
        cure: async () => {
          end.abort();
          await flooded;
        },
      },
      ...(noDisk !== undefined
        ? []
        : [
            {
              fault: 'a disk has 92 MiB left',
              alert: 'CivitasVolumeAlmostFull',
              labels: { node: `health-${CAPPED}` },
              inject: () => {
                const { bavail, bsize } = statfsSync(join(folder, 'disk'));
                writeFileSync(full, Buffer.alloc(Math.max(MEGABYTE, bavail * bsize - LEFT_BYTES)));
              },
              look: look('CivitasVolumeAlmostFull', CAPPED, /civitas_volume_free_bytes\{.*\} \d/),
              cure: () => rmSync(full, { force: true }),
            },
          ]),
      ...(clock === undefined
        ? []
        : [
            {
              fault: 'a clock is 30 s ahead',
              alert: 'CivitasClockSkew',
              labels: { node: `health-${CLOCKED}` },
              inject: () => clock.shift(30),
              look: look('CivitasClockSkew', CLOCKED, /civitas_block_clock_offset_seconds\{.*\} (29|3\d)/),
              cure: () => clock.shift(0),
            },
          ]),
    ];
    drilled.push(...(await drillAll(monitoring, faults)));
  });

  test('tells of one validator that is gone, and the chain goes on', async () => {
    drilled.push(
      await drill(monitoring, {
        fault: 'one validator of four is killed',
        alert: 'CivitasTargetDown',
        labels: { instance: instanceOf(3) },
        inject: () => network.kill(3, 'both'),
        look: async () => {
          const { height } = await network.status(0);
          await waitFor('two more blocks', async () => (await network.status(0)).height > height + 1n, 90_000);
        },
        cure: () => network.start(3),
      }),
    );
  });

  test('tells of a chain that stands still below its quorum, and of the queue that fills before it', async () => {
    const end = new AbortController();
    const submitted: Promise<string>[] = [];
    const submitOn = async (): Promise<void> => {
      while (!end.signal.aborted) {
        submitted.push(network.refusalOf(0, aDocument()));
        await setTimeout(CLIENT_PAUSE_MS);
      }
    };
    let client = Promise.resolve();
    drilled.push(
      ...(await drillAll(monitoring, [
        {
          fault: 'two validators of four are killed',
          alert: 'CivitasChainStalled',
          labels: { node: 'health-0' },
          inject: async () => {
            await Promise.all([network.kill(2, 'both'), network.kill(3, 'both')]);
          },
          cure: () => {
            network.start(2);
            network.start(3);
          },
        },
        {
          fault: 'a node takes more operations than blocks carry away',
          alert: 'CivitasAdmissionQueueFull',
          labels: { node: 'health-0' },
          inject: () => {
            client = submitOn();
          },
          look: look('CivitasAdmissionQueueFull', 0, /admission_refusals_total\{.*code="QUEUE_FULL".*\} [1-9]/),
          cure: async () => {
            end.abort();
            await client;
          },
        },
      ])),
    );
    await Promise.all(submitted);
    await network.agreement();
  });
});

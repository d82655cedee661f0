import { type Clock, type KubeClient, pods, systemClock } from '@civitas/kube';
import { openMetricsRegistry, operatorMetrics } from '@civitas/telemetry';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { startControllers } from '../../operator/src/host/controllers/start-controllers.ts';
import { metricsSinkOf } from '../../operator/src/host/telemetry/operator-metrics.ts';
import {
  applyCity,
  createNamespaces,
  holdsWithin,
  isAvailable,
  NAMESPACE,
  networks,
  startOperator,
  waitUntil,
} from '../../operator/src/host/testing/city-fixture.ts';
import { type DayTwoRig, NODES, startDayTwoRig } from '../../operator/src/host/testing/day-two-rig.ts';
import { type FakeWorld, startFakeWorld } from '../../operator/src/host/testing/fake-world.ts';
import { type RealCluster, startRealCluster } from './cluster/real-cluster.ts';
import { createRealTestCluster, startTestCluster } from './cluster/test-cluster.ts';
import { countingClient } from './crash/scenario.ts';
import { describeWithKubernetes } from './describe-with-kubernetes.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const REST_MS = 2000;
const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

/** The machine's clock, set forward or back while it runs; what it counts by itself goes on. */
function settableClock(): { readonly clock: Clock; set(offsetMs: number): void } {
  let offsetMs = 0;
  return {
    clock: { ...systemClock, nowUnixMs: () => systemClock.nowUnixMs() + offsetMs },
    set(next) {
      offsetMs = next;
    },
  };
}

/** Has the operator look at the network now. */
async function poke(client: KubeClient, word: string): Promise<void> {
  const patch = { metadata: { annotations: { 'example.org/poked': word } } };
  await client.mergePatch(networks, { namespace: NAMESPACE, name: 'city' }, patch);
}

/** Nothing but a status is written for a while. */
async function isQuiet(count: () => number): Promise<boolean> {
  const before = count();
  await new Promise((resolve) => setTimeout(resolve, REST_MS));
  return count() - before <= 1;
}

describeWithKubernetes('an operator whose clock is set', () => {
  test('by minutes goes on; by a day it leaves every pod alone, and goes on when it is right again', async () => {
    const cluster = await startTestCluster();
    await createNamespaces(cluster.client);
    const world = startFakeWorld(cluster.client, NAMESPACE, 252);
    await applyCity(cluster.client);
    const { clock, set } = settableClock();
    const { client, count } = countingClient(cluster.client);
    const registry = openMetricsRegistry({});
    const metrics = { metrics: metricsSinkOf(registry), operatorMetrics: registry.register(operatorMetrics) };
    const stopping = new AbortController();
    const controllers = await startControllers({ client, clock, log: silent, isLeader: () => true, ...metrics }, stopping.signal);
    try {
      expect(await waitUntil(() => isAvailable(cluster.client, 'city'), 30_000)).toBe(true);
      const podUIDs = async (): Promise<readonly string[]> =>
        (await cluster.client.listAll(pods, { namespace: NAMESPACE })).items.map(({ metadata }) => metadata.uid).sort();
      const before = await podUIDs();
      // A day ahead, the operator's own certificate is not valid yet for the nodes: it cannot ask them, and must leave them alone.
      for (const offsetMs of [2 * MINUTE_MS, -2 * MINUTE_MS, 24 * HOUR_MS, 0, -24 * HOUR_MS, 0]) {
        set(offsetMs);
        await poke(cluster.client, String(offsetMs));
        expect(await waitUntil(() => isQuiet(count), 30_000)).toBe(true);
        expect({ offsetMs, pods: await podUIDs() }).toEqual({ offsetMs, pods: before });
        if (Math.abs(offsetMs) >= HOUR_MS) continue;
        await waitUntil(() => isAvailable(cluster.client, 'city'), 60_000);
      }
      expect([world.record.genesisTexts.size, world.record.grants.size]).toEqual([1, world.record.podUIDs.size - 1]);
      expect(controllers.isHealthy()).toBe(true);
    } finally {
      stopping.abort();
      await controllers.stop();
      await world.stop();
      await cluster.stop();
    }
  });
});

describeWithKubernetes('a spec that is edited while validators are replaced', () => {
  let rig: DayTwoRig;
  beforeEach(async () => {
    rig = await startDayTwoRig(253);
  });
  afterEach(() => rig?.stop());

  test('is followed from where it was, one validator at a time, to the last word', async () => {
    await rig.withOperator(async () => {
      await rig.patch({ release: { version: '0.2.0' } });
      expect(await rig.until(() => rig.seen.order.length >= 2, 60_000)).toBe(true);
      await rig.patch({ release: { version: '0.3.0' }, logLevel: 'debug' });
      expect(await rig.until(() => rig.seen.order.length >= 4, 60_000)).toBe(true);
      await rig.patch({ release: { version: '0.2.0' } });
      const isSettled = async (): Promise<boolean> => {
        const { items } = await rig.client.listAll(pods, { namespace: NAMESPACE });
        const nodes = items.filter(({ metadata }) => NODES.includes(metadata.name));
        return (
          nodes.length === NODES.length &&
          nodes.every(({ spec }) => spec?.containers[0]?.image?.endsWith(':0.2.0') === true) &&
          (await isAvailable(rig.client, 'city'))
        );
      };
      expect(await rig.until(isSettled, 90_000)).toBe(true);
    });
    expect(rig.seen.fewestVoting).toBe(3);
  }, 300_000);
});

describeWithKubernetes('an API server that dies', () => {
  let real: RealCluster;
  beforeEach(async () => {
    real = await startRealCluster();
  });
  afterEach(() => real?.stop());

  test('again and again while a network comes up is waited for: one chain, one key, one pod', async () => {
    const cluster = await createRealTestCluster(real);
    const podsThere = async (): Promise<readonly string[]> =>
      (await cluster.client.listAll(pods, { namespace: NAMESPACE })).items.map(({ metadata }) => metadata.name).sort();
    await createNamespaces(cluster.client);
    // The nodes' side of the test goes on looking through restarts by itself.
    await applyCity(cluster.client);
    const stopping = new AbortController();
    const controllers = await startOperator(cluster.client, stopping.signal);
    let world: FakeWorld | undefined;
    try {
      await waitUntil(async () => (await podsThere()).length > 0, 30_000);
      for (let deaths = 0; deaths < 3; deaths++) {
        await world?.stop();
        await real.restartApi();
        world = startFakeWorld(cluster.client, NAMESPACE, 240 + deaths);
        const { record } = world;
        // It may have been available in the world before, whose nodes are gone.
        const isBack = async (): Promise<boolean> => record.grants.size > 0 && (await isAvailable(cluster.client, 'city'));
        if (deaths < 2) await holdsWithin(isBack, 1000);
        else await waitUntil(isBack, 60_000);
      }
      expect(await podsThere()).toEqual(['city-0', 'relay-0']);
      expect([world?.record.genesisTexts.size, world?.record.grants.size]).toEqual([1, 1]);
    } finally {
      stopping.abort();
      await controllers.stop();
      await world?.stop();
      await cluster.stop();
    }
  }, 240_000);
});

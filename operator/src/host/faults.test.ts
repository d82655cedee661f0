import { createLeaderElector, type KubeClient, type LeaderElector, pods } from '@civitas/kube';
import { chosenSeed } from '@civitas/testkit';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { SYSTEM_NAMESPACE } from '../core/desired/names.ts';
import type { RunningControllers } from './controllers/start-controllers.ts';
import {
  applyCity,
  createNamespaces,
  findNetwork,
  finishDeletedPods,
  isAvailable,
  NAMESPACE,
  networks,
  startOperator,
  waitUntil,
} from './testing/city-fixture.ts';
import { type FakeWorld, fakeKeyHash, startFakeWorld } from './testing/fake-world.ts';
import { FAULTS, startFaultyApi } from './testing/faulty-api.ts';
import { startTestCluster, type TestCluster } from './testing/test-cluster.ts';

let cluster: TestCluster;
let world: FakeWorld;
let octet = 93;
/** What a test started, ended however the test ends. */
const ends: (() => Promise<unknown>)[] = [];

beforeEach(async () => {
  cluster = await startTestCluster(++octet);
  await createNamespaces(cluster.client);
  world = startFakeWorld(cluster.client, NAMESPACE, octet);
}, 240_000);

afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
  await world?.stop();
  await cluster?.stop();
}, 240_000);

async function isRemoved(): Promise<boolean> {
  await finishDeletedPods(cluster.client);
  return (await findNetwork(cluster.client, 'city')) === undefined;
}

describe('an API server that fails', () => {
  const seed = Number(chosenSeed());

  test(`every fifth request, in every way there is: one chain, one key, one pod, and a whole removal (seed ${seed})`, async () => {
    const faulty = await startFaultyApi(cluster.kubeconfigPath, { seed, rate: 0.2 });
    const stopping = new AbortController();
    ends.push(faulty.stop);
    await applyCity(cluster.client);
    const controllers = await startOperator(faulty.client, stopping.signal);
    ends.push(() => {
      stopping.abort();
      return controllers.stop();
    });
    expect(await waitUntil(() => isAvailable(cluster.client, 'city'), 60_000)).toBe(true);
    const { items } = await cluster.client.listAll(pods, { namespace: NAMESPACE });
    expect(items.map(({ metadata }) => metadata.name).sort()).toEqual(['city-0', 'relay-0']);
    expect(world.record.genesisTexts.size).toBe(1);
    const node = items.find(({ metadata }) => metadata.name === 'city-0');
    expect([...world.record.grants]).toEqual([`${fakeKeyHash('city-0')} ${node?.metadata.uid}`]);
    expect(controllers.isHealthy()).toBe(true);

    await cluster.client.delete(networks, { namespace: NAMESPACE, name: 'city' });
    expect(await waitUntil(isRemoved, 60_000)).toBe(true);
    const made = FAULTS.map((fault) => faulty.made[fault]);
    expect(made.reduce((sum, count) => sum + count, 0)).toBeGreaterThan(10);
    expect(made.filter((count) => count > 0).length).toBeGreaterThan(4);
  }, 240_000);
});

interface Replica {
  readonly elector: LeaderElector;
  stop(): Promise<void>;
}

/** An operator as its main program runs it: controllers only while it leads. */
function startReplica(client: KubeClient, identity: string): Replica {
  let controllers: Promise<RunningControllers | undefined> = Promise.resolve(undefined);
  // Longer than a busy machine may hold up a renewal, and three times what it may stand still; a leader that stops gives its Lease back
  // at once.
  const timing = { leaseDurationMs: 45_000, renewDeadlineMs: 30_000, retryPeriodMs: 500 };
  const elector = createLeaderElector({
    ...{ client, namespace: SYSTEM_NAMESPACE, name: 'civitas-operator', identity, ...timing },
    onStartedLeading: (reign) => {
      controllers = startOperator(client, reign, () => elector.isLeader());
    },
  });
  elector.start();
  return {
    elector,
    async stop() {
      await (await controllers)?.stop();
      await elector.stop();
    },
  };
}

/** Notes every write that controllers make; the elector's own are `create` and `update`. */
function watchedClient(client: KubeClient, writes: string[]): KubeClient {
  const note = (verb: string): void => void writes.push(verb);
  return {
    ...client,
    apply: (...call) => (note('apply'), client.apply(...call)),
    applyStatus: (...call) => (note('applyStatus'), client.applyStatus(...call)),
    mergePatch: (...call) => (note('mergePatch'), client.mergePatch(...call)),
    jsonPatch: (...call) => (note('jsonPatch'), client.jsonPatch(...call)),
    delete: (...call) => (note('delete'), client.delete(...call)),
  };
}

describe('two operators with one Lease', () => {
  test('only the leader acts; when it stops the other goes on where it was', async () => {
    const first = startReplica(cluster.client, 'first');
    ends.push(first.stop);
    expect(await waitUntil(() => first.elector.isLeader(), 60_000)).toBe(true);
    const writes: string[] = [];
    const second = startReplica(watchedClient(cluster.client, writes), 'second');
    ends.push(second.stop);
    await applyCity(cluster.client);
    expect(await waitUntil(() => isAvailable(cluster.client, 'city'), 60_000)).toBe(true);
    expect(await waitUntil(() => second.elector.holder() === 'first', 60_000)).toBe(true);
    expect(second.elector.isLeader()).toBe(false);
    expect(writes).toEqual([]);

    await first.stop();
    expect(await waitUntil(() => second.elector.isLeader(), 60_000)).toBe(true);
    await cluster.client.delete(networks, { namespace: NAMESPACE, name: 'city' });
    expect(await waitUntil(isRemoved, 60_000)).toBe(true);
    expect(first.elector.isLeader()).toBe(false);
    expect(writes.length).toBeGreaterThan(0);
    expect(world.record.grants.size).toBe(1);
  }, 300_000);
});

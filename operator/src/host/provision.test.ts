import {
  type Condition,
  type KubeClient,
  type KubeObject,
  namespaces,
  persistentVolumeClaims,
  pods,
  type Resource,
  systemClock,
} from '@civitas/kube';
import { openMetricsRegistry } from '@civitas/telemetry';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { SYSTEM_NAMESPACE } from '../core/desired/names.ts';
import { aCity, anAgency } from '../core/testing/builders.ts';
import { type RunningControllers, startControllers } from './controllers/start-controllers.ts';
import { metricsSinkOf, operatorMetrics } from './telemetry/operator-metrics.ts';
import { type FakeWorld, fakeKeyHash, startFakeWorld } from './testing/fake-world.ts';
import { ourResource, startTestCluster, type TestCluster } from './testing/test-cluster.ts';

const NAMESPACE = 'jincheng';
const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
const WRITES = ['create', 'update', 'updateStatus', 'delete', 'apply', 'applyStatus', 'mergePatch', 'jsonPatch'] as const;

interface NetworkObject extends KubeObject {
  readonly status?: { readonly genesisHash?: string; readonly conditions?: readonly Condition[] };
}

const networks: Resource<NetworkObject> = ourResource('ledgernetworks');

let cluster: TestCluster;
let world: FakeWorld;
let octet = 100;

beforeEach(async () => {
  octet++;
  cluster = await startTestCluster(octet);
  for (const name of [NAMESPACE, SYSTEM_NAMESPACE]) {
    const labels = { 'civitas.dev/workspace': 'true' };
    await cluster.client.create(namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } });
  }
  world = startFakeWorld(cluster.client, NAMESPACE, octet);
});

afterEach(async () => {
  await world.stop();
  await cluster.stop();
});

async function applyCity(): Promise<void> {
  const bare = ({ apiVersion, kind, metadata, spec }: ReturnType<typeof aCity> | ReturnType<typeof anAgency>) => ({
    apiVersion,
    kind,
    metadata: { name: metadata.name },
    spec,
  });
  await cluster.client.create(ourResource('cityconfigs'), bare(aCity()));
  await cluster.client.create(ourResource('agencies'), bare(anAgency('civil-affairs')));
  const network = { apiVersion: 'civitas.dev/v1alpha1', kind: 'LedgerNetwork', metadata: { name: 'city', namespace: NAMESPACE } };
  await cluster.client.create(ourResource('ledgernetworks'), { ...network, ...{ spec: { domain: 'city', chainId: 'jincheng-city-1' } } });
}

/** A client that performs this many writes and then, like its process, is gone. */
function mortalClient(client: KubeClient, writesLeft: number, onDeath: () => void): KubeClient {
  let left = writesLeft;
  const mortal: Record<string, unknown> = { ...client };
  for (const verb of WRITES) {
    const write = client[verb] as (...args: readonly unknown[]) => Promise<unknown>;
    mortal[verb] = async (...args: readonly unknown[]) => {
      if (left <= 0) throw new Error('this operator is dead');
      left--;
      const result = await write(...args);
      if (left === 0) onDeath();
      return result;
    };
  }
  return mortal as object as KubeClient;
}

function startOperator(client: KubeClient, signal: AbortSignal): Promise<RunningControllers> {
  const registry = openMetricsRegistry({});
  const options = {
    client,
    clock: systemClock,
    log: silent,
    metrics: metricsSinkOf(registry),
    operatorMetrics: registry.register(operatorMetrics),
  };
  return startControllers({ ...options, isLeader: () => true }, signal);
}

async function findNetwork(): Promise<NetworkObject | undefined> {
  return cluster.client.find(networks, { namespace: NAMESPACE, name: 'city' });
}

async function isAvailable(): Promise<boolean> {
  const network = await findNetwork();
  return network?.status?.conditions?.some(({ type, status }) => type === 'Available' && status === 'True') ?? false;
}

async function waitUntil(holds: () => Promise<boolean> | boolean, ms: number): Promise<boolean> {
  for (const endMs = performance.now() + ms; performance.now() < endMs; ) {
    if (await holds()) return true;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  return false;
}

/** One life of an operator: until it has done its writes, or the network is available. Returns whether it was killed. */
async function live(writes: number): Promise<boolean> {
  let died = false;
  const stopping = new AbortController();
  const client = mortalClient(cluster.client, writes, () => {
    died = true;
  });
  const controllers = await startOperator(client, stopping.signal).catch((error: unknown) => {
    if (!died) throw error;
    return undefined;
  });
  await waitUntil(async () => died || (await isAvailable()), 4000);
  stopping.abort();
  await controllers?.stop();
  return died;
}

describe('bringing a network up', () => {
  test('an operator that dies after its first write, then after two, then three … ends with one chain, one key, one pod', async () => {
    await applyCity();
    let writes = 1;
    while (writes < 90 && ((await live(writes)) || !(await isAvailable()))) writes += writes < 12 ? 1 : 3;
    expect(await isAvailable()).toBe(true);
    expect(world.record.genesisTexts.size).toBe(1);
    const nodePods = (await cluster.client.listAll(pods, { namespace: NAMESPACE })).items.filter(
      ({ metadata }) => metadata.name === 'city-0',
    );
    expect([...world.record.grants]).toEqual([`${fakeKeyHash('city-0')} ${nodePods[0]?.metadata.uid}`]);
    expect(world.record.podUIDs.size).toBe(2);
  }, 60_000);

  test('a deleted network leaves its volume, its genesis record and its authority, and comes back as the same chain', async () => {
    await applyCity();
    const stopping = new AbortController();
    const controllers = await startOperator(cluster.client, stopping.signal);
    expect(await waitUntil(isAvailable, 15_000)).toBe(true);
    const before = await findNetwork();
    await cluster.client.delete(ourResource('ledgernetworks'), { namespace: NAMESPACE, name: 'city' });
    expect(await waitUntil(async () => (await findNetwork()) === undefined || !(await hasPod()), 10_000)).toBe(true);
    await finishPods();
    expect(await waitUntil(async () => (await findNetwork()) === undefined, 10_000)).toBe(true);
    expect(await cluster.client.find(persistentVolumeClaims, { namespace: NAMESPACE, name: 'city-0-data' })).toBeDefined();
    const network = { apiVersion: 'civitas.dev/v1alpha1', kind: 'LedgerNetwork', metadata: { name: 'city', namespace: NAMESPACE } };
    await cluster.client.create(ourResource('ledgernetworks'), { ...network, ...{ spec: { domain: 'city', chainId: 'jincheng-city-1' } } });
    expect(await waitUntil(isAvailable, 15_000)).toBe(true);
    expect((await findNetwork())?.status?.genesisHash).toBe(before?.status?.genesisHash);
    expect(world.record.genesisTexts.size).toBe(1);
    stopping.abort();
    await controllers.stop();
  }, 60_000);
});

async function hasPod(): Promise<boolean> {
  return (await cluster.client.find(pods, { namespace: NAMESPACE, name: 'city-0' })) !== undefined;
}

/** What a kubelet does once a deleted pod's processes have ended. */
async function finishPods(): Promise<void> {
  await waitUntil(async () => {
    const pod = await cluster.client.find(pods, { namespace: NAMESPACE, name: 'city-0' });
    if (pod?.metadata.deletionTimestamp !== undefined)
      await cluster.client.delete(pods, { namespace: NAMESPACE, name: 'city-0' }, { gracePeriodSeconds: 0 });
    return pod === undefined;
  }, 10_000);
}

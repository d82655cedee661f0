import { configMaps, type KubeObject, podDisruptionBudgets, pods } from '@civitas/kube';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { aCity, anAgency } from '../core/testing/builders.ts';
import type { RunningControllers } from './controllers/start-controllers.ts';
import {
  aNetworkBody,
  bodyOf,
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
import { ourResource, startTestCluster, type TestCluster } from './testing/test-cluster.ts';

interface Reservation extends KubeObject {
  readonly spec: { readonly publicKeyHash: string; readonly node: string; readonly podUID: string };
}

const CITY = aCity({ engine: 'cometbft', validatorsPerNetwork: 4 });
const NAMES = ['city-0', 'city-1', 'city-2', 'city-3'];
const WAIT_MS = 60_000;

let cluster: TestCluster;
let world: FakeWorld;
let controllers: RunningControllers;
let stopping: AbortController;
let octet = 110;

beforeEach(async () => {
  cluster = await startTestCluster(++octet);
  await createNamespaces(cluster.client);
  world = startFakeWorld(cluster.client, NAMESPACE, octet);
  await cluster.client.create(ourResource('cityconfigs'), bodyOf(CITY));
  await cluster.client.create(ourResource('agencies'), bodyOf(anAgency('civil-affairs')));
  await cluster.client.create(networks, aNetworkBody('city', { domain: 'city', chainId: 'jincheng-city-1' }));
  stopping = new AbortController();
  controllers = await startOperator(cluster.client, stopping.signal);
  expect(await waitUntil(async () => (await isAvailable(cluster.client, 'city')) && world.record.grants.size === 4, WAIT_MS)).toBe(true);
}, 240_000);

afterEach(async () => {
  stopping.abort();
  await controllers.stop();
  await world.stop();
  await cluster.stop();
});

const reservations = async (): Promise<readonly Reservation[]> =>
  (await cluster.client.listAll(ourResource<Reservation>('consensuskeyreservations'))).items;

const podUIDs = async (): Promise<ReadonlyMap<string, string>> =>
  new Map((await cluster.client.listAll(pods, { namespace: NAMESPACE })).items.map(({ metadata }) => [metadata.name, metadata.uid]));

describe('a network of four validators', () => {
  test('is born with four keys, knows its peers, and each key is reserved for one pod before that one may sign', async () => {
    const genesis = JSON.parse([...world.record.genesisTexts][0] ?? '{}');
    expect(genesis.validators.map(({ node, power }: { node: string; power: number }) => [node, power])).toEqual(
      NAMES.map((name) => [name, 10]),
    );
    const [founder] = genesis.appState.founders;
    expect(founder.keys.map(({ label }: { label: string }) => label)).toEqual([
      ...['gateway', 'gateway-city-1', 'gateway-city-2', 'gateway-city-3', 'auto-approver'],
    ]);
    const peers = await cluster.client.find(configMaps, { namespace: NAMESPACE, name: 'city-peers' });
    const document = JSON.parse(peers?.data?.['peers.json'] ?? '{}');
    expect(document.peers.map(({ node }: { node: string }) => node)).toEqual(NAMES);
    const uids = await podUIDs();
    const held = (await reservations()).map(({ spec }) => `${spec.node} ${spec.publicKeyHash} ${spec.podUID}`);
    expect(new Set(held)).toEqual(new Set(NAMES.map((name) => `${name} ${fakeKeyHash(name)} ${uids.get(name)}`)));
    const leastAvailable = async (): Promise<unknown> =>
      (await cluster.client.find(podDisruptionBudgets, { namespace: NAMESPACE, name: 'city-validators' }))?.spec?.minAvailable;
    expect(await waitUntil(async () => (await leastAvailable()) === 3, WAIT_MS)).toBe(true);
  }, 240_000);

  test('gets a new release one validator at a time, from the highest ordinal, and never with fewer than three voting', async () => {
    const before = await podUIDs();
    const order: string[] = [];
    let fewest = 4;
    const release = { spec: { release: { version: '0.2.0' } } };
    await cluster.client.mergePatch(networks, { namespace: NAMESPACE, name: 'city' }, release);
    const isNew = async (): Promise<boolean> => {
      const now = await podUIDs();
      for (const name of NAMES) if (now.get(name) !== before.get(name) && !order.includes(name)) order.push(name);
      const { items } = await cluster.client.listAll(pods, { namespace: NAMESPACE });
      const granted = world.granted();
      fewest = Math.min(fewest, items.filter((pod) => isServing(pod) && granted.has(pod.metadata.uid)).length);
      await finishDeletedPods(cluster.client);
      return order.length === 4 && world.record.grants.size === 8;
    };
    expect(await waitUntil(isNew, WAIT_MS)).toBe(true);
    expect(order).toEqual([...NAMES].reverse());
    expect(fewest).toBe(3);
    const uids = await podUIDs();
    expect(await waitUntil(async () => (await reservations()).every(({ spec }) => spec.podUID === uids.get(spec.node)), WAIT_MS)).toBe(
      true,
    );
    expect(await waitUntil(() => isAvailable(cluster.client, 'city'), WAIT_MS)).toBe(true);
  }, 240_000);

  test('frees its keys only once its pods are gone', async () => {
    const early: string[] = [];
    await cluster.client.delete(networks, { namespace: NAMESPACE, name: 'city' });
    const isGone = async (): Promise<boolean> => {
      // Read in this order: a pod that is there now was there when the reservations were read.
      const reserved = new Set((await reservations()).map(({ spec }) => spec.podUID));
      for (const [name, uid] of await podUIDs()) if (NAMES.includes(name) && !reserved.has(uid)) early.push(name);
      await finishDeletedPods(cluster.client);
      return (await findNetwork(cluster.client, 'city')) === undefined;
    };
    expect(await waitUntil(isGone, WAIT_MS)).toBe(true);
    expect(early).toEqual([]);
    expect(await reservations()).toEqual([]);
  }, 240_000);
});

function isServing({ metadata, status }: KubeObject & { readonly status?: { readonly phase?: string } }): boolean {
  return NAMES.includes(metadata.name) && metadata.deletionTimestamp === undefined && status?.phase === 'Running';
}

import { X509Certificate } from 'node:crypto';
import { configMaps, type KubeClient, namespaces, persistentVolumeClaims, pods, type Secret, secrets } from '@civitas/kube';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { aCity } from '../core/testing/builders.ts';
import {
  aNetworkBody,
  applyCity,
  bodyOf,
  createNamespaces,
  findNetwork,
  finishDeletedPods,
  holdsWithin,
  isAvailable,
  NAMESPACE,
  networks,
  startOperator,
  waitUntil,
} from './testing/city-fixture.ts';
import { type FakeWorld, fakeKeyHash, fakeRelayKey, startFakeWorld } from './testing/fake-world.ts';
import { ourResource, startTestCluster, type TestCluster } from './testing/test-cluster.ts';

const WRITES = ['create', 'update', 'updateStatus', 'delete', 'apply', 'applyStatus', 'mergePatch', 'jsonPatch'] as const;

let cluster: TestCluster;
let world: FakeWorld;
let octet = 100;
let end: () => Promise<void>;

beforeEach(async () => {
  octet++;
  end = async () => undefined;
  cluster = await startTestCluster(octet);
  await createNamespaces(cluster.client);
  world = startFakeWorld(cluster.client, NAMESPACE, octet);
});

afterEach(async () => {
  await end();
  await world.stop();
  await cluster.stop();
});

/** An operator until the test is over, however it ends. */
async function serve(): Promise<void> {
  const stopping = new AbortController();
  const controllers = await startOperator(cluster.client, stopping.signal);
  end = () => {
    stopping.abort();
    return controllers.stop();
  };
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

const findCity = () => findNetwork(cluster.client, 'city');
const isCityAvailable = () => isAvailable(cluster.client, 'city');

async function hasRemoved(): Promise<boolean> {
  await finishDeletedPods(cluster.client);
  return (await findCity()) === undefined;
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
  await holdsWithin(async () => died || (await isCityAvailable()), 4000);
  stopping.abort();
  await controllers?.stop();
  return died;
}

describe('bringing a network up', () => {
  test('waits for a CityConfig, and in its namespace for the label of a workspace, and says so', async () => {
    await serve();
    const at = { namespace: 'elsewhere', name: 'city' };
    const says = (reason: string): Promise<boolean> =>
      waitUntil(async () => {
        const network = await cluster.client.find(networks, at);
        return network?.status?.conditions?.some((condition) => condition.type === 'Available' && condition.reason === reason) ?? false;
      }, 90_000);
    await cluster.client.create(namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: at.namespace } });
    const network = aNetworkBody('city', { domain: 'city', chainId: 'jincheng-city-1' });
    await cluster.client.create(networks, { ...network, metadata: at });
    expect(await says('WaitingForCityConfig')).toBe(true);
    await cluster.client.create(ourResource('cityconfigs'), bodyOf(aCity()));
    expect(await says('NotAWorkspace')).toBe(true);
  }, 240_000);

  test('an operator that dies after its first write, then after two, then three … ends with one chain, one key, one pod', async () => {
    await applyCity(cluster.client);
    let writes = 1;
    while (writes < 90 && ((await live(writes)) || !(await isCityAvailable()))) writes += writes < 12 ? 1 : 3;
    expect(await isCityAvailable()).toBe(true);
    expect(world.record.genesisTexts.size).toBe(1);
    const nodePods = (await cluster.client.listAll(pods, { namespace: NAMESPACE })).items.filter(
      ({ metadata }) => metadata.name === 'city-0',
    );
    expect([...world.record.grants]).toEqual([`${fakeKeyHash('city-0')} ${nodePods[0]?.metadata.uid}`]);
    expect(world.record.podUIDs.size).toBe(2);
  }, 240_000);

  test('a deleted network leaves its volume, its genesis record and its authority, and comes back as the same chain', async () => {
    await applyCity(cluster.client);
    await serve();
    expect(await waitUntil(isCityAvailable, 60_000)).toBe(true);
    const before = await findCity();
    await cluster.client.delete(networks, { namespace: NAMESPACE, name: 'city' });
    expect(await waitUntil(hasRemoved, 60_000)).toBe(true);
    expect(await cluster.client.find(persistentVolumeClaims, { namespace: NAMESPACE, name: 'city-0-data' })).toBeDefined();
    await cluster.client.create(networks, aNetworkBody('city', { domain: 'city', chainId: 'jincheng-city-1' }));
    expect(await waitUntil(isCityAvailable, 60_000)).toBe(true);
    expect((await findCity())?.status?.genesisHash).toBe(before?.status?.genesisHash);
    expect(world.record.genesisTexts.size).toBe(1);
  }, 240_000);

  test('an authority whose Secret is lost is made anew, and every certificate with it: the next pod is reached and may sign', async () => {
    await applyCity(cluster.client);
    await serve();
    expect(await waitUntil(isCityAvailable, 60_000)).toBe(true);
    const authority = { namespace: 'civitas-system', name: 'ca.jincheng.city' };
    const certificateOf = async (place: { namespace: string; name: string }): Promise<X509Certificate | undefined> => {
      const pem = (await cluster.client.find<Secret>(secrets, place))?.data?.['tls.crt'];
      return pem === undefined ? undefined : new X509Certificate(Buffer.from(pem, 'base64'));
    };
    const isIssuedByHeld = async (name: string): Promise<boolean> => {
      const [leaf, held] = [await certificateOf({ namespace: NAMESPACE, name }), await certificateOf(authority)];
      return held !== undefined && leaf?.verify(held.publicKey) === true;
    };
    await cluster.client.delete(secrets, authority);
    expect(await waitUntil(() => isIssuedByHeld('city-0-tls'), 60_000)).toBe(true);
    expect(await waitUntil(() => isIssuedByHeld('relay-0-city-tls'), 60_000)).toBe(true);
    await cluster.client.delete(pods, { namespace: NAMESPACE, name: 'city-0' });
    const maySign = async (): Promise<boolean> => {
      await finishDeletedPods(cluster.client);
      return world.record.grants.size === 2;
    };
    expect(await waitUntil(maySign, 60_000)).toBe(true);
  }, 240_000);

  test('a relay that lost its volume is asked for its new key before the next genesis names it', async () => {
    await applyCity(cluster.client);
    await serve();
    expect(await waitUntil(isCityAvailable, 60_000)).toBe(true);
    const claim = { namespace: NAMESPACE, name: 'relay-0-data' };
    const lost = (await cluster.client.find(persistentVolumeClaims, claim))?.metadata.uid ?? '';
    await cluster.client.delete(persistentVolumeClaims, claim);
    await cluster.client.delete(pods, { namespace: NAMESPACE, name: 'relay-0' });
    const memberships = ['city', 'sixth'].map((network) => ({ network, roles: [] }));
    await cluster.client.mergePatch(ourResource('agencies'), { name: 'civil-affairs' }, { spec: { memberships } });
    await cluster.client.create(networks, aNetworkBody('sixth', { domain: 'housing', chainId: 'jincheng-sixth-1' }));
    expect(
      await waitUntil(async () => {
        await finishDeletedPods(cluster.client);
        return isAvailable(cluster.client, 'sixth');
      }, 90_000),
    ).toBe(true);
    const record = await cluster.client.find(configMaps, { namespace: 'civitas-system', name: `genesis.${NAMESPACE}.sixth` });
    const volume = (await cluster.client.find(persistentVolumeClaims, claim))?.metadata.uid ?? '';
    expect(volume).not.toBe(lost);
    expect(record?.data?.['genesis.json']).toContain(fakeRelayKey(volume));
    expect(record?.data?.['genesis.json']).not.toContain(fakeRelayKey(lost));
  }, 240_000);
});

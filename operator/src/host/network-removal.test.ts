import { X509Certificate } from 'node:crypto';
import { type ConfigMap, configMaps, type KubeObject, namespaces, persistentVolumeClaims, type Secret, secrets } from '@civitas/kube';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import {
  aNetworkBody,
  applyCity,
  createNamespaces,
  findNetwork,
  finishDeletedPods,
  holdsWithin,
  isAvailable,
  type MeasuredControllers,
  NAMESPACE,
  networks,
  startOperator,
  waitUntil,
} from './testing/city-fixture.ts';
import { createFakeLedger } from './testing/fake-ledger.ts';
import { type FakeWorld, startFakeWorld } from './testing/fake-world.ts';
import { mortalClient } from './testing/mortal-client.ts';
import { ourResource, startTestCluster, type TestCluster } from './testing/test-cluster.ts';

const SYSTEM = 'civitas-system';
const WAIT_MS = 60_000;
/** Of an operator that has nothing left to write: one that has ends with its write, however long a busy machine takes to start it. */
const LIFE_MS_MAX = 15_000;
const CITY = { namespace: NAMESPACE, name: 'city' };
const links = ourResource('ledgerlinks');

let cluster: TestCluster;
let world: FakeWorld;
let controllers: MeasuredControllers | undefined;
let stopping: AbortController;
let octet = 170;

beforeEach(async () => {
  cluster = await startTestCluster(++octet);
  await createNamespaces(cluster.client);
  world = startFakeWorld(cluster.client, NAMESPACE, octet, { city: createFakeLedger() });
  await applyCity(cluster.client);
  stopping = new AbortController();
  controllers = await startOperator(cluster.client, stopping.signal);
  expect(await waitUntil(() => isAvailable(cluster.client, 'city'), WAIT_MS)).toBe(true);
}, 240_000);

afterEach(async () => {
  stopping.abort();
  await controllers?.stop();
  await world.stop();
  await cluster.stop();
});

async function hasRemoved(): Promise<boolean> {
  await finishDeletedPods(cluster.client);
  return (await findNetwork(cluster.client, 'city')) === undefined;
}

const fileOf = (secret: Secret | undefined, name: string): string => Buffer.from(secret?.data?.[name] ?? '', 'base64').toString('utf8');
const findVolume = () => cluster.client.find(persistentVolumeClaims, { namespace: NAMESPACE, name: 'city-0-data' });
const tombstones = async (): Promise<readonly ConfigMap[]> =>
  (await cluster.client.listAll(configMaps, { namespace: SYSTEM })).items.filter(({ metadata }) => metadata.name.startsWith('tombstone.'));
const documentOf = (tombstone: ConfigMap | undefined) => JSON.parse(tombstone?.data?.['tombstone.json'] ?? '{}');
const progressOf = async () => (await findNetwork(cluster.client, 'city'))?.status?.conditions?.find(({ type }) => type === 'Progressing');

describe('a network that is deleted', () => {
  test('leaves a tombstone with its last height and keeps everything unless told otherwise', async () => {
    await cluster.client.mergePatch(networks, CITY, { metadata: { annotations: { 'civitas.dev/requested-by': 'li.wei' } } });
    await cluster.client.delete(networks, CITY);
    expect(await waitUntil(hasRemoved, WAIT_MS)).toBe(true);
    const [tombstone, ...others] = await tombstones();
    expect(others).toEqual([]);
    expect(documentOf(tombstone)).toMatchObject({
      chainId: 'jincheng-city-1',
      height: 7,
      toldBy: 'city-0',
      requestedBy: 'li.wei',
      forced: '',
      volumes: [`${NAMESPACE}/city-0-data`],
    });
    expect(await cluster.client.find(persistentVolumeClaims, { namespace: NAMESPACE, name: 'city-0-data' })).toBeDefined();
    expect(await cluster.client.find(secrets, { namespace: SYSTEM, name: 'ca.jincheng.city' })).toBeDefined();
  }, 240_000);

  test('is told of by the operator’s metrics no longer', async () => {
    const isTold = async (): Promise<boolean> => (await controllers?.metricsText())?.includes('network="jincheng-city-1"') ?? false;
    expect(await isTold()).toBe(true);
    await cluster.client.delete(networks, CITY);
    expect(await waitUntil(hasRemoved, WAIT_MS)).toBe(true);
    expect(await waitUntil(async () => !(await isTold()), WAIT_MS)).toBe(true);
  }, 240_000);

  test('takes data and keys along when its policy says so, and its chain id is never used again', async () => {
    await cluster.client.mergePatch(networks, CITY, { spec: { deletionPolicy: { data: 'Delete', keys: 'Delete' } } });
    await cluster.client.delete(networks, CITY);
    expect(await waitUntil(hasRemoved, WAIT_MS)).toBe(true);
    // A real cluster's own finalizer holds a volume claim for a moment.
    expect(await waitUntil(async () => (await findVolume()) === undefined, WAIT_MS)).toBe(true);
    expect(await cluster.client.find(secrets, { namespace: SYSTEM, name: 'ca.jincheng.city' })).toBeUndefined();
    expect(await cluster.client.find(configMaps, { namespace: SYSTEM, name: 'genesis.jincheng.city' })).toBeUndefined();
    expect((await tombstones()).length).toBe(1);
    await cluster.client.create(networks, aNetworkBody('city', { domain: 'city', chainId: 'jincheng-city-1' }));
    const problem = async () => (await findNetwork(cluster.client, 'city'))?.status?.conditions?.find(({ type }) => type === 'Degraded');
    expect(await waitUntil(async () => (await problem())?.reason === 'ChainEnded', WAIT_MS)).toBe(true);
    expect((await problem())?.message).toContain('jincheng-city-1 ended');
  }, 240_000);

  test('leaves no authority behind where its policy deletes keys: another chain of its name is signed by a key that a Secret holds', async () => {
    const ours = { namespace: SYSTEM, name: 'ca.jincheng.city' };
    const former = fileOf(await cluster.client.get(secrets, ours), 'tls.crt');
    await cluster.client.mergePatch(networks, CITY, { spec: { deletionPolicy: { data: 'Delete', keys: 'Delete' } } });
    await cluster.client.delete(networks, CITY);
    expect(await waitUntil(hasRemoved, WAIT_MS)).toBe(true);
    expect(await waitUntil(async () => (await findVolume()) === undefined, WAIT_MS)).toBe(true);
    await cluster.client.create(networks, aNetworkBody('city', { domain: 'city', chainId: 'jincheng-city-2' }));
    const node = () => cluster.client.find(secrets, { namespace: NAMESPACE, name: 'city-0-tls' });
    const isOfNewChain = async () =>
      (await node())?.metadata.annotations?.['civitas.dev/subject']?.startsWith('spiffe://civitas/jincheng-city-2/') === true;
    expect(await waitUntil(isOfNewChain, WAIT_MS)).toBe(true);
    const isOfHeldKey = async () => fileOf(await cluster.client.find(secrets, ours), 'tls.crt') === fileOf(await node(), 'ca.crt');
    expect(await waitUntil(isOfHeldKey, WAIT_MS)).toBe(true);
    const held = fileOf(await cluster.client.get(secrets, ours), 'tls.crt');
    expect(held).not.toBe(former);
    const leaf = new X509Certificate(fileOf(await node(), 'tls.crt'));
    expect(leaf.verify(new X509Certificate(held).publicKey)).toBe(true);
    expect(await waitUntil(() => isAvailable(cluster.client, 'city'), WAIT_MS)).toBe(true);
  }, 240_000);

  test('takes its backups along when its policy says so, and tells each of them first', async () => {
    const backup = {
      apiVersion: 'civitas.dev/v1alpha1',
      kind: 'LedgerBackup',
      metadata: { name: 'nightly', namespace: NAMESPACE, finalizers: ['example.org/held'] },
    };
    const target = { volume: { claimName: 'backups' } };
    await cluster.client.create(ourResource('ledgerbackups'), { ...backup, ...{ spec: { networkRef: 'city', target } } });
    await cluster.client.mergePatch(networks, CITY, { spec: { deletionPolicy: { backups: 'Delete' } } });
    await cluster.client.delete(networks, CITY);
    expect(await waitUntil(async () => (await progressOf())?.reason === 'RemovingBackups', WAIT_MS)).toBe(true);
    const nightly = () =>
      cluster.client.find(ourResource<KubeObject & { spec: object }>('ledgerbackups'), { namespace: NAMESPACE, name: 'nightly' });
    expect((await nightly())?.spec).toMatchObject({ deletionPolicy: 'Delete' });
    await cluster.client.mergePatch(
      ourResource('ledgerbackups'),
      { namespace: NAMESPACE, name: 'nightly' },
      { metadata: { finalizers: null } },
    );
    expect(await waitUntil(hasRemoved, WAIT_MS)).toBe(true);
  }, 240_000);

  test('waits for an open link, says so, and gives it up only when its chain id is named', async () => {
    const link = {
      apiVersion: 'civitas.dev/v1alpha1',
      kind: 'LedgerLink',
      metadata: { name: 'city-health', namespace: NAMESPACE, finalizers: ['example.org/held'] },
    };
    await cluster.client.create(networks, aNetworkBody('health', { domain: 'health', chainId: 'jincheng-health-1' }));
    await cluster.client.create(links, { ...link, ...{ spec: { from: 'city', to: 'health' } } });
    await cluster.client.applyStatus(
      links,
      { ...link, metadata: { name: 'city-health', namespace: NAMESPACE }, ...{ status: { inFlight: 2 } } },
      { fieldManager: 'test', force: true },
    );
    await cluster.client.delete(networks, CITY);
    const isWaiting = async () => (await progressOf())?.reason === 'Draining';
    expect(await waitUntil(isWaiting, WAIT_MS)).toBe(true);
    expect((await progressOf())?.message).toContain('annotate civitas.dev/force-removal=jincheng-city-1');
    await cluster.client.mergePatch(networks, CITY, { metadata: { annotations: { 'civitas.dev/force-removal': 'jincheng-city-1' } } });
    expect(await waitUntil(hasRemoved, WAIT_MS)).toBe(true);
    expect(documentOf((await tombstones())[0])).toMatchObject({
      forced: 'civitas.dev/force-removal is set',
      abandoned: [{ name: 'city-health' }],
    });
  }, 240_000);

  test('goes with its namespace without being waited for, and leaves its tombstone outside of it', async () => {
    await cluster.client.delete(namespaces, { name: NAMESPACE });
    expect(await waitUntil(hasRemoved, WAIT_MS)).toBe(true);
    expect(documentOf((await tombstones())[0])).toMatchObject({ forced: `namespace ${NAMESPACE} is being deleted` });
    // Whoever empties it does so by its name, and would empty the next test's.
    const isGone = async (): Promise<boolean> => {
      await finishDeletedPods(cluster.client);
      return (await cluster.client.find(namespaces, { name: NAMESPACE })) === undefined;
    };
    expect(await waitUntil(isGone, WAIT_MS)).toBe(true);
  }, 240_000);
});

test('an operator that dies after every single write of a removal leaves one tombstone, no pod and no reservation', async () => {
  stopping.abort();
  await controllers?.stop();
  controllers = undefined;
  await cluster.client.mergePatch(networks, CITY, { spec: { deletionPolicy: { data: 'Delete' } } });
  await cluster.client.delete(networks, CITY);
  let lives = 0;
  for (; !(await hasRemoved()) && lives < 60; lives++) {
    const ending = new AbortController();
    // Deletions, the tombstone, the finalizer: what an operator applies anew at each start is not counted.
    const life = mortalClient(
      cluster.client,
      1,
      (verb, plural, name) =>
        (verb === 'delete' && !name.startsWith('relay')) ||
        `${verb} ${plural}` === 'create configmaps' ||
        (verb.endsWith('Patch') && plural === 'ledgernetworks'),
    );
    const running = await startOperator(life.client, ending.signal).catch(() => undefined);
    await holdsWithin(async () => life.isOver() || (await hasRemoved()), LIFE_MS_MAX);
    ending.abort();
    await running?.stop();
  }
  expect(await findNetwork(cluster.client, 'city')).toBeUndefined();
  expect(lives).toBeGreaterThan(2);
  expect((await tombstones()).length).toBe(1);
  expect((await cluster.client.listAll(ourResource('consensuskeyreservations'))).items).toEqual([]);
  expect(await waitUntil(async () => (await findVolume()) === undefined, WAIT_MS)).toBe(true);
}, 240_000);

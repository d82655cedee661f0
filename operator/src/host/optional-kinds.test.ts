import { customResourceDefinitions, type KubeObject, type ObjectBody, secrets } from '@civitas/kube';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { SYSTEM_NAMESPACE } from '../core/desired/names.ts';
import { certificates, podMonitors, volumeSnapshots } from './apply/kinds.ts';
import { createAuthority } from './certificates/authority.ts';
import type { RunningControllers } from './controllers/start-controllers.ts';
import {
  applyCity,
  createNamespaces,
  finishDeletedPods,
  isAvailable,
  NAMESPACE,
  networks,
  startOperator,
  waitUntil,
} from './testing/city-fixture.ts';
import { type FakeWorld, startFakeWorld } from './testing/fake-world.ts';
import { conditionOf, looseDefinition, removeOptionalKinds } from './testing/optional-services.ts';
import { startTestCluster, type TestCluster } from './testing/test-cluster.ts';

const OCTET = 230;
const WAIT_MS = 60_000;
/** A kind that was not there is asked for again every ten seconds. */
const RETRY_MS = 120_000;
const city = { namespace: NAMESPACE, name: 'city' };

let cluster: TestCluster;
let world: FakeWorld;
let controllers: RunningControllers;
let stopping: AbortController;

beforeEach(async () => {
  cluster = await startTestCluster(OCTET);
  await createNamespaces(cluster.client);
  world = startFakeWorld(cluster.client, NAMESPACE, OCTET);
  stopping = new AbortController();
  controllers = await startOperator(cluster.client, stopping.signal);
}, 240_000);

afterEach(async () => {
  stopping.abort();
  await controllers?.stop();
  await world.stop();
  await removeOptionalKinds(cluster.client);
  await cluster.stop();
});

const define = (kind: Parameters<typeof looseDefinition>[0]): Promise<unknown> =>
  cluster.client.create(customResourceDefinitions, looseDefinition(kind));
const reasonIs = (type: string, reason: string, ms = WAIT_MS): Promise<boolean> =>
  waitUntil(async () => (await conditionOf(cluster.client, 'city', type))?.reason === reason, ms);
const base64 = (text: string): string => Buffer.from(text, 'utf8').toString('base64');

/** What cert-manager does for a Certificate. */
async function issue(name: string): Promise<void> {
  const { certificatePem, privateKeyPem } = await createAuthority(name, Date.now());
  const data = { 'tls.crt': base64(certificatePem), 'tls.key': base64(privateKeyPem), 'ca.crt': base64(certificatePem) };
  const metadata = { name, namespace: SYSTEM_NAMESPACE };
  await cluster.client.create(secrets, {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata,
    ...{ type: 'kubernetes.io/tls', data },
  } satisfies ObjectBody);
}

test('a network waits for an issuer that is not installed, says so, and is born of it once it is; it is watched as soon as that can be had', async () => {
  await applyCity(cluster.client, {}, { tls: { issuerRef: { name: 'ledgers' } }, observability: { podMonitor: {} } });
  expect(await reasonIs('Available', 'KindNotServed')).toBe(true);
  await define('Certificate');
  expect(await reasonIs('Available', 'AuthorityRequested', RETRY_MS)).toBe(true);
  const asked = { namespace: SYSTEM_NAMESPACE, name: 'issued.jincheng.city' };
  expect(await waitUntil(async () => (await cluster.client.find(certificates, asked)) !== undefined, WAIT_MS)).toBe(true);
  await issue(asked.name);
  expect(await waitUntil(() => isAvailable(cluster.client, 'city'), WAIT_MS)).toBe(true);
  const [own, issued] = await Promise.all(
    ['ca.jincheng.city', asked.name].map((name) => cluster.client.find(secrets, { namespace: SYSTEM_NAMESPACE, name })),
  );
  expect(own?.data?.['tls.key']).toBe(issued?.data?.['tls.key']);

  expect(await reasonIs('Monitored', 'KindNotServed')).toBe(true);
  await define('PodMonitor');
  expect(await reasonIs('Monitored', 'MonitorStands', RETRY_MS)).toBe(true);
  const monitor = async (): Promise<KubeObject | undefined> => cluster.client.find(podMonitors, city);
  expect(await waitUntil(async () => (await monitor()) !== undefined, WAIT_MS)).toBe(true);
  await cluster.client.mergePatch(networks, city, { spec: { observability: null } });
  expect(await waitUntil(async () => (await monitor()) === undefined, WAIT_MS)).toBe(true);
}, 600_000);

test('a pod is made anew on another release only once its volume is snapshotted', async () => {
  await define('VolumeSnapshot');
  await applyCity(cluster.client, {}, { updateStrategy: { snapshots: {} } });
  expect(await waitUntil(() => isAvailable(cluster.client, 'city'), WAIT_MS)).toBe(true);
  const pods = world.record.podUIDs.size;
  await cluster.client.mergePatch(networks, city, { spec: { release: { version: '0.2.0' } } });
  const snapshot = { namespace: NAMESPACE, name: 'city-0-before-0-2-0' };
  expect(await waitUntil(async () => (await cluster.client.find(volumeSnapshots, snapshot)) !== undefined, WAIT_MS)).toBe(true);
  expect(await reasonIs('UpdatePending', 'SnapshotPending')).toBe(true);
  expect(world.record.podUIDs.size).toBe(pods);
  await cluster.client.mergePatch(volumeSnapshots, snapshot, { status: { readyToUse: true } }, { subresource: 'status' });
  const isAnew = async (): Promise<boolean> => {
    await finishDeletedPods(cluster.client);
    return world.record.podUIDs.size > pods;
  };
  expect(await waitUntil(isAnew, WAIT_MS)).toBe(true);
}, 300_000);

test('that snapshots can be had is said as soon as their kind is there, without an upgrade', async () => {
  await applyCity(cluster.client, {}, { updateStrategy: { snapshots: {} } });
  expect(await waitUntil(() => isAvailable(cluster.client, 'city'), WAIT_MS)).toBe(true);
  await cluster.client.mergePatch(networks, city, { spec: { release: { version: '0.2.0' } } });
  expect(await reasonIs('SnapshotsPossible', 'KindNotServed')).toBe(true);
  await define('VolumeSnapshot');
  expect(await reasonIs('SnapshotsPossible', 'SnapshotsTaken', RETRY_MS)).toBe(true);
}, 600_000);

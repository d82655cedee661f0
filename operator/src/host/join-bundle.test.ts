import { X509Certificate } from 'node:crypto';
import { type ConfigMap, configMaps, type KubeObject } from '@civitas/kube';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { ExternalMemberStatus } from '../core/resources/external-member.ts';
import type { RunningControllers } from './controllers/start-controllers.ts';
import { aCertificateRequest } from './testing/certificate-request.ts';
import { applyCity, createNamespaces, isAvailable, NAMESPACE, networks, startOperator, waitUntil } from './testing/city-fixture.ts';
import { createFakeLedger } from './testing/fake-ledger.ts';
import { type FakeWorld, startFakeWorld } from './testing/fake-world.ts';
import { ourResource, startTestCluster, type TestCluster } from './testing/test-cluster.ts';

const OCTET = 180;
const CITY = { namespace: NAMESPACE, name: 'city' };

let cluster: TestCluster;
let world: FakeWorld;
let controllers: RunningControllers;
let stopping: AbortController;

beforeEach(async () => {
  cluster = await startTestCluster(OCTET);
  await createNamespaces(cluster.client);
  world = startFakeWorld(cluster.client, NAMESPACE, OCTET, { city: createFakeLedger() });
  await applyCity(cluster.client, { engine: 'cometbft', validatorsPerNetwork: 4 });
  stopping = new AbortController();
  controllers = await startOperator(cluster.client, stopping.signal);
  expect(await waitUntil(() => isAvailable(cluster.client, 'city'), 20_000)).toBe(true);
}, 30_000);

afterEach(async () => {
  stopping.abort();
  await controllers.stop();
  await world.stop();
  await cluster.stop();
});

interface Network extends KubeObject {
  readonly status?: { readonly externalMembers?: readonly ExternalMemberStatus[] };
}

const stateOf = async (): Promise<ExternalMemberStatus | undefined> =>
  (await cluster.client.find(ourResource<Network>('ledgernetworks'), CITY))?.status?.externalMembers?.[0];
const bundle = (): Promise<ConfigMap | undefined> => cluster.client.find(configMaps, { namespace: NAMESPACE, name: 'join-port-0' });
const setMember = (member: object): Promise<unknown> =>
  cluster.client.mergePatch(networks, CITY, {
    spec: { externalMembers: [{ node: 'port-0', organisation: 'civil-affairs', role: 'validator', ...member }] },
  });

test('an organisation outside gets what it needs to join, its certificate for its own request, and is one of our engines’ peers', async () => {
  await setMember({});
  expect(await waitUntil(async () => (await stateOf())?.state === 'BundleReady', 10_000)).toBe(true);
  const first = (await bundle())?.data ?? {};
  expect(JSON.parse(first['peers.json'] ?? '{}').peers).toHaveLength(4);
  expect(first['node.crt']).toBeUndefined();
  await setMember({ csr: await aCertificateRequest('CN=port-0'), nodeId: 'c'.repeat(40), host: 'port.example' });
  expect(await waitUntil(async () => (await bundle())?.data?.['node.crt'] !== undefined, 10_000)).toBe(true);
  const certificate = new X509Certificate((await bundle())?.data?.['node.crt'] ?? '');
  expect(certificate.subjectAltName).toContain('jincheng-city-1');
  expect(certificate.subjectAltName).toContain('port-0');
  const ourPeers = async () =>
    JSON.parse((await cluster.client.find(configMaps, { namespace: NAMESPACE, name: 'city-peers' }))?.data?.['peers.json'] ?? '{}').peers ??
    [];
  expect(await waitUntil(async () => (await ourPeers()).length === 5, 10_000)).toBe(true);
  await setMember({ node: 'city-1' });
  expect(await waitUntil(async () => (await stateOf())?.message.includes('is a node of this network') === true, 10_000)).toBe(true);
}, 60_000);

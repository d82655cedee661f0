import { X509Certificate } from 'node:crypto';
import { CONSOLE_ACCESS, CONSOLE_REQUEST } from '@civitas/deployment';
import { type ConfigMap, configMaps } from '@civitas/kube';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { SYSTEM_NAMESPACE } from '../core/desired/names.ts';
import { aCertificateRequest } from './testing/certificate-request.ts';
import { applyCity, createNamespaces, isAvailable, NAMESPACE, startOperator, waitUntil } from './testing/city-fixture.ts';
import { type FakeWorld, startFakeWorld } from './testing/fake-world.ts';
import { startTestCluster, type TestCluster } from './testing/test-cluster.ts';

let cluster: TestCluster;
let world: FakeWorld;

beforeEach(async () => {
  cluster = await startTestCluster(136);
  await createNamespaces(cluster.client);
  world = startFakeWorld(cluster.client, NAMESPACE, 136);
}, 30_000);

afterEach(async () => {
  await world.stop();
  await cluster.stop();
});

const ask = (requestPem: string): Promise<ConfigMap> =>
  cluster.client.apply<ConfigMap>(
    configMaps,
    {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: CONSOLE_REQUEST, namespace: SYSTEM_NAMESPACE, labels: { 'app.kubernetes.io/managed-by': 'civitas-operator' } },
      data: { 'request.csr': requestPem },
    },
    { fieldManager: 'civitas-console', force: true },
  );
const findAnswer = () => cluster.client.find(configMaps, { namespace: SYSTEM_NAMESPACE, name: CONSOLE_ACCESS });
const leafIn = async (): Promise<string | undefined> => (await findAnswer())?.data?.[`${NAMESPACE}.city.crt`];

test('the console gets a certificate a network for the key of its request, another one for another key, and none for what is no request', async () => {
  await applyCity(cluster.client);
  const stopping = new AbortController();
  const operator = await startOperator(cluster.client, stopping.signal);
  try {
    expect(await waitUntil(() => isAvailable(cluster.client, 'city'), 30_000)).toBe(true);
    expect(await findAnswer()).toBeUndefined();
    await ask(await aCertificateRequest('CN=console'));
    expect(await waitUntil(async () => (await leafIn()) !== undefined, 30_000)).toBe(true);
    const first = (await leafIn()) ?? '';
    expect(new X509Certificate(first).subjectAltName).toBe('URI:spiffe://civitas/jincheng-city-1/platform/console');
    await ask(await aCertificateRequest('CN=console'));
    expect(await waitUntil(async () => ![undefined, first].includes(await leafIn()), 30_000)).toBe(true);
    await ask('no request');
    expect(await waitUntil(async () => (await leafIn()) === undefined, 30_000)).toBe(true);
  } finally {
    await operator.stop();
  }
}, 120_000);

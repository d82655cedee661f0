import { findCondition, type KubeObject, type Resource, services } from '@civitas/kube';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { RunningControllers } from './controllers/start-controllers.ts';
import { applyCity, createNamespaces, findNetwork, isAvailable, NAMESPACE, startOperator, waitUntil } from './testing/city-fixture.ts';
import { type FakeWorld, startFakeWorld } from './testing/fake-world.ts';
import { startTestCluster, type TestCluster } from './testing/test-cluster.ts';

const OCTET = 89;
const GATEWAY = { namespace: NAMESPACE, name: 'city-gateway' };

let cluster: TestCluster;
let world: FakeWorld;
let controllers: RunningControllers;

beforeEach(async () => {
  cluster = await startTestCluster(OCTET);
  await createNamespaces(cluster.client);
  world = startFakeWorld(cluster.client, NAMESPACE, OCTET);
  controllers = await startOperator(cluster.client, new AbortController().signal);
});

afterEach(async () => {
  await controllers.stop();
  await world.stop();
  await cluster.stop();
});

const affinity = async (): Promise<string | undefined> => {
  const service = await cluster.client.get(services as Resource<KubeObject & { spec: { sessionAffinity?: string } }>, GATEWAY);
  return service.spec.sessionAffinity;
};
const edit = (sessionAffinity: string): Promise<KubeObject> =>
  cluster.client.mergePatch(services, GATEWAY, { spec: { sessionAffinity } }, { fieldManager: 'kubectl-edit' });
const conflict = async () => findCondition((await findNetwork(cluster.client, 'city'))?.status?.conditions, 'FieldConflict');

test('a field that a person edited is left to them, said in FieldConflict, and taken back once they let go of it', async () => {
  await applyCity(cluster.client);
  expect(await waitUntil(() => isAvailable(cluster.client, 'city'), 20_000)).toBe(true);
  expect(await affinity()).toBe('ClientIP');
  await edit('None');
  expect(await waitUntil(async () => (await conflict())?.reason === 'HeldByAnother', 20_000)).toBe(true);
  expect((await conflict())?.message).toContain('.spec.sessionAffinity of Service jincheng/city-gateway (kubectl-edit)');
  expect(await affinity()).toBe('None');
  await edit('ClientIP');
  expect(await waitUntil(async () => (await conflict()) === undefined, 20_000)).toBe(true);
}, 60_000);

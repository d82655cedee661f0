import { type Condition, customResourceDefinitions, findCondition, type KubeObject, type ObjectBody } from '@civitas/kube';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { crdOf } from '../core/resources/crd.ts';
import { ledgerRestoreKind } from '../core/resources/ledger-restore.ts';
import type { RunningControllers } from './controllers/start-controllers.ts';
import { applyCity, createNamespaces, isAvailable, NAMESPACE, startOperator, waitUntil } from './testing/city-fixture.ts';
import { type FakeWorld, startFakeWorld } from './testing/fake-world.ts';
import { ourResource, startTestCluster, type TestCluster } from './testing/test-cluster.ts';

const OCTET = 79;
const cities = ourResource<KubeObject & { readonly status?: { readonly conditions?: readonly Condition[] } }>('cityconfigs');

let cluster: TestCluster;
let world: FakeWorld;
let controllers: RunningControllers | undefined;
let stopping: AbortController;

beforeEach(async () => {
  cluster = await startTestCluster(OCTET);
  await createNamespaces(cluster.client);
  world = startFakeWorld(cluster.client, NAMESPACE, OCTET);
  stopping = new AbortController();
}, 240_000);

afterEach(async () => {
  stopping.abort();
  await controllers?.stop();
  await world.stop();
  await cluster.stop();
});

async function kindsServed(): Promise<Condition | undefined> {
  return findCondition((await cluster.client.find(cities, { name: 'jincheng' }))?.status?.conditions, 'KindsServed');
}

test('an operator that is newer than the definitions says which are missing, does all else, and takes them up once they are there', async () => {
  await cluster.client.delete(customResourceDefinitions, { name: 'ledgerrestores.civitas.dev' });
  const isServed = (): Promise<boolean> =>
    cluster.client.list(ourResource('ledgerrestores')).then(
      () => true,
      () => false,
    );
  expect(await waitUntil(async () => !(await isServed()), 60_000)).toBe(true);
  controllers = await startOperator(cluster.client, stopping.signal);
  await applyCity(cluster.client);
  expect(await waitUntil(() => isAvailable(cluster.client, 'city'), 60_000)).toBe(true);
  expect(await waitUntil(async () => (await kindsServed())?.reason === 'KindsMissing', 30_000)).toBe(true);
  expect((await kindsServed())?.message).toContain('not served, so nothing of them is done: ledgerrestores;');
  expect(controllers.isReady()).toBe(true);

  await cluster.client.create(customResourceDefinitions, crdOf(ledgerRestoreKind) as object as ObjectBody);
  // A kind that is not there is looked for again every half minute.
  expect(await waitUntil(async () => (await kindsServed()) === undefined, 90_000)).toBe(true);
}, 240_000);

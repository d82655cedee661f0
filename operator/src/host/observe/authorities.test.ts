import { createReflector, namespaces, type Reflector, type Secret, secrets } from '@civitas/kube';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { MANAGED_SELECTOR, SYSTEM_NAMESPACE } from '../../core/desired/names.ts';
import { waitUntil } from '../testing/city-fixture.ts';
import { startTestCluster, type TestCluster } from '../testing/test-cluster.ts';
import { type Authorities, createAuthorities, secretText } from './authorities.ts';

const CITY = { namespace: 'jincheng', name: 'city' };
const PLACE = { namespace: SYSTEM_NAMESPACE, name: 'ca.jincheng.city' };
const NOW_UNIX_MS = Date.parse('2026-01-01T00:00:00Z');
const WAIT_MS = 10_000;

let cluster: TestCluster;
let watched: Reflector<Secret> | undefined;
let authorities: Authorities;

beforeEach(async () => {
  cluster = await startTestCluster(83);
  await cluster.client.create(namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: SYSTEM_NAMESPACE } });
  watched = undefined;
  authorities = createAuthorities(cluster.client, () => watched);
});

afterEach(async () => {
  await watched?.stop();
  await cluster.stop();
});

function watch(): void {
  const { client } = cluster;
  watched = createReflector({ client, resource: secrets, namespace: SYSTEM_NAMESPACE, labelSelector: MANAGED_SELECTOR });
  watched.start();
}

const isShown = (): boolean => authorities.generations(CITY).length > 0;
const heldCertificate = async (): Promise<string | undefined> => secretText(await cluster.client.find(secrets, PLACE), 'tls.crt');

describe('the authority of a network', () => {
  test('issues before the watch has shown its Secret', async () => {
    const made = await authorities.create(CITY, NOW_UNIX_MS);
    expect(isShown()).toBe(false);
    expect((await authorities.find(CITY))?.certificatePem).toBe(made.certificatePem);
    expect(authorities.generation(CITY, 1)).toEqual(made);
  });

  test('is forgotten when it is removed, also where no watch has shown it: the next one of that name is another one', async () => {
    const former = await authorities.create(CITY, NOW_UNIX_MS);
    await authorities.remove(CITY, [1]);
    expect(await authorities.find(CITY)).toBeUndefined();
    expect(authorities.generation(CITY, 1)).toBeUndefined();
    const next = await authorities.create(CITY, NOW_UNIX_MS);
    expect(next.certificatePem).not.toBe(former.certificatePem);
    expect(await heldCertificate()).toBe(next.certificatePem);
  });

  test('has one fingerprint before and after the watch has shown it, and the next one of that name has another', async () => {
    const fingerprint = async (): Promise<string | undefined> => (await authorities.find(CITY))?.fingerprint;
    await authorities.create(CITY, NOW_UNIX_MS);
    const former = await fingerprint();
    watch();
    await waitUntil(isShown, WAIT_MS);
    expect(await fingerprint()).toBe(former);
    await authorities.remove(CITY, [1]);
    await waitUntil(() => !isShown(), WAIT_MS);
    await authorities.create(CITY, NOW_UNIX_MS);
    await waitUntil(isShown, WAIT_MS);
    expect(await fingerprint()).not.toBe(former);
  });

  test('ends with its Secret once the watch has shown it, whoever deletes that', async () => {
    watch();
    await authorities.create(CITY, NOW_UNIX_MS);
    await waitUntil(isShown, WAIT_MS);
    await cluster.client.delete(secrets, PLACE);
    await waitUntil(() => !isShown(), WAIT_MS);
    expect(await authorities.find(CITY)).toBeUndefined();
    expect(authorities.generation(CITY, 1)).toBeUndefined();
  });
});

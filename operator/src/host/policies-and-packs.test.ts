import { base64urlEncode, type JsonObject, packSignBytes } from '@civitas/canon';
import { type Condition, findCondition, type KubeObject, type ObjectBody } from '@civitas/kube';
import { aKeyPair } from '@civitas/testkit';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { AccessPolicyStatus } from '../core/resources/access-policy.ts';
import type { PackInstallStatus } from '../core/resources/pack-install.ts';
import type { RunningControllers } from './controllers/start-controllers.ts';
import {
  aNetworkBody,
  applyCity,
  createNamespaces,
  isAvailable,
  NAMESPACE,
  networks,
  startOperator,
  waitUntil,
} from './testing/city-fixture.ts';
import { createFakeLedger, type FakeLedger } from './testing/fake-ledger.ts';
import { type FakeWorld, startFakeWorld } from './testing/fake-world.ts';
import { ourResource, startTestCluster, type TestCluster } from './testing/test-cluster.ts';

interface Conditioned<Status> extends KubeObject {
  readonly status?: Status & { readonly conditions?: readonly Condition[] };
}

const policies = ourResource<Conditioned<AccessPolicyStatus>>('accesspolicies');
const packs = ourResource<Conditioned<PackInstallStatus>>('packinstalls');
const publisher = aKeyPair('publisher');
const GATE = 'health.access';
const POLICY_ID = 'jincheng-housing-1.housing-fund.housing.withdrawal.illness-in-catalogue.verify-eligibility';
const WAIT_MS = 60_000;

let cluster: TestCluster;
let world: FakeWorld;
let ledger: FakeLedger;
let controllers: RunningControllers;
let stopping: AbortController;
let octet = 218;

beforeEach(async () => {
  cluster = await startTestCluster(++octet);
  await createNamespaces(cluster.client);
  ledger = createFakeLedger();
  ledger.protocol.newestElse = 3;
  world = startFakeWorld(cluster.client, NAMESPACE, octet, { city: ledger });
  stopping = new AbortController();
  controllers = await startOperator(cluster.client, stopping.signal);
  await applyCity(cluster.client);
  expect(await waitUntil(() => isAvailable(cluster.client, 'city'), WAIT_MS)).toBe(true);
}, 120_000);

afterEach(async () => {
  stopping.abort();
  await controllers?.stop();
  await world.stop();
  await cluster.stop();
});

const place = (name: string) => ({ name, namespace: NAMESPACE });
const body = (kind: string, name: string, spec: object): ObjectBody => ({
  ...{ apiVersion: 'civitas.dev/v1alpha1', kind, metadata: place(name), ...{ spec } },
});

async function reasonOf(resource: typeof policies | typeof packs, type: string): Promise<string | undefined> {
  const { items } = await cluster.client.listAll<Conditioned<object>>(resource, { namespace: NAMESPACE });
  return findCondition(items[0]?.status?.conditions, type)?.reason;
}

const comesTo = (resource: typeof policies | typeof packs, type: string, reason: string): Promise<boolean> =>
  waitUntil(async () => (await reasonOf(resource, type)) === reason, WAIT_MS);

/** Proposals of a kind that stand open, as the ledger has them. */
function openOf(kind: string): readonly JsonObject[] {
  return [...ledger.records].flatMap(([key, record]) => {
    const change = record['change'] as JsonObject | undefined;
    return key.startsWith('network.members/proposals/') && record['status'] === 'open' && change?.['kind'] === kind ? [record] : [];
  });
}

/** Founders decide the open proposal of a kind; `effect` is what the contract writes then. */
function decide(kind: string, effect: (change: JsonObject) => void): void {
  const [record] = openOf(kind);
  if (record === undefined) throw new Error(`no ${kind} stands open`);
  effect(record['change'] as JsonObject);
  ledger.records.set(`network.members/proposals/${String(record['id'])}`, { ...record, status: 'applied' });
}

const setPolicy = (version: number) => (change: JsonObject) =>
  void ledger.records.set(`${GATE}/policies/${POLICY_ID}`, { ...(change['args'] as JsonObject), policyVersion: version });

async function goOverToThird(): Promise<void> {
  ledger.protocol.version = 3;
  const isOver = async (): Promise<boolean> => {
    const found = await cluster.client.find(networks, place('city'));
    return (found?.status as { readonly protocol?: { readonly version: number } } | undefined)?.protocol?.version === 3;
  };
  expect(await waitUntil(isOver, WAIT_MS)).toBe(true);
}

describe('founders decide', () => {
  test('on a pack once the ledger knows such decisions, and on nothing that its publisher has not signed', async () => {
    const pack = { name: 'health-gate', version: '1.0.0', contracts: [`${GATE}@v1`] };
    const spec = { networkRef: 'city', pack, publisher: base64urlEncode(publisher.publicKey) };
    await cluster.client.create(packs, body('PackInstall', 'forged', { ...spec, signature: 'A'.repeat(86) }));
    expect(await comesTo(packs, 'Installed', 'PackUnsigned')).toBe(true);
    await cluster.client.delete(packs, place('forged'));
    const signature = base64urlEncode(publisher.sign(packSignBytes(pack)));
    await cluster.client.create(packs, body('PackInstall', 'gate', { ...spec, signature }));
    expect(await comesTo(packs, 'Installed', 'ProtocolTooOld')).toBe(true);
    expect(openOf('installPack')).toEqual([]);
    await goOverToThird();
    expect(await comesTo(packs, 'Installed', 'PackProposed')).toBe(true);
    expect(await waitUntil(() => openOf('installPack').length === 1, WAIT_MS)).toBe(true);
    decide(
      'installPack',
      () => void ledger.records.set(`network.members/contracts/${GATE}`, { contract: `${GATE}@v1`, pack: 'health-gate', sinceHeight: 9 }),
    );
    expect(await comesTo(packs, 'Installed', 'PackInstalled')).toBe(true);
    expect((await cluster.client.find(packs, place('gate')))?.status).toMatchObject({ phase: 'Installed', sinceHeight: 9 });
    expect(ledger.proposed.filter((entry) => entry.startsWith('installPack'))).toHaveLength(1);
  }, 240_000);

  test('on nothing that the ledger refuses to have proposed, and each object says so', async () => {
    await goOverToThird();
    ledger.refusesWith = 'CHANGE_INVALID';
    const pack = { name: 'health-gate', version: '1.0.0', contracts: [`${GATE}@v1`] };
    const signature = base64urlEncode(publisher.sign(packSignBytes(pack)));
    const spec = { networkRef: 'city', pack, publisher: base64urlEncode(publisher.publicKey), signature };
    await cluster.client.create(packs, body('PackInstall', 'gate', spec));
    expect(await comesTo(packs, 'Installed', 'PackRefused')).toBe(true);
    ledger.records.set(`network.members/contracts/${GATE}`, { contract: `${GATE}@v1`, pack: 'health-gate', sinceHeight: 9 });
    await cluster.client.create(networks, aNetworkBody('housing', { domain: 'housing', chainId: 'jincheng-housing-1' }));
    await cluster.client.create(ourResource('ledgerlinks'), body('LedgerLink', 'city-housing', { from: 'city', to: 'housing' }));
    const question = {
      ...{ linkRef: 'city-housing', source: 'city', caller: { organisation: 'housing-fund', contract: 'housing.withdrawal' } },
      ...{ predicate: 'illness-in-catalogue', purpose: 'verify-eligibility', consent: 'required', ratePerDay: 100, answerAgeHours: 24 },
    };
    await cluster.client.create(policies, body('AccessPolicy', 'eligibility', { ...question, disclosure: 'immediate' }));
    expect(await comesTo(policies, 'Applied', 'PolicyRefused')).toBe(true);
  }, 240_000);

  test('on a policy, on each change of it, and on its end before the object goes', async () => {
    await goOverToThird();
    ledger.records.set(`network.members/contracts/${GATE}`, { contract: `${GATE}@v1`, pack: 'health-gate', sinceHeight: 9 });
    await cluster.client.create(networks, aNetworkBody('housing', { domain: 'housing', chainId: 'jincheng-housing-1' }));
    const question = {
      ...{ linkRef: 'city-housing', source: 'city', caller: { organisation: 'housing-fund', contract: 'housing.withdrawal' } },
      ...{ predicate: 'illness-in-catalogue', purpose: 'verify-eligibility' },
    };
    const terms = { consent: 'required', ratePerDay: 100, answerAgeHours: 24, disclosure: 'immediate' };
    await cluster.client.create(policies, body('AccessPolicy', 'eligibility', { ...question, ...terms }));
    expect(await comesTo(policies, 'Applied', 'LinkMissing')).toBe(true);
    await cluster.client.create(ourResource('ledgerlinks'), body('LedgerLink', 'city-housing', { from: 'city', to: 'housing' }));
    expect(await waitUntil(() => openOf('callContract').length === 1, WAIT_MS)).toBe(true);
    expect(await comesTo(policies, 'Applied', 'PolicyProposed')).toBe(true);
    decide('callContract', setPolicy(1));
    expect(await comesTo(policies, 'Applied', 'PolicyInForce')).toBe(true);
    expect(await reasonOf(policies, 'Linted')).toBe('PolicyNoted');
    expect((await cluster.client.find(policies, place('eligibility')))?.status).toMatchObject({
      ...{ phase: 'Applied', onLedgerVersion: 1, policyId: POLICY_ID, effect: 'stands as the spec says' },
      findings: ['housing-fund takes no part in housing yet'],
    });

    await cluster.client.mergePatch(policies, place('eligibility'), { spec: { ratePerDay: 5 } });
    expect(await waitUntil(() => openOf('callContract').length === 1, WAIT_MS)).toBe(true);
    decide('callContract', setPolicy(2));
    expect(await comesTo(policies, 'Applied', 'PolicyInForce')).toBe(true);

    await cluster.client.delete(policies, place('eligibility'));
    expect(await waitUntil(() => openOf('callContract').length === 1, WAIT_MS)).toBe(true);
    expect(openOf('callContract')[0]?.['change']).toMatchObject({ args: { enabled: false } });
    expect(await comesTo(policies, 'Applied', 'PolicyClosing')).toBe(true);
    decide('callContract', setPolicy(3));
    expect(await waitUntil(async () => (await cluster.client.find(policies, place('eligibility'))) === undefined, WAIT_MS)).toBe(true);
    expect(ledger.proposed.filter((entry) => entry.startsWith('callContract'))).toHaveLength(3);
  }, 240_000);
});

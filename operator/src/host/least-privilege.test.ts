import { readFileSync } from 'node:fs';
import { configMaps, createLeaderElector, type KubeObject, namespaces, type ObjectBody, pods, type Resource } from '@civitas/kube';
import type { AuditEntry } from '@civitas/localcluster';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { parseAllDocuments } from 'yaml';
import { SYSTEM_NAMESPACE } from '../core/desired/names.ts';
import { aCity, anAgency } from '../core/testing/builders.ts';
import { askForDecisions } from './testing/ask-for-decisions.ts';
import { backUpAndRestore, scheduleBackups } from './testing/backup-pods.ts';
import { aCertificateRequest } from './testing/certificate-request.ts';
import {
  aNetworkBody,
  bodyOf,
  findNetwork,
  finishDeletedPods,
  isAvailable,
  NAMESPACE,
  networks,
  startOperator,
  waitUntil,
} from './testing/city-fixture.ts';
import { createFakeDirectory } from './testing/fake-directory.ts';
import { createFakeLedger } from './testing/fake-ledger.ts';
import { type FakeWorld, startFakeWorld } from './testing/fake-world.ts';
import { installIdentity } from './testing/install-identity.ts';
import { installOptionalKinds, useServices } from './testing/optional-services.ts';
import { ourResource, startTestCluster, type TestCluster } from './testing/test-cluster.ts';

const ACCOUNT = 'civitas-operator';
const MANIFEST = new URL('../../../charts/civitas/laptop/operator.yaml', import.meta.url);

/** Granted and not called as such: the server asks for these rights itself when another call is made. */
const ASKED_BY_THE_SERVER: Readonly<Record<string, string>> = {
  'update civitas.dev/ledgernetworks/finalizers': 'owner references with blockOwnerDeletion to a LedgerNetwork',
  'update civitas.dev/agencies/finalizers': 'owner references with blockOwnerDeletion to an Agency',
  'bind rbac.authorization.k8s.io/clusterroles': 'making a RoleBinding to a ClusterRole whose rights one does not hold',
};

let cluster: TestCluster;
let world: FakeWorld;
let calls: AuditEntry[];

beforeEach(async () => {
  calls = [];
  cluster = await startTestCluster(92, (entry) => calls.push(entry));
  await cluster.client.create(namespaces, {
    ...{ apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAMESPACE, labels: { 'civitas.dev/workspace': 'true' } } },
  });
  await installOptionalKinds(cluster.client);
  for (const manifest of manifests()) if (manifest.kind !== 'Pod') await cluster.client.create(resourceOf(manifest), manifest);
  world = startFakeWorld(cluster.client, NAMESPACE, 92, { sixth: createFakeLedger() });
}, 240_000);

afterEach(async () => {
  await world.stop();
  await cluster.stop();
});

interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
}

function manifests(): readonly (ObjectBody & { readonly rules?: readonly Rule[] })[] {
  return parseAllDocuments(readFileSync(MANIFEST, 'utf8')).map((document) => document.toJS());
}

function resourceOf({ apiVersion, kind, metadata }: ObjectBody): Resource {
  const [group, version] = apiVersion.includes('/') ? apiVersion.split('/') : ['', apiVersion];
  return { group: group ?? '', version: version ?? '', plural: `${kind.toLowerCase()}s`, namespaced: metadata.namespace !== undefined };
}

const rightOf = (verb: string, group: string, resource: string): string => `${verb} ${group === '' ? 'core' : group}/${resource}`;

/** Every right that the manifest gives, one a line. */
function granted(): ReadonlySet<string> {
  const own = manifests().filter(({ metadata }) => metadata.name?.startsWith(ACCOUNT));
  const rules = own.flatMap((manifest) => manifest.rules ?? []);
  return new Set(
    rules.flatMap(({ apiGroups, resources, verbs }) =>
      apiGroups.flatMap((group) => resources.flatMap((resource) => verbs.map((verb) => rightOf(verb, group, resource)))),
    ),
  );
}

/** Every right that a call of the operator needed. */
function used(): ReadonlySet<string> {
  const own = calls.filter(({ user, path }) => user === `system:serviceaccount:${SYSTEM_NAMESPACE}:${ACCOUNT}` && path === undefined);
  return new Set(
    own.map(({ verb, group, resource, subresource }) => rightOf(verb, group, subresource === '' ? resource : `${resource}/${subresource}`)),
  );
}

/** What the operator asked for and was never granted: an API server takes a moment to hear of a binding that was just made. */
function refused(): readonly string[] {
  const own = calls.filter(({ user }) => user.includes(ACCOUNT));
  const kindOf = ({ verb, resource, subresource, namespace }: AuditEntry): string => `${verb} ${resource}/${subresource} in ${namespace}`;
  const allowed = new Set(own.filter(({ isAllowed }) => isAllowed).map(kindOf));
  return own.flatMap((entry) => (entry.isAllowed || allowed.has(kindOf(entry)) ? [] : [`${kindOf(entry)}: ${entry.name}`]));
}

/**
 * A city, a client's certificates, a second network of four validators, one of its pods made anew (a key that passes on, a repeated
 * Event), a link, a relay made anew, a removal with its data, backups by the clock, and a network restored from one; and what others bring to a cluster.
 */
async function liveThroughIt(): Promise<void> {
  const { client } = cluster;
  const memberships = ['city', 'sixth', 'issued'].map((network) => ({ network, roles: [] }));
  const clients = [{ name: 'cli', operationPublicKey: 'A'.repeat(43), csr: await aCertificateRequest() }];
  await installIdentity(client);
  await client.create(ourResource('cityconfigs'), bodyOf(aCity()));
  await client.create(ourResource('agencies'), bodyOf(anAgency('civil-affairs', { memberships, clients, quotas: { pods: 4 } })));
  await client.create(networks, aNetworkBody('city', { domain: 'city', chainId: 'jincheng-city-1' }));
  expect(await waitUntil(() => isAvailable(client, 'city'), 60_000)).toBe(true);
  await useServices(client, () => used().has('create snapshot.storage.k8s.io/volumesnapshots'));
  await scheduleBackups(client);
  const validators = { name: 'validators', role: 'validator', replicas: 4 };
  const pools = [validators, { name: 'observers', role: 'observer', replicas: 1 }];
  const sixth = {
    domain: 'housing',
    chainId: 'jincheng-sixth-1',
    engine: 'cometbft',
    pools,
    deletionPolicy: { data: 'Delete', keys: 'Delete' },
  };
  await client.create(networks, aNetworkBody('sixth', sixth));
  const link = { apiVersion: 'civitas.dev/v1alpha1', kind: 'LedgerLink', metadata: { name: 'city-seventh', namespace: NAMESPACE } };
  await client.create(ourResource('ledgerlinks'), { ...link, ...{ spec: { from: 'city', to: 'seventh' } } });
  const grant = { apiVersion: 'civitas.dev/v1alpha1', kind: 'LedgerLinkGrant', metadata: { name: 'grant', namespace: NAMESPACE } };
  await client.create(ourResource('ledgerlinkgrants'), { ...grant, ...{ spec: { to: 'city', from: ['sixth'] } } });
  const member = { apiVersion: 'civitas.dev/v1alpha1', kind: 'AgencyMembership', metadata: { name: 'member', namespace: NAMESPACE } };
  await client.create(ourResource('agencymemberships'), { ...member, ...{ spec: { agencyRef: 'civil-affairs', networkRef: 'eighth' } } });
  await askForDecisions(client);
  const change = { apiVersion: 'civitas.dev/v1alpha1', kind: 'ValidatorChange', metadata: { name: 'fewer', namespace: NAMESPACE } };
  const changes = [{ type: 'Remove', node: 'sixth-3' }];
  await client.create(ourResource('validatorchanges'), { ...change, ...{ spec: { networkRef: 'sixth', changes } } });
  expect(await waitUntil(() => isAvailable(client, 'sixth'), 60_000)).toBe(true);
  expect(await waitUntil(async () => (await reservedPods()).length === 6, 60_000)).toBe(true);
  const before = await reservedPods();
  await client.delete(pods, { namespace: NAMESPACE, name: 'sixth-3' });
  await finishDeletedPods(client);
  expect(await waitUntil(async () => (await reservedPods()).some((uid) => !before.includes(uid)), 60_000)).toBe(true);
  expect(await waitUntil(() => world.record.grants.size === 7, 60_000)).toBe(true);
  const certificates = { namespace: 'agency-civil-affairs', name: 'client-cli' };
  expect(await waitUntil(async () => (await client.find(configMaps, certificates)) !== undefined, 60_000)).toBe(true);
  const rollOver = { networkRef: 'city', type: 'RotateCA', overlapSeconds: 0, ttlSecondsAfterFinished: 0 };
  const operation = { apiVersion: 'civitas.dev/v1alpha1', kind: 'LedgerOperation', metadata: { name: 'ca', namespace: NAMESPACE } };
  await client.create(ourResource('ledgeroperations'), { ...operation, ...{ spec: rollOver } });
  expect(await waitUntil(() => used().has('delete civitas.dev/ledgeroperations'), 60_000)).toBe(true);
  await client.delete(ourResource('ledgerlinks'), { namespace: NAMESPACE, name: 'city-seventh' });
  await client.mergePatch(networks, { namespace: NAMESPACE, name: 'sixth' }, { spec: { pools: [validators] } });
  const hasRetired = async (): Promise<boolean> => {
    await finishDeletedPods(client);
    return used().has('delete core/services');
  };
  expect(await waitUntil(hasRetired, 90_000)).toBe(true);
  await client.delete(networks, { namespace: NAMESPACE, name: 'sixth' });
  expect(await waitUntil(hasRemoved, 60_000)).toBe(true);
  expect(await waitUntil(() => used().has('patch civitas.dev/validatorchanges/status'), 60_000)).toBe(true);
  expect(await waitUntil(() => used().has('patch civitas.dev/agencies'), 90_000)).toBe(true);
  await backUpAndRestore(client);
  expect(await waitUntil(() => used().has('create civitas.dev/ledgerbackups'), 90_000)).toBe(true);
}

/** Pods that may sign, by UID. */
async function reservedPods(): Promise<readonly string[]> {
  const { items } = await cluster.client.listAll(ourResource<KubeObject & { spec: { podUID: string } }>('consensuskeyreservations'));
  return items.map(({ spec }) => spec.podUID);
}

async function hasRemoved(): Promise<boolean> {
  await finishDeletedPods(cluster.client);
  return (await findNetwork(cluster.client, 'sixth')) === undefined;
}

test('the operator is refused nothing that it asks for, and is granted nothing that it does not use', async () => {
  const client = cluster.clientOf(SYSTEM_NAMESPACE, ACCOUNT);
  const stopping = new AbortController();
  const lease = { client, namespace: SYSTEM_NAMESPACE, name: ACCOUNT, identity: 'one', retryPeriodMs: 100, onStartedLeading: () => {} };
  const elector = createLeaderElector(lease);
  elector.start();
  const { directory } = createFakeDirectory();
  const controllers = await startOperator(
    client,
    stopping.signal,
    () => elector.isLeader(),
    () => directory,
  );
  try {
    await liveThroughIt();
  } finally {
    stopping.abort();
    await controllers.stop();
    await elector.stop();
  }

  cluster.flushAudit();
  expect(refused()).toEqual([]);
  const unused = [...granted()].filter((right) => !used().has(right) && ASKED_BY_THE_SERVER[right] === undefined);
  expect(unused).toEqual([]);
  expect(Object.keys(ASKED_BY_THE_SERVER).filter((right) => !granted().has(right))).toEqual([]);
}, 400_000);

import { type Condition, type KubeObject, type Resource, secrets } from '@civitas/kube';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { FORCE_REMOVAL } from '../core/desired/tombstone.ts';
import { aCity, anAgency } from '../core/testing/builders.ts';
import type { RunningControllers } from './controllers/start-controllers.ts';
import type { IdentitySettings } from './identity/identity-provider.ts';
import { bodyOf, createNamespaces, holdsWithin, startOperator } from './testing/city-fixture.ts';
import { createFakeDirectory, type FakeDirectory } from './testing/fake-directory.ts';
import { installIdentity } from './testing/install-identity.ts';
import { ourResource, startTestCluster, type TestCluster } from './testing/test-cluster.ts';

interface AgencyObject extends KubeObject {
  readonly status?: { readonly organizationId?: string; readonly serviceClientSecret?: string; readonly conditions?: readonly Condition[] };
}

const agencies: Resource<AgencyObject> = ourResource('agencies');
const NAME = 'bank-1';
const SERVICE_SECRET = { namespace: `agency-${NAME}`, name: 'identity-client-service' };
const WAIT_MS_MAX = 45_000;
let cluster: TestCluster;
let running: RunningControllers | undefined;
let fake: FakeDirectory;
let opened: IdentitySettings[];

beforeEach(async () => {
  cluster = await startTestCluster(118);
  await createNamespaces(cluster.client);
  await cluster.client.create(ourResource('cityconfigs'), bodyOf(aCity()));
  fake = createFakeDirectory();
  opened = [];
}, 60_000);

afterEach(async () => {
  await running?.stop();
  await cluster.stop();
}, 60_000);

async function start(): Promise<void> {
  const openDirectory = (settings: IdentitySettings) => {
    opened.push(settings);
    return fake.directory;
  };
  running = await startOperator(cluster.client, new AbortController().signal, () => true, openDirectory);
}

const install = (url?: string): Promise<void> => installIdentity(cluster.client, url);

async function applyAgency(spec: object = {}, name = NAME): Promise<void> {
  await cluster.client.create(agencies, bodyOf(anAgency(name, { memberships: [], ...spec })));
}

const find = (name = NAME): Promise<AgencyObject | undefined> => cluster.client.find(agencies, { name });

async function identityReady(name = NAME): Promise<string> {
  const condition = (await find(name))?.status?.conditions?.find(({ type }) => type === 'IdentityReady');
  return condition === undefined ? '' : `${condition.status} ${condition.reason}`;
}

async function becomes(reading: () => unknown, wanted: unknown): Promise<void> {
  let last: unknown;
  await holdsWithin(async () => JSON.stringify((last = await reading())) === JSON.stringify(wanted), WAIT_MS_MAX);
  expect(last).toEqual(wanted);
}

async function secretOf(field: string): Promise<string> {
  return Buffer.from((await cluster.client.find(secrets, SERVICE_SECRET))?.data?.[field] ?? '', 'base64').toString();
}

describe('the identity of an agency', () => {
  test('without a provider is a condition, and nothing holds the agency when it is deleted', async () => {
    await applyAgency();
    await start();
    await becomes(() => identityReady(), 'False IdentityNotInstalled');
    expect((await find())?.metadata.finalizers ?? []).toEqual([]);
    await cluster.client.delete(agencies, { name: NAME });
    await becomes(() => find(), undefined);
  }, 120_000);

  test('is an organization with a service client, whose secret stands in the agency’s own namespace', async () => {
    await install();
    await applyAgency({ identity: { domains: ['bank-1.example'] } });
    await start();
    await becomes(() => identityReady(), 'True OrganizationStands');
    expect(opened).toEqual([
      { url: 'http://127.0.0.1:8080', realm: 'city', clientId: 'civitas-operator', clientSecret: 'a secret of the operator' },
    ]);
    const held = fake.agencies.get(NAME);
    expect(held?.organization).toMatchObject({ alias: NAME, enabled: true, domains: ['bank-1.example'] });
    expect((await find())?.status).toMatchObject({
      organizationId: `id-of-${NAME}`,
      serviceClientSecret: `agency-${NAME}/identity-client-service`,
    });
    expect(held?.clients.get('service')).toMatchObject({ roles: ['operator'], secret: await secretOf('clientSecret') });
    expect(await secretOf('clientId')).toBe(`agency.${NAME}.service`);
    expect(await secretOf('issuer')).toBe('http://127.0.0.1:8080/realms/city');
  }, 120_000);

  test('is put right after somebody changed it, with the same secret, by an operator that has just started', async () => {
    await install();
    await applyAgency();
    await start();
    await becomes(() => identityReady(), 'True OrganizationStands');
    const secret = await secretOf('clientSecret');
    await running?.stop();
    const held = fake.agencies.get(NAME);
    if (held === undefined) throw new Error('no organization');
    held.organization = { ...held.organization, enabled: false, displayName: { zh: '改', en: 'Changed' } };
    held.groups.delete('owner');
    held.clients.clear();
    await start();
    await becomes(() => [fake.agencies.get(NAME)?.organization.enabled, fake.agencies.get(NAME)?.groups.size], [true, 4]);
    await becomes(() => fake.agencies.get(NAME)?.clients.get('service')?.secret, secret);
    expect(await secretOf('clientSecret')).toBe(secret);
  }, 180_000);

  test('gets another secret when its own is deleted', async () => {
    await install();
    await applyAgency();
    await start();
    await becomes(() => identityReady(), 'True OrganizationStands');
    const before = await secretOf('clientSecret');
    await cluster.client.delete(secrets, SERVICE_SECRET);
    // A change of the agency has it looked at, before its time.
    await cluster.client.mergePatch(agencies, { name: NAME }, { spec: { displayName: { en: 'Another Bank' } } });
    await becomes(async () => (await secretOf('clientSecret')).length, 43);
    expect(await secretOf('clientSecret')).not.toBe(before);
    await becomes(() => fake.agencies.get(NAME)?.clients.get('service')?.secret, await secretOf('clientSecret'));
  }, 120_000);
});

describe('a provider that fails', () => {
  test('is a condition of the agencies that it fails for, whatever it fails with, and recovers by itself', async () => {
    const faults = {
      away: ['DIRECTORY_UNREACHABLE', 'Unknown DirectoryUnreachable'],
      busy: ['DIRECTORY_BUSY', 'Unknown DirectoryUnreachable'],
      secret: ['DIRECTORY_CREDENTIALS', 'False DirectoryCredentials'],
      denied: ['DIRECTORY_DENIED', 'False DirectoryDenied'],
      failed: ['DIRECTORY_FAILED', 'False DirectoryFailed'],
    } as const;
    for (const [name, [code]] of Object.entries(faults)) fake.faults.set(name, code);
    await install();
    for (const name of [...Object.keys(faults), NAME]) await applyAgency({}, name);
    await start();
    for (const [name, [, condition]] of Object.entries(faults)) await becomes(() => identityReady(name), condition);
    await becomes(() => identityReady(), 'True OrganizationStands');
    expect(running?.isHealthy()).toBe(true);
    fake.faults.clear();
    for (const name of Object.keys(faults)) await becomes(() => identityReady(name), 'True OrganizationStands');
  }, 180_000);

  test('by its address is said to have settings that cannot be worked with', async () => {
    await install('http://user:secret@127.0.0.1:8080/');
    await applyAgency();
    await start();
    await becomes(() => identityReady(), 'False SettingsInvalid');
    expect(opened).toEqual([]);
  }, 120_000);
});

describe('an agency that is deleted', () => {
  test('leaves a disabled organization without clients', async () => {
    await install();
    await applyAgency();
    await start();
    await becomes(() => identityReady(), 'True OrganizationStands');
    await cluster.client.delete(agencies, { name: NAME });
    await becomes(() => find(), undefined);
    expect(fake.agencies.get(NAME)?.organization.enabled).toBe(false);
    expect(fake.agencies.get(NAME)?.clients.size).toBe(0);
  }, 120_000);

  test('takes its organization along where it says so', async () => {
    await install();
    await applyAgency({ identity: { deletionPolicy: 'Delete' } });
    await start();
    await becomes(() => identityReady(), 'True OrganizationStands');
    await cluster.client.delete(agencies, { name: NAME });
    await becomes(() => find(), undefined);
    expect([...fake.agencies.keys()]).toEqual([]);
    expect(fake.writes.slice(-2)).toEqual([`delete ${NAME}.service`, `delete ${NAME}`]);
  }, 120_000);

  test('waits for a provider that is away, unless it is told not to', async () => {
    await install();
    await applyAgency();
    await start();
    await becomes(() => identityReady(), 'True OrganizationStands');
    fake.faults.set(NAME, 'DIRECTORY_UNREACHABLE');
    const before = fake.calls;
    await cluster.client.delete(agencies, { name: NAME });
    await becomes(() => fake.calls > before, true);
    expect((await find())?.metadata.finalizers).toEqual(['civitas.dev/identity']);
    await cluster.client.mergePatch(agencies, { name: NAME }, { metadata: { annotations: { [FORCE_REMOVAL]: NAME } } });
    await becomes(() => find(), undefined);
    expect(fake.agencies.get(NAME)?.organization.enabled).toBe(true);
  }, 120_000);
});

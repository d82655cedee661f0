import { gunzipSync } from 'node:zlib';
import type { Principal } from '@civitas/identity';
import type { ObjectBody } from '@civitas/kube';
import { filesOfTar } from '@civitas/telemetry/testing';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { smallCity } from '../testing/small-city.ts';
import { aPerson, startTestConsole, type TestConsole } from '../testing/test-console.ts';

const CANARIES = {
  secret: 'CANARY-secret',
  person: '110101199003074477',
  mail: 'canary@example.org',
  phone: '13800138000',
  field: 'CANARY-field',
  map: 'CANARY-map',
  environment: 'CANARY-environment',
  bearer: 'CANARY-bearer',
};
const SYSTEM = 'civitas-system';
const CITY = 'jincheng';
let city: TestConsole;
let isHeld: Promise<void> | undefined;

const aPod = (namespace: string, name: string): ObjectBody => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, namespace, labels: { 'civitas.dev/network': 'health' } },
  spec: { containers: [{ name: 'node', image: 'none', env: [{ name: 'KEY', value: CANARIES.environment }] }] },
});
const about = (kind: string, namespace: string, content: object): ObjectBody => ({
  apiVersion: 'v1',
  kind,
  metadata: { name: 'canary', namespace },
  ...content,
});

beforeAll(async () => {
  const manifests = [
    ...smallCity,
    ...[SYSTEM, CITY].flatMap((namespace) => [
      aPod(namespace, 'health-0'),
      about('Secret', namespace, { stringData: { key: CANARIES.secret } }),
      about('ConfigMap', namespace, { data: { key: CANARIES.map } }),
    ]),
  ];
  city = await startTestConsole(151, {
    manifests,
    podLogs: {
      async *readLog({ previous }) {
        if (previous) return;
        await isHeld;
        yield JSON.stringify({ level: 'info', event: 'serving', height: 7, call: { args: { name: CANARIES.field } } });
        yield JSON.stringify({ level: 'warn', event: 'refused', message: `of ${CANARIES.person}, Bearer ${CANARIES.bearer}` });
        yield `not JSON, by ${CANARIES.mail}, ${CANARIES.phone}`;
      },
    },
  });
}, 180_000);
afterAll(() => city.stop());

const admin = (over: Partial<Principal> = {}): Principal => aPerson({ sub: 'admin-1', platformRoles: ['platform-admin'], ...over });
const ask = (who: Principal) =>
  city.app.inject({ url: '/api/v1/support-bundle', headers: { authorization: `Bearer ${city.tokenOf(who)}` } });

test('whoever runs the platform takes away how the city is, as far as their rights reach, without a secret or a personal value', async () => {
  const answer = await ask(admin());
  expect(answer.headers).toMatchObject({
    'content-type': 'application/gzip',
    'content-disposition': expect.stringMatching(/^attachment; filename="civitas-support-[\dT-]+\.tar\.gz"$/),
    'cache-control': 'no-store',
  });
  const files = filesOfTar(gunzipSync(answer.rawPayload));
  expect([...files.keys()]).toEqual(
    expect.arrayContaining([
      ...['bundle.json', 'versions.json', 'objects/LedgerNetwork.json', 'objects/LedgerBackup.json', 'objects/CityConfig.json'],
      ...['pods.json', 'events.json', `logs/${SYSTEM}/health-0/node.log`, 'traces.json'],
    ]),
  );
  for (const canary of Object.values(CANARIES))
    expect([...files].filter(([, text]) => text.includes(canary)).map(([name]) => `${canary} in ${name}`)).toEqual([]);
  expect(files.get(`logs/${SYSTEM}/health-0/node.log`)).toContain('"height":7');
  const { missing }: { missing: string[] } = JSON.parse(files.get('bundle.json') ?? '');
  // Nobody has opened the city's own namespace to the platform's support.
  expect([...files.keys()].filter((name) => name.includes(`/${CITY}/`))).toEqual([]);
  expect(missing).toEqual(
    expect.arrayContaining([
      expect.stringMatching(/^findings: kubectl civitas why/),
      expect.stringMatching(/^pods of jincheng: .*forbidden/),
      expect.stringMatching(/^metrics of civitas-system\/health-0/),
    ]),
  );
  const users = new Set(city.calls.filter(({ resource }) => resource === 'pods').map(({ user }) => user));
  expect(users).toContain('system:serviceaccount:civitas-system:platform-admin');
  const entries = await city.audit.list({ before: 0, limit: 5, wanted: ({ action }) => action === 'downloadSupportBundle' });
  expect(entries.map(({ stage, sub }) => [stage, sub])).toEqual([
    ['done', 'admin-1'],
    ['asked', 'admin-1'],
  ]);
}, 120_000);

test('in a namespace that was opened to it, the bundle reaches pods and their logs too', async () => {
  await city.admin.create(
    { group: 'rbac.authorization.k8s.io', version: 'v1', plural: 'rolebindings', namespaced: true },
    {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'RoleBinding',
      metadata: { name: 'civitas-support', namespace: CITY },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'civitas-support' },
      subjects: [{ kind: 'ServiceAccount', name: 'platform-admin', namespace: SYSTEM }],
    },
  );
  const files = filesOfTar(gunzipSync((await ask(admin())).rawPayload));
  expect(files.get(`logs/${CITY}/health-0/node.log`)).toContain('"height":7');
  expect([...files.values()].filter((text) => text.includes('CANARY'))).toEqual([]);
}, 120_000);

test('it takes a fresh second factor, and is nobody else’s', async () => {
  expect((await ask(admin({ acr: '1' }))).json()).toMatchObject({ code: 'STEP_UP_NEEDED' });
  const owner = await ask(aPerson({ organizations: { 'hospital-1': ['owner', 'operator', 'auditor'] } }));
  expect([owner.statusCode, owner.json().reason]).toEqual([403, 'platform-only']);
}, 120_000);

test('one is made at a time', async () => {
  let release = (): void => {};
  isHeld = new Promise((resolve) => {
    release = resolve;
  });
  const answers = [ask(admin()), ask(admin({ sub: 'admin-2' }))];
  const first = await Promise.race(answers.map(async (answer) => (await answer).statusCode));
  release();
  const codes = (await Promise.all(answers)).map(({ statusCode }) => statusCode);
  expect([first, new Set(codes)]).toEqual([429, new Set([200, 429])]);
}, 120_000);

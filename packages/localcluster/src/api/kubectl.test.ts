import { execFile, execFileSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { stringify as toYaml } from 'yaml';
import type { JsonObject } from './json.ts';
import { aNetwork, sampleDefinition } from './testing/sample-definition.ts';
import { startTestServer, type TestServer } from './testing/test-server.ts';

function hasKubectl(): boolean {
  try {
    execFileSync('kubectl', ['version', '--client'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

const isThere = hasKubectl();
if (!isThere) {
  if (process.env['CI'] === 'true') throw new Error('kubectl is not installed, and CI must have it');
  console.warn('SKIPPED: what a person sees of the API server, because kubectl is not installed');
}

interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

let cluster: TestServer;

function kubectl(...args: string[]): Promise<Ran> {
  const env = { PATH: process.env['PATH'] ?? '', HOME: cluster.home, KUBECONFIG: cluster.server.kubeconfigPath };
  return new Promise((resolve) => {
    execFile('kubectl', args, { env, timeout: 20_000 }, (error, out, err) => {
      resolve({ code: error === null ? 0 : typeof error.code === 'number' ? error.code : 1, out, err });
    });
  });
}

async function file(name: string, ...objects: JsonObject[]): Promise<string> {
  const path = join(cluster.home, name);
  await writeFile(path, objects.map((object) => toYaml(object)).join('---\n'));
  return path;
}

const pod: JsonObject = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'one', labels: { app: 'one' } },
  spec: {
    containers: [
      {
        name: 'main',
        image: 'civitas.dev/node:1',
        env: [
          { name: 'A', value: '1' },
          { name: 'B', value: '2' },
        ],
      },
    ],
  },
};
const configMap = (a: string): JsonObject => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'settings' }, data: { a } });

(isThere ? describe : describe.skip)('kubectl', () => {
  beforeAll(async () => {
    cluster = await startTestServer('127.40.12.1');
    await kubectl('apply', '-f', await file('definition.yaml', sampleDefinition));
  }, 30_000);
  afterAll(() => cluster?.stop());

  test('waits for a definition, then applies objects of it and prints their columns', async () => {
    expect((await kubectl('wait', '--for=condition=Established', 'crd/networks.test.dev', '--timeout=5s')).code).toBe(0);
    expect((await kubectl('apply', '-f', await file('network.yaml', aNetwork()))).out).toBe('network.test.dev/health created\n');
    const { out } = await kubectl('get', 'tn');
    expect(out.split('\n').map((line) => line.split(/\s+/))).toEqual([['NAME', 'DOMAIN', 'AVAILABLE'], ['health', 'health', ''], ['']]);
    expect((await kubectl('get', 'tests', '-o', 'name')).out).toBe('network.test.dev/health\n');
    expect((await kubectl('api-resources')).out).toMatch(/networks\s+tn\s+test\.dev\/v1\s+true\s+Network/);
    expect((await kubectl('explain', 'tn.spec.pools')).out).toContain('replicas');
  }, 30_000);

  test('shows the message of a rule, an unknown field and a wrong value', async () => {
    const refused = async (spec: JsonObject) => (await kubectl('apply', '-f', await file('refused.yaml', aNetwork(spec)))).err;
    expect(await refused({ pools: [{ role: 'validator', replicas: 3 }] })).toContain(
      'The Network "health" is invalid: spec: Invalid value: "object": fewer than 4 validators need allowDowntime',
    );
    expect(await refused({ chainId: 'other' })).toContain('chainId is immutable');
    expect(await refused({ domian: 'x' })).toContain('unknown field "spec.domian"');
    expect(await refused({ domain: 'courts' })).toContain('Unsupported value: "courts"');
  }, 30_000);

  test('applies from the client and from the server, and says when nothing changed', async () => {
    const path = await file('objects.yaml', pod, configMap('1'));
    expect((await kubectl('apply', '-f', path)).out).toBe('pod/one created\nconfigmap/settings created\n');
    const again = await kubectl('apply', '-f', path);
    expect(again).toEqual({ code: 0, out: 'pod/one unchanged\nconfigmap/settings unchanged\n', err: '' });
    expect((await kubectl('apply', '-f', await file('changed.yaml', configMap('2')))).out).toBe('configmap/settings configured\n');
    expect((await kubectl('apply', '--server-side', '-f', await file('changed.yaml', configMap('2')))).out).toBe(
      'configmap/settings serverside-applied\n',
    );
    const conflict = await kubectl('apply', '--server-side', '--field-manager=other', '-f', await file('conflict.yaml', configMap('3')));
    expect(conflict.err).toContain('Apply failed with 1 conflict');
    expect(conflict.err).toContain('.data.a');
  }, 30_000);

  test('patches in three ways', async () => {
    await kubectl('patch', 'cm', 'settings', '--type=merge', '-p', '{"data":{"b":"x"}}');
    await kubectl('patch', 'cm', 'settings', '--type=json', '-p', '[{"op":"add","path":"/data/c","value":"y"}]');
    expect((await kubectl('get', 'cm', 'settings', '-o', 'jsonpath={.data}')).out).toBe('{"a":"2","b":"x","c":"y"}');
    await kubectl('patch', 'pod', 'one', '-p', '{"spec":{"containers":[{"name":"main","image":"civitas.dev/node:2"}]}}');
    expect((await kubectl('get', 'pod', 'one', '-o', 'jsonpath={.spec.containers[0].image} {.spec.containers[0].env[*].name}')).out).toBe(
      'civitas.dev/node:2 A B',
    );
  }, 30_000);

  test('gets wide, as YAML and as JSON, and describes', async () => {
    expect((await kubectl('get', 'pods', '-o', 'wide')).out).toMatch(
      /NAME\s+READY\s+STATUS\s+RESTARTS\s+AGE\s+IP\s+NODE\s+NOMINATED NODE\s+READINESS GATES\none\s+0\/1\s+Pending/,
    );
    expect(JSON.parse((await kubectl('get', 'pod', 'one', '-o', 'json')).out)).toMatchObject({ kind: 'Pod', metadata: { name: 'one' } });
    expect((await kubectl('get', 'cm', 'settings', '-o', 'yaml')).out).toContain('kind: ConfigMap');
    const object = cluster.server.port.find({ group: '', version: 'v1', plural: 'pods' }, 'default', 'one');
    if (object !== undefined)
      cluster.server.port.recordEvent(object, { type: 'Warning', reason: 'Testing', message: 'an event to see', component: 'test' });
    expect((await kubectl('describe', 'pod', 'one')).out).toMatch(/Warning\s+Testing\s+\S+\s+test\s+an event to see/);
    expect((await kubectl('get', 'events')).out).toMatch(/Warning\s+Testing\s+pod\/one\s+an event to see/);
    expect((await kubectl('describe', 'tn', 'health')).out).toContain('Chain Id:');
  }, 30_000);

  test('watches, and waits for a condition', async () => {
    const waiting = kubectl('wait', '--for=condition=Available', 'tn/health', '--timeout=15s');
    const watching = kubectl('get', 'tn', '-w', '--request-timeout=3s');
    await kubectl(
      'patch',
      'tn',
      'health',
      '--subresource=status',
      '--type=merge',
      '-p',
      '{"status":{"conditions":[{"type":"Available","status":"True"}]}}',
    );
    expect((await waiting).out).toBe('network.test.dev/health condition met\n');
    expect((await watching).out).toMatch(/health\s+health\s+True/);
  }, 30_000);

  test('creates with its own commands, and asks what it may', async () => {
    expect((await kubectl('create', 'ns', 'team')).out).toBe('namespace/team created\n');
    await kubectl('create', 'sa', 'bob', '-n', 'team');
    await kubectl('create', 'role', 'reader', '--verb=get,list', '--resource=pods', '-n', 'team');
    await kubectl('create', 'rolebinding', 'reader', '--role=reader', '--serviceaccount=team:bob', '-n', 'team');
    const bob = ['-n', 'team', '--as', 'system:serviceaccount:team:bob'];
    expect((await kubectl('auth', 'can-i', 'list', 'pods', ...bob)).out.trim()).toBe('yes');
    expect((await kubectl('auth', 'can-i', 'delete', 'pods', ...bob)).out.trim()).toBe('no');
    expect((await kubectl('get', 'secrets', ...bob)).err).toContain(
      'cannot list resource "secrets" in API group "" in the namespace "team"',
    );
    expect((await kubectl('auth', 'whoami')).out).toContain('kubernetes-admin');
    expect((await kubectl('create', 'token', 'bob', '-n', 'team')).out.split('.')).toHaveLength(3);
    expect((await kubectl('delete', 'ns', 'team', '--timeout=10s')).code).toBe(0);
  }, 30_000);

  test('deletes and waits until it is done', async () => {
    expect((await kubectl('delete', 'pod/one', 'cm/settings', 'tn/health', '--wait', '--timeout=10s')).code).toBe(0);
    expect((await kubectl('get', 'pod', 'one')).err).toContain('pods "one" not found');
    expect((await kubectl('delete', 'crd', 'networks.test.dev', '--timeout=10s')).code).toBe(0);
  }, 30_000);
});

import { waitFor } from '@civitas/testkit';
import { describe, expect, test } from '@jest/globals';
import type { JsonObject } from '../../json.ts';
import { aNetwork } from '../sample-definition.ts';
import type { Kubectl } from './run-kubectl.ts';

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

function anEvent(uid: string): JsonObject {
  return {
    ...{ apiVersion: 'v1', kind: 'Event', metadata: { name: 'one.seen', namespace: 'default' } },
    ...{ type: 'Warning', reason: 'Testing', message: 'an event to see', source: { component: 'test' }, count: 1 },
    ...{ firstTimestamp: '2026-01-01T00:00:00Z', lastTimestamp: '2026-01-01T00:00:00Z' },
    involvedObject: { apiVersion: 'v1', kind: 'Pod', name: 'one', namespace: 'default', uid },
  };
}

/** What a person sees with kubectl, in the order of a working day. Expects the sample definition to have been applied. */
export function describeKubectl(kubectl: () => Kubectl): void {
  describe('kubectl', () => {
    test('waits for a definition, then applies objects of it and prints their columns', async () => {
      expect((await kubectl().run('wait', '--for=condition=Established', 'crd/networks.test.dev', '--timeout=25s')).code).toBe(0);
      await kubectl().run('delete', 'tn,cm', '--all');
      expect((await kubectl().run('apply', '-f', await kubectl().file('network.yaml', aNetwork()))).out).toBe(
        'network.test.dev/health created\n',
      );
      const { out } = await kubectl().run('get', 'tn');
      expect(out.split('\n').map((line) => line.split(/\s+/))).toEqual([['NAME', 'DOMAIN', 'AVAILABLE'], ['health', 'health', ''], ['']]);
      expect((await kubectl().run('get', 'tests', '-o', 'name')).out).toBe('network.test.dev/health\n');
      expect((await kubectl().run('api-resources')).out).toMatch(/networks\s+tn\s+test\.dev\/v1\s+true\s+Network/);
      expect((await kubectl().run('explain', 'tn.spec.pools')).out).toContain('replicas');
    });

    test('shows the message of a rule, an unknown field and a wrong value', async () => {
      const refused = async (spec: JsonObject) =>
        (await kubectl().run('apply', '-f', await kubectl().file('refused.yaml', aNetwork(spec)))).err;
      expect(await refused({ pools: [{ role: 'validator', replicas: 3 }] })).toContain(
        'The Network "health" is invalid: spec: Invalid value: fewer than 4 validators need allowDowntime',
      );
      expect(await refused({ chainId: 'other' })).toContain('chainId is immutable');
      expect(await refused({ domian: 'x' })).toContain('unknown field "spec.domian"');
      expect(await refused({ domain: 'courts' })).toContain('Unsupported value: "courts"');
    });

    test('applies from the client and from the server, and says when nothing changed', async () => {
      const path = await kubectl().file('objects.yaml', pod, configMap('1'));
      expect((await kubectl().run('apply', '-f', path)).out).toBe('pod/one created\nconfigmap/settings created\n');
      const again = await kubectl().run('apply', '-f', path);
      expect(again).toEqual({ code: 0, out: 'pod/one unchanged\nconfigmap/settings unchanged\n', err: '' });
      expect((await kubectl().run('apply', '-f', await kubectl().file('changed.yaml', configMap('2')))).out).toBe(
        'configmap/settings configured\n',
      );
      expect((await kubectl().run('apply', '--server-side', '-f', await kubectl().file('changed.yaml', configMap('2')))).out).toBe(
        'configmap/settings serverside-applied\n',
      );
      const conflict = await kubectl().run(
        'apply',
        '--server-side',
        '--field-manager=other',
        '-f',
        await kubectl().file('conflict.yaml', configMap('3')),
      );
      expect(conflict.err).toContain('Apply failed with 1 conflict');
      expect(conflict.err).toContain('.data.a');
    });

    test('patches in three ways', async () => {
      await kubectl().run('patch', 'cm', 'settings', '--type=merge', '-p', '{"data":{"b":"x"}}');
      await kubectl().run('patch', 'cm', 'settings', '--type=json', '-p', '[{"op":"add","path":"/data/c","value":"y"}]');
      expect((await kubectl().run('get', 'cm', 'settings', '-o', 'jsonpath={.data}')).out).toBe('{"a":"2","b":"x","c":"y"}');
      await kubectl().run('patch', 'pod', 'one', '-p', '{"spec":{"containers":[{"name":"main","image":"civitas.dev/node:2"}]}}');
      expect(
        (await kubectl().run('get', 'pod', 'one', '-o', 'jsonpath={.spec.containers[0].image} {.spec.containers[0].env[*].name}')).out,
      ).toBe('civitas.dev/node:2 A B');
    });

    test('gets wide, as YAML and as JSON, and describes', async () => {
      expect((await kubectl().run('get', 'pods', '-l', 'app=one', '-o', 'wide')).out).toMatch(
        /NAME\s+READY\s+STATUS\s+RESTARTS\s+AGE\s+IP\s+NODE\s+NOMINATED NODE\s+READINESS GATES\none\s+0\/1\s+Pending/,
      );
      expect(JSON.parse((await kubectl().run('get', 'pod', 'one', '-o', 'json')).out)).toMatchObject({
        kind: 'Pod',
        metadata: { name: 'one' },
      });
      expect((await kubectl().run('get', 'cm', 'settings', '-o', 'yaml')).out).toContain('kind: ConfigMap');
      const uid = (await kubectl().run('get', 'pod', 'one', '-o', 'jsonpath={.metadata.uid}')).out;
      await kubectl().run('create', '-f', await kubectl().file('event.yaml', anEvent(uid)));
      expect((await kubectl().run('describe', 'pod', 'one')).out).toMatch(/Warning\s+Testing\s+\S+\s+test\s+an event to see/);
      expect((await kubectl().run('get', 'events')).out).toMatch(/Warning\s+Testing\s+pod\/one\s+an event to see/);
      expect((await kubectl().run('describe', 'tn', 'health')).out).toContain('Chain Id:');
    });

    test('watches, and waits for a condition', async () => {
      const waiting = kubectl().run('wait', '--for=condition=Available', 'tn/health', '--timeout=25s');
      const watching = kubectl().untilLine(/^health\s+health\s+True\s*$/, 'get', 'tn', '-w');
      await kubectl().run(
        'patch',
        'tn',
        'health',
        '--subresource=status',
        '--type=merge',
        '-p',
        '{"status":{"conditions":[{"type":"Available","status":"True"}]}}',
      );
      expect((await waiting).out).toBe('network.test.dev/health condition met\n');
      await watching;
    });

    test('creates with its own commands, and asks what it may', async () => {
      expect((await kubectl().run('create', 'ns', 'team')).out).toBe('namespace/team created\n');
      await kubectl().run('create', 'sa', 'bob', '-n', 'team');
      await kubectl().run('create', 'role', 'reader', '--verb=get,list', '--resource=pods', '-n', 'team');
      await kubectl().run('create', 'rolebinding', 'reader', '--role=reader', '--serviceaccount=team:bob', '-n', 'team');
      const bob = ['-n', 'team', '--as', 'system:serviceaccount:team:bob'];
      // A real server's authorizer hears of a role a moment after it is stored.
      const mayList = async (): Promise<boolean> => (await kubectl().run('auth', 'can-i', 'list', 'pods', ...bob)).out.trim() === 'yes';
      expect(await waitFor('granted right', mayList)).toBe(true);
      expect((await kubectl().run('auth', 'can-i', 'delete', 'pods', ...bob)).out.trim()).toBe('no');
      expect((await kubectl().run('get', 'secrets', ...bob)).err).toContain(
        'cannot list resource "secrets" in API group "" in the namespace "team"',
      );
      expect((await kubectl().run('auth', 'whoami')).out).toContain('kubernetes-admin');
      expect((await kubectl().run('create', 'token', 'bob', '-n', 'team')).out.split('.')).toHaveLength(3);
      expect((await kubectl().run('delete', 'ns', 'team', '--timeout=25s')).code).toBe(0);
    });

    test('deletes and waits until it is done', async () => {
      expect((await kubectl().run('delete', 'pod/one', 'cm/settings', 'tn/health', '--wait', '--timeout=25s')).code).toBe(0);
      expect((await kubectl().run('get', 'pod', 'one')).err).toContain('pods "one" not found');
      expect((await kubectl().run('delete', 'crd', 'networks.test.dev', '--timeout=25s')).code).toBe(0);
    });
  });
}

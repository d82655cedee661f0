import { describe, expect, test } from '@jest/globals';
import { environmentOf, expand } from './environment.ts';
import { type Container, configMapsResource, type Pod, podsResource, secretsResource } from './pod.ts';
import { qosClassOf } from './pod-status.ts';
import { createMemoryCluster } from './testing/memory-cluster.ts';

const cluster = createMemoryCluster();
const metadata = { namespace: 'default', name: 'web', labels: { app: 'web' }, annotations: { 'a/b': 'note' } };
const pod = cluster.put(podsResource, { apiVersion: 'v1', kind: 'Pod', metadata, spec: { containers: [] } }) as Pod;
cluster.put(configMapsResource, {
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { namespace: 'default', name: 'c' },
  data: { K: 'from map' },
});
const encoded = Buffer.from('from secret').toString('base64');
cluster.put(secretsResource, { apiVersion: 'v1', kind: 'Secret', metadata: { namespace: 'default', name: 's' }, data: { K: encoded } });

const parent = { PATH: '/bin', LANG: 'C.UTF-8', SECRET_OF_THE_SHELL: 'x' };
const place = { podIP: '127.1.2.3', hostIP: '127.0.0.1', nodeName: 'laptop' };
const context = {
  port: cluster,
  pod,
  place,
  root: '/pods/web/root',
  apiUrl: 'https://127.0.0.1:6443',
  base: { NODE_COMPILE_CACHE: '/cache' },
  parent,
};
const of = (container: Partial<Container>) => environmentOf({ name: 'main', image: 'x', ...container }, context);
const variables = (container: Partial<Container>) => {
  const environment = of(container);
  if (!environment.ok) throw new Error(environment.missing);
  return environment.variables;
};

describe('environment', () => {
  test("holds the base and nothing else of the kubelet's own", () => {
    expect(variables({})).toEqual({
      PATH: '/bin',
      LANG: 'C.UTF-8',
      NODE_COMPILE_CACHE: '/cache',
      HOME: '/pods/web/root',
      TMPDIR: '/pods/web/root/tmp',
      CIVITAS_ROOT: '/pods/web/root',
      HOSTNAME: 'web',
      KUBERNETES_SERVICE_HOST: '127.0.0.1',
      KUBERNETES_SERVICE_PORT: '6443',
    });
  });

  test('values come from literals, keys, whole objects and fields, later ones winning', () => {
    const field = (name: string, fieldPath: string) => ({ name, valueFrom: { fieldRef: { fieldPath } } });
    const env = [
      { name: 'LITERAL', value: 'a' },
      { name: 'BOTH', value: '$(LITERAL)-$(P_K)-$(UNKNOWN)-$$(LITERAL)' },
      { name: 'MAP', valueFrom: { configMapKeyRef: { name: 'c', key: 'K' } } },
      { name: 'SECRET', valueFrom: { secretKeyRef: { name: 's', key: 'K' } } },
      { name: 'NONE', valueFrom: { secretKeyRef: { name: 'absent', key: 'K', optional: true } } },
      field('APP', "metadata.labels['app']"),
      field('NOTE', "metadata.annotations['a/b']"),
      field('UID', 'metadata.uid'),
      field('NODE', 'spec.nodeName'),
    ];
    expect(variables({ env, envFrom: [{ prefix: 'P_', configMapRef: { name: 'c' } }, { secretRef: { name: 's' } }] })).toMatchObject({
      LITERAL: 'a',
      BOTH: 'a-from map-$(UNKNOWN)-$(LITERAL)',
      MAP: 'from map',
      SECRET: 'from secret',
      K: 'from secret',
      APP: 'web',
      NOTE: 'note',
      UID: pod.metadata.uid,
      NODE: 'laptop',
    });
    expect(variables({ env })).not.toHaveProperty('NONE');
  });

  test.each([
    [{ configMapKeyRef: { name: 'absent', key: 'K' } }, 'configmap "absent" not found'],
    [{ secretKeyRef: { name: 's', key: 'nope' } }, 'secret "s" has no key "nope"'],
    [{ fieldRef: { fieldPath: 'spec.secrets' } }, 'unknown field "spec.secrets"'],
    [{ resourceFieldRef: { resource: 'limits.cpu' } }, 'not offered on this machine'],
  ])('a source that is not there is named: %j', (valueFrom, message) => {
    const environment = of({ env: [{ name: 'X', valueFrom }] });
    expect(environment).toMatchObject({ ok: false, missing: expect.stringContaining(message) });
  });

  test('an escaped reference stays one', () => {
    expect(expand('$$(A) $(A) $A', new Map([['A', '1']]))).toBe('$(A) 1 $A');
  });
});

test('the quality of service class follows requests and limits', () => {
  const container = (resources?: Container['resources']): Container => ({ name: 'a', image: 'x', ...(resources && { resources }) });
  expect(qosClassOf([container()])).toBe('BestEffort');
  expect(qosClassOf([container({ limits: { cpu: '1', memory: '1Gi' } })])).toBe('Guaranteed');
  expect(qosClassOf([container({ limits: { cpu: '1', memory: '1Gi' } }), container()])).toBe('Burstable');
});

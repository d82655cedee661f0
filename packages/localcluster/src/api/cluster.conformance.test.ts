import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { anonymous } from './auth/user.ts';
import { arrayAt, type JsonObject, objectsAt, stringAt } from './json.ts';
import { annotationsBytesMax, eventCountMax, watchBacklogBytesMax, watchCountMax } from './limits.ts';
import { WatchHub } from './read.ts';
import { Registry } from './registry.ts';
import { startApiServer } from './server.ts';
import { ObjectStore } from './store.ts';
import { aNetwork, sampleDefinition } from './testing/sample-definition.ts';
import { startTestServer, type TestServer } from './testing/test-server.ts';

let cluster: TestServer;
beforeAll(async () => {
  cluster = await startTestServer('127.40.13.1');
  await cluster.call('POST', '/apis/apiextensions.k8s.io/v1/customresourcedefinitions', { body: sampleDefinition });
}, 20_000);
afterAll(() => cluster.stop());

const configMaps = '/api/v1/namespaces/default/configmaps';
const networks = '/apis/test.dev/v1/namespaces/default/networks';

function aConfigMap(name: string, data: JsonObject = { a: '1' }, metadata: JsonObject = {}): JsonObject {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, ...metadata }, data };
}

function aPod(name: string, labels: JsonObject = {}): JsonObject {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, labels },
    spec: { containers: [{ name: 'main', image: 'civitas.dev/node:1' }] },
  };
}

describe('what the server keeps by itself', () => {
  test('the ready pods behind a Service are its endpoints', async () => {
    const pods = '/api/v1/namespaces/default/pods';
    await cluster.call('POST', '/api/v1/namespaces/default/services', {
      body: { metadata: { name: 'behind' }, spec: { selector: { app: 'behind' }, ports: [{ port: 80, targetPort: 8080 }] } },
    });
    await cluster.call('POST', pods, { body: aPod('behind', { app: 'behind' }) });
    const watch = cluster.watch('/apis/discovery.k8s.io/v1/namespaces/default/endpointslices?watch=1&fieldSelector=metadata.name%3Dbehind');
    await cluster.call('PATCH', `${pods}/behind/status`, {
      body: { status: { podIP: '127.1.2.3', conditions: [{ type: 'Ready', status: 'True' }] } },
      contentType: 'application/merge-patch+json',
    });
    let event = await watch.next();
    while (arrayAt(event, 'object', 'endpoints').length === 0) event = await watch.next();
    expect(event).toMatchObject({
      object: { endpoints: [{ addresses: ['127.1.2.3'], conditions: { ready: true } }], ports: [{ port: 8080 }] },
    });
    const endpoints = await cluster.call('GET', '/api/v1/namespaces/default/endpoints/behind', {
      accept: 'application/json;as=Table;v=v1;g=meta.k8s.io',
    });
    expect(arrayAt(objectsAt(endpoints.body, 'rows')[0], 'cells')[1]).toBe('127.1.2.3:8080');
    watch.close();
  });

  test('Events that say the same are counted, and the oldest go above the limit', async () => {
    const { port } = cluster.server;
    const about = port.find({ group: '', version: 'v1', plural: 'namespaces' }, undefined, 'default');
    if (about === undefined) throw new Error('the namespace default is there');
    const record = (message: string) => port.recordEvent(about, { type: 'Normal', reason: 'Counted', message, component: 'test' });
    record('same');
    record('same');
    const events = () => port.list({ group: '', version: 'v1', plural: 'events' }, 'default');
    expect(events().filter((event) => event['message'] === 'same')).toMatchObject([{ count: 2 }]);
    for (let index = 0; index <= eventCountMax; index += 1)
      port.create(
        { group: '', version: 'v1', plural: 'events' },
        { metadata: { namespace: 'default', name: `e${index}` }, involvedObject: { kind: 'Namespace', name: 'default' } },
      );
    await cluster.call('POST', configMaps, { body: aConfigMap('after-events') });
    expect(events().length).toBeLessThanOrEqual(eventCountMax);
  }, 20_000);

  test('a quota refuses what goes over it, and says what is used', async () => {
    await cluster.call('POST', '/api/v1/namespaces', { body: { metadata: { name: 'bounded' } } });
    const quotas = '/api/v1/namespaces/bounded/resourcequotas';
    const pods = '/api/v1/namespaces/bounded/pods';
    await cluster.call('POST', quotas, { body: { metadata: { name: 'q' }, spec: { hard: { pods: '1', 'requests.memory': '1Gi' } } } });
    expect(stringAt((await cluster.call('POST', pods, { body: aPod('bare') })).body, 'message')).toBe(
      'pods "bare" is forbidden: failed quota: q: must specify requests.memory',
    );
    const sized = (name: string) => ({
      ...aPod(name),
      spec: { containers: [{ name: 'main', image: 'x', resources: { requests: { memory: '512Mi' } } }] },
    });
    expect((await cluster.call('POST', pods, { body: sized('first') })).code).toBe(201);
    const refused = await cluster.call('POST', pods, { body: sized('second') });
    expect(refused.body).toMatchObject({
      code: 403,
      message: 'pods "second" is forbidden: exceeded quota: q, requested: pods=1, used: pods=1, limited: pods=1',
    });
    expect((await cluster.call('GET', `${quotas}/q`)).body).toMatchObject({ status: { used: { pods: '1', 'requests.memory': '512Mi' } } });
  });

  test('annotations above their limit are refused', async () => {
    const refused = await cluster.call('POST', configMaps, {
      body: aConfigMap('noted', {}, { annotations: { note: 'x'.repeat(annotationsBytesMax) } }),
    });
    expect(refused.body).toMatchObject({ code: 422 });
    expect(stringAt(refused.body, 'message')).toContain(
      `metadata.annotations: Too long: may not be more than ${annotationsBytesMax} bytes`,
    );
  });

  test('a watch whose client does not read is cut, not kept in memory', async () => {
    const store = new ObjectStore(join(cluster.home, 'backlog'), () => undefined);
    const hub = new WatchHub(store);
    const type = new Registry().find('', 'v1', 'configmaps');
    if (type === undefined) throw new Error('configmaps are served');
    const target = { group: '', version: 'v1', plural: 'configmaps', namespace: undefined, name: undefined, subresource: '' };
    const response = new ServerResponse(new IncomingMessage(new Socket()));
    const request = {
      method: 'GET',
      path: '',
      query: new URLSearchParams('watch=1'),
      headers: {},
      user: anonymous,
      target,
      verb: 'watch',
      signal: new AbortController().signal,
    };
    hub.serve(type, target, request, response);
    const metadata = { namespace: 'n', resourceVersion: '', creationTimestamp: '' };
    for (let sent = 0; sent <= watchBacklogBytesMax + 1_000_000; sent += 1_000_000) {
      const object = {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { ...metadata, name: `c${sent}`, uid: `u${sent}` },
        data: { a: 'x'.repeat(1_000_000) },
      };
      await store.commit('/configmaps', undefined, object).durable;
    }
    expect(response.destroyed).toBe(true);
    hub.stop();
    await store.close();
  });

  test('a quota of open watches is kept', () => {
    const store = new ObjectStore(join(cluster.home, 'watches'), () => undefined);
    const hub = new WatchHub(store);
    const type = new Registry().find('', 'v1', 'configmaps');
    if (type === undefined) throw new Error('configmaps are served');
    const target = { group: '', version: 'v1', plural: 'configmaps', namespace: undefined, name: undefined, subresource: '' };
    const response = () => new ServerResponse(new IncomingMessage(new Socket()));
    const request = {
      method: 'GET',
      path: '',
      query: new URLSearchParams('watch=1'),
      headers: {},
      user: anonymous,
      target,
      verb: 'watch',
      signal: new AbortController().signal,
    };
    for (let count = 0; count < watchCountMax; count += 1) hub.serve(type, target, request, response());
    expect(() => hub.serve(type, target, request, response())).toThrow(`${watchCountMax} watches are open, which is the limit`);
    hub.stop();
    expect(hub.count).toBe(0);
    return store.close();
  });
});

describe('deletion', () => {
  test('preconditions are kept, finalizers hold', async () => {
    const created = await cluster.call('POST', configMaps, { body: aConfigMap('held', {}, { finalizers: ['test.dev/hold'] }) });
    const path = `${configMaps}/held`;
    expect((await cluster.call('DELETE', path, { body: { preconditions: { uid: 'other' } } })).body).toMatchObject({ code: 409 });
    const deleting = await cluster.call('DELETE', path);
    expect(stringAt(deleting.body, 'metadata', 'deletionTimestamp')).not.toBe('');
    expect((await cluster.call('GET', path)).code).toBe(200);
    const added = { metadata: { finalizers: ['test.dev/hold', 'test.dev/more'] } };
    expect((await cluster.call('PATCH', path, { body: added, contentType: 'application/merge-patch+json' })).code).toBe(422);
    await cluster.call('PATCH', path, { body: { metadata: { finalizers: null } }, contentType: 'application/merge-patch+json' });
    expect((await cluster.call('GET', path)).code).toBe(404);
    expect(stringAt(created.body, 'metadata', 'uid')).not.toBe('');
  });

  test('what an owner leaves behind is collected', async () => {
    const owner = await cluster.call('POST', configMaps, { body: aConfigMap('owner') });
    const ownerReferences = [{ apiVersion: 'v1', kind: 'ConfigMap', name: 'owner', uid: stringAt(owner.body, 'metadata', 'uid') }];
    await cluster.call('POST', configMaps, { body: aConfigMap('dependent', {}, { ownerReferences }) });
    const watch = cluster.watch(`${configMaps}?watch=1&fieldSelector=metadata.name%3Ddependent`);
    expect(await watch.next()).toMatchObject({ type: 'ADDED' });
    await cluster.call('DELETE', `${configMaps}/owner`);
    expect(await watch.next()).toMatchObject({ type: 'DELETED' });
    watch.close();
  });

  test('a pod on a node waits for its kubelet; eviction keeps to the budget', async () => {
    const pods = '/api/v1/namespaces/default/pods';
    const pod = await cluster.call('POST', pods, { body: aPod('placed', { app: 'placed' }) });
    await cluster.call('POST', `${pods}/placed/binding`, { body: { target: { kind: 'Node', name: 'laptop' } } });
    await cluster.call('PATCH', `${pods}/placed/status`, {
      body: { status: { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] } },
      contentType: 'application/merge-patch+json',
    });
    await cluster.call('POST', '/apis/policy/v1/namespaces/default/poddisruptionbudgets', {
      body: { metadata: { name: 'b' }, spec: { minAvailable: 1, selector: { matchLabels: { app: 'placed' } } } },
    });
    const evict = () =>
      cluster.call('POST', `${pods}/placed/eviction`, {
        body: { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name: 'placed' } },
      });
    expect((await evict()).body).toMatchObject({
      code: 429,
      reason: 'TooManyRequests',
      details: { causes: [{ reason: 'DisruptionBudget' }] },
    });
    await cluster.call('DELETE', '/apis/policy/v1/namespaces/default/poddisruptionbudgets/b');
    expect((await evict()).code).toBe(201);
    expect((await cluster.call('GET', `${pods}/placed`)).body).toMatchObject({ metadata: { deletionGracePeriodSeconds: 30 } });
    const target = { namespace: 'default', name: 'placed', uid: stringAt(pod.body, 'metadata', 'uid') };
    cluster.server.port.finishDelete({ group: '', version: 'v1', plural: 'pods' }, target);
    const watch = cluster.watch(`${pods}?watch=1`);
    watch.close();
    expect(cluster.server.port.find({ group: '', version: 'v1', plural: 'pods' }, 'default', 'placed')).toBeUndefined();
  });

  test('a namespace empties before it goes and takes nothing new meanwhile', async () => {
    await cluster.call('POST', '/api/v1/namespaces', { body: { metadata: { name: 'brief' } } });
    const inside = '/api/v1/namespaces/brief/configmaps';
    await cluster.call('POST', inside, { body: aConfigMap('c', {}, { finalizers: ['test.dev/hold'] }) });
    const watch = cluster.watch('/api/v1/namespaces?watch=1&fieldSelector=metadata.name%3Dbrief');
    await watch.next();
    expect((await cluster.call('DELETE', '/api/v1/namespaces/brief')).body).toMatchObject({ status: { phase: 'Terminating' } });
    const refused = await cluster.call('POST', inside, { body: aConfigMap('late') });
    expect(refused.body).toMatchObject({ code: 403, details: { causes: [{ reason: 'NamespaceTerminating' }] } });
    await cluster.call('PATCH', `${inside}/c`, { body: { metadata: { finalizers: null } }, contentType: 'application/merge-patch+json' });
    for (let event = await watch.next(); event?.['type'] !== 'DELETED'; ) event = await watch.next();
    expect((await cluster.call('GET', '/api/v1/namespaces/brief')).code).toBe(404);
    watch.close();
  });
});

describe('who may', () => {
  test('nobody without a credential, or with a token this cluster did not give', async () => {
    expect((await cluster.call('GET', '/api', { isAnonymous: true })).body).toMatchObject({ code: 401, reason: 'Unauthorized' });
    expect((await cluster.call('GET', '/api', { token: 'a.b.c' })).code).toBe(401);
  });

  test('a ServiceAccount may what its roles say, and cannot grant more', async () => {
    const rbac = '/apis/rbac.authorization.k8s.io/v1/namespaces/default';
    await cluster.call('POST', '/api/v1/namespaces/default/serviceaccounts', { body: { metadata: { name: 'reader' } } });
    const rules = [
      { apiGroups: [''], resources: ['configmaps'], resourceNames: ['kube-root-ca.crt'], verbs: ['get'] },
      { apiGroups: ['rbac.authorization.k8s.io'], resources: ['roles', 'rolebindings'], verbs: ['create'] },
    ];
    await cluster.call('POST', `${rbac}/roles`, { body: { metadata: { name: 'reader' }, rules } });
    await cluster.call('POST', `${rbac}/rolebindings`, {
      body: {
        metadata: { name: 'reader' },
        roleRef: { kind: 'Role', name: 'reader' },
        subjects: [{ kind: 'ServiceAccount', name: 'reader', namespace: 'default' }],
      },
    });
    const token = cluster.server.port.serviceAccountToken('default', 'reader');
    expect((await cluster.call('GET', `${configMaps}/kube-root-ca.crt`, { token })).code).toBe(200);
    const refused = await cluster.call('GET', `${configMaps}/other`, { token });
    expect(refused.body).toMatchObject({
      code: 403,
      message:
        'configmaps "other" is forbidden: User "system:serviceaccount:default:reader" cannot get resource "configmaps" in API group "" in the namespace "default"',
    });
    const escalation = await cluster.call('POST', `${rbac}/roles`, {
      token,
      body: { metadata: { name: 'more' }, rules: [{ apiGroups: [''], resources: ['secrets'], verbs: ['get'] }] },
    });
    expect(stringAt(escalation.body, 'message')).toContain('is attempting to grant RBAC permissions not currently held');
    const binding = await cluster.call('POST', `${rbac}/rolebindings`, {
      token,
      body: {
        metadata: { name: 'more' },
        roleRef: { kind: 'ClusterRole', name: 'cluster-admin' },
        subjects: [{ kind: 'User', name: 'x' }],
      },
    });
    expect(binding.code).toBe(403);
    expect((await cluster.call('GET', configMaps, { token, as: 'kubernetes-admin' })).body).toMatchObject({ code: 403 });
    expect((await cluster.call('GET', `${configMaps}/other`, { as: 'system:serviceaccount:default:reader' })).code).toBe(403);
    await cluster.call('DELETE', '/api/v1/namespaces/default/serviceaccounts/reader');
    expect((await cluster.call('GET', `${configMaps}/kube-root-ca.crt`, { token })).code).toBe(401);
  });

  test('access reviews answer for the asker and for others', async () => {
    const ask = (user: string) =>
      cluster.call('POST', '/apis/authorization.k8s.io/v1/subjectaccessreviews', {
        body: { spec: { user, resourceAttributes: { verb: 'get', resource: 'pods' } } },
      });
    expect((await ask('nobody')).body).toMatchObject({ status: { allowed: false } });
    const self = await cluster.call('POST', '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews', {
      body: { spec: { resourceAttributes: { verb: '*', resource: '*' } } },
    });
    expect(self.body).toMatchObject({ status: { allowed: true } });
  });
});

describe('what lasts', () => {
  test('objects, versions, definitions and tokens outlive a restart; old watches are told to list again', async () => {
    const before = await cluster.call('POST', networks, { body: aNetwork() });
    const token = cluster.server.port.serviceAccountToken('default', 'default');
    await cluster.restart();
    expect((await cluster.call('GET', `${networks}/health`)).body).toEqual(before.body);
    expect((await cluster.call('GET', '/apis', { token })).code).toBe(200);
    const watch = await cluster.call('GET', `${networks}?watch=1&resourceVersion=1`);
    expect(watch.body).toMatchObject({ code: 410, reason: 'Expired' });
  });

  test('a second server on one home is refused', async () => {
    const { server, home } = cluster;
    const second = startApiServer({
      home,
      address: '127.40.13.2',
      port: 0,
      serviceCidr: '127.40.7.0/24',
      log: { info: () => undefined, error: () => undefined },
    });
    await expect(second).rejects.toMatchObject({ code: 'HOME_TAKEN' });
    expect(server.url).toContain('127.40.13.1');
  });

  test('a taken port and an address that is not loopback are refused, and leave the home free', async () => {
    const taken = Number(new URL(cluster.server.url).port);
    const home = join(cluster.home, 'other');
    const start = (address: string) =>
      startApiServer({ home, address, port: taken, serviceCidr: '127.40.7.0/24', log: { info: () => undefined, error: () => undefined } });
    await expect(start('127.40.13.1')).rejects.toMatchObject({ code: 'EADDRINUSE' });
    await expect(start('10.0.0.1')).rejects.toThrow('listens on loopback only');
    const other = await start('127.40.13.3');
    await other.stop();
  });

  test('stop ends open watches within a second', async () => {
    const watch = cluster.watch(`${configMaps}?watch=1`);
    await watch.next();
    const started = performance.now();
    await cluster.restart();
    expect(performance.now() - started).toBeLessThan(3_000);
    watch.close();
  });
});

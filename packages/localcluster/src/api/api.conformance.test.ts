import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { arrayAt, type Json, type JsonObject, numberAt, objectAt, objectsAt, stringAt, valueAt } from './json.ts';
import { requestBodyBytesMax } from './limits.ts';
import { aNetwork, sampleDefinition } from './testing/sample-definition.ts';
import { startTestServer, type TestServer } from './testing/test-server.ts';

let cluster: TestServer;
beforeAll(async () => {
  cluster = await startTestServer('127.40.11.1');
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

describe('objects', () => {
  test('a created object has identity, a version and its default fields', async () => {
    const created = await cluster.call('POST', configMaps, { body: aConfigMap('created') });
    expect(created.code).toBe(201);
    expect(stringAt(created.body, 'metadata', 'uid')).toMatch(/^[0-9a-f-]{36}$/);
    expect(Number(stringAt(created.body, 'metadata', 'resourceVersion'))).toBeGreaterThan(0);
    expect((await cluster.call('POST', configMaps, { body: aConfigMap('created') })).body).toMatchObject({
      reason: 'AlreadyExists',
      code: 409,
    });
  });

  test('generateName makes a name', async () => {
    const created = await cluster.call('POST', configMaps, { body: { metadata: { generateName: 'made-' } } });
    expect(stringAt(created.body, 'metadata', 'name')).toMatch(/^made-[a-z0-9]{5}$/);
  });

  test('an update with an old resourceVersion is refused with Conflict', async () => {
    const created = await cluster.call('POST', configMaps, { body: aConfigMap('stale') });
    const changed = { ...created.body, data: { a: '2' } };
    expect((await cluster.call('PUT', `${configMaps}/stale`, { body: changed })).code).toBe(200);
    const refused = await cluster.call('PUT', `${configMaps}/stale`, { body: { ...changed, data: { a: '3' } } });
    expect(refused.body).toMatchObject({ code: 409, reason: 'Conflict' });
    expect(stringAt(refused.body, 'message')).toContain('the object has been modified; please apply your changes to the latest version');
  });

  test('an update that changes nothing keeps the resourceVersion', async () => {
    const created = await cluster.call('POST', configMaps, { body: aConfigMap('same') });
    const again = await cluster.call('PUT', `${configMaps}/same`, { body: created.body });
    expect(valueAt(again.body, 'metadata', 'resourceVersion')).toBe(valueAt(created.body, 'metadata', 'resourceVersion'));
  });

  test('dryRun stores nothing', async () => {
    expect((await cluster.call('POST', `${configMaps}?dryRun=All`, { body: aConfigMap('dry') })).code).toBe(201);
    expect((await cluster.call('GET', `${configMaps}/dry`)).code).toBe(404);
    await cluster.call('POST', configMaps, { body: aConfigMap('spared') });
    expect(
      (await cluster.call('DELETE', `${configMaps}/spared`, { body: { kind: 'DeleteOptions', apiVersion: 'v1', dryRun: ['All'] } })).code,
    ).toBe(200);
    expect((await cluster.call('DELETE', `${configMaps}/spared?dryRun=All`)).code).toBe(200);
    expect((await cluster.call('GET', `${configMaps}/spared`)).code).toBe(200);
  });

  test('bad names, labels and bodies are refused with the words of the real server', async () => {
    const badName = await cluster.call('POST', configMaps, { body: aConfigMap('Bad_Name') });
    expect(badName.body).toMatchObject({ code: 422, reason: 'Invalid' });
    expect(stringAt(badName.body, 'message')).toContain('a lowercase RFC 1123 subdomain must consist of');
    expect((await cluster.call('POST', configMaps, { body: aConfigMap('x', {}, { labels: { 'a b': 'c' } }) })).code).toBe(422);
    expect((await cluster.call('POST', configMaps, { body: '{' })).body).toMatchObject({ code: 400, reason: 'BadRequest' });
    expect((await cluster.call('POST', configMaps, { body: '['.repeat(200) + ']'.repeat(200) })).code).toBe(400);
    expect((await cluster.call('POST', configMaps, { body: { ...aConfigMap('x'), kind: 'Secret' } })).code).toBe(400);
    expect((await cluster.call('POST', '/api/v1/namespaces/nowhere/configmaps', { body: aConfigMap('x') })).body).toMatchObject({
      code: 404,
      reason: 'NotFound',
    });
  });

  test('a body above the limit is refused with 413, an object above its own limit too', async () => {
    const huge = JSON.stringify(aConfigMap('huge', { a: 'x'.repeat(requestBodyBytesMax) }));
    expect((await cluster.call('POST', configMaps, { body: huge })).code).toBe(413);
    expect((await cluster.call('POST', configMaps, { body: aConfigMap('large', { a: 'x'.repeat(1_600_000) }) })).code).toBe(413);
  });

  test('a Service gets an address of the range, keeps it, and gives it back', async () => {
    const services = '/api/v1/namespaces/default/services';
    const body = { metadata: { name: 'web' }, spec: { ports: [{ port: 80 }] } };
    const created = await cluster.call('POST', services, { body });
    expect(stringAt(created.body, 'spec', 'clusterIP')).toMatch(/^127\.40\.7\.\d+$/);
    const moved = { ...created.body, spec: { ...objectAt(created.body, 'spec'), clusterIP: '127.40.7.99' } };
    expect(stringAt((await cluster.call('PUT', `${services}/web`, { body: moved })).body, 'message')).toContain('may not change once set');
    const headless = await cluster.call('POST', services, {
      body: { metadata: { name: 'headless' }, spec: { clusterIP: 'None', ports: [{ port: 80 }] } },
    });
    expect(stringAt(headless.body, 'spec', 'clusterIP')).toBe('None');
    expect(
      (
        await cluster.call('POST', services, {
          body: { metadata: { name: 'far' }, spec: { clusterIP: '10.0.0.1', ports: [{ port: 80 }] } },
        })
      ).code,
    ).toBe(422);
  });

  test('the text of a Secret is stored as bytes and its type is fixed', async () => {
    const secrets = '/api/v1/namespaces/default/secrets';
    const created = await cluster.call('POST', secrets, { body: { metadata: { name: 's' }, stringData: { k: 'v' } } });
    expect(created.body).toMatchObject({ type: 'Opaque', data: { k: 'dg==' } });
    expect((await cluster.call('PUT', `${secrets}/s`, { body: { ...created.body, type: 'other' } })).code).toBe(422);
  });

  test('a number where a pod needs text is refused, and says to quote it', async () => {
    const pod = { ...aPod('quoted'), spec: { containers: [{ name: 'main', image: 'x', env: [{ name: 'A', value: 1 }], args: [2] }] } };
    const refused = await cluster.call('POST', '/api/v1/namespaces/default/pods', { body: pod });
    expect(stringAt(refused.body, 'message')).toContain(
      'spec.containers[0].env[0].value: Invalid value: 1: must be a string: put it in quotes',
    );
    expect((await cluster.call('POST', configMaps, { body: { metadata: { name: 'x', labels: 'a=b' } } })).code).toBe(400);
  });

  test('applying the same pod and Service again writes nothing', async () => {
    const objects: [string, JsonObject][] = [
      ['pods', aPod('again')],
      ['services', { metadata: { name: 'again' }, spec: { ports: [{ port: 80 }] } }],
    ];
    for (const [plural, body] of objects) {
      const apply = () =>
        cluster.call('PATCH', `/api/v1/namespaces/default/${plural}/again?fieldManager=op&force=true`, {
          body,
          contentType: 'application/apply-patch+yaml',
        });
      const first = await apply();
      expect([first.code, valueAt((await apply()).body, 'metadata', 'resourceVersion')]).toEqual([
        201,
        valueAt(first.body, 'metadata', 'resourceVersion'),
      ]);
    }
  });

  test('the spec of a pod may change only its images', async () => {
    const pods = '/api/v1/namespaces/default/pods';
    await cluster.call('POST', pods, { body: aPod('fixed') });
    const patch = (containers: Json) =>
      cluster.call('PATCH', `${pods}/fixed`, { body: { spec: { containers } }, contentType: 'application/strategic-merge-patch+json' });
    expect((await patch([{ name: 'main', image: 'civitas.dev/node:2' }])).code).toBe(200);
    expect(stringAt((await patch([{ name: 'main', command: ['sh'] }])).body, 'message')).toContain(
      'pod updates may not change fields other than',
    );
  });
});

describe('lists and watches', () => {
  test('a list comes in pages and by label', async () => {
    for (const name of ['p1', 'p2', 'p3'])
      await cluster.call('POST', configMaps, { body: aConfigMap(name, {}, { labels: { set: 'pages', name } }) });
    const first = await cluster.call('GET', `${configMaps}?limit=2&labelSelector=set%3Dpages`);
    expect(arrayAt(first.body, 'items')).toHaveLength(2);
    const token = stringAt(first.body, 'metadata', 'continue');
    const second = await cluster.call('GET', `${configMaps}?limit=2&labelSelector=set%3Dpages&continue=${token}`);
    expect(objectsAt(second.body, 'items').map((item) => stringAt(item, 'metadata', 'name'))).toEqual(['p3']);
    const chosen = await cluster.call('GET', `${configMaps}?labelSelector=${encodeURIComponent('set,name notin (p1,p2)')}`);
    expect(objectsAt(chosen.body, 'items').map((item) => stringAt(item, 'metadata', 'name'))).toEqual(['p3']);
    expect((await cluster.call('GET', `${configMaps}?continue=nonsense`)).code).toBe(400);
    expect((await cluster.call('GET', `${configMaps}?fieldSelector=data.a%3D1`)).code).toBe(400);
  });

  test('a watch replays from a version, then follows; leaving the selector is a deletion', async () => {
    const list = await cluster.call('GET', configMaps);
    const version = stringAt(list.body, 'metadata', 'resourceVersion');
    const created = await cluster.call('POST', configMaps, { body: aConfigMap('seen', {}, { labels: { watched: 'yes' } }) });
    const watch = cluster.watch(`${configMaps}?watch=1&resourceVersion=${version}&labelSelector=watched%3Dyes`);
    expect(await watch.next()).toMatchObject({ type: 'ADDED', object: { metadata: { name: 'seen' } } });
    await cluster.call('PUT', `${configMaps}/seen`, { body: { ...created.body, data: { b: '1' } } });
    expect(await watch.next()).toMatchObject({ type: 'MODIFIED', object: { data: { b: '1' } } });
    await cluster.call('PATCH', `${configMaps}/seen`, {
      body: { metadata: { labels: { watched: null } } },
      contentType: 'application/merge-patch+json',
    });
    expect(await watch.next()).toMatchObject({ type: 'DELETED' });
    watch.close();
  });

  test('a watch-list sends what exists and says where that ends', async () => {
    await cluster.call('POST', configMaps, { body: aConfigMap('listed', {}, { labels: { list: 'w' } }) });
    const watch = cluster.watch(
      `${configMaps}?watch=1&sendInitialEvents=true&allowWatchBookmarks=true&resourceVersionMatch=NotOlderThan&labelSelector=list%3Dw`,
    );
    expect(await watch.next()).toMatchObject({ type: 'ADDED' });
    expect(await watch.next()).toMatchObject({
      type: 'BOOKMARK',
      object: { metadata: { annotations: { 'k8s.io/initial-events-end': 'true' } } },
    });
    watch.close();
  });

  test('a watch from what is no version is refused', async () => {
    expect((await cluster.call('GET', `${configMaps}?watch=1&resourceVersion=x`)).code).toBe(400);
  });

  test('a table has the columns kubectl prints', async () => {
    await cluster.call('POST', '/api/v1/namespaces/default/pods', { body: aPod('tabled') });
    const table = await cluster.call('GET', '/api/v1/namespaces/default/pods/tabled', {
      accept: 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json',
    });
    expect(objectsAt(table.body, 'columnDefinitions').map((column) => column['name'])).toEqual([
      'Name',
      'Ready',
      'Status',
      'Restarts',
      'Age',
      'IP',
      'Node',
      'Nominated Node',
      'Readiness Gates',
    ]);
    expect(arrayAt(objectsAt(table.body, 'rows')[0], 'cells').slice(0, 4)).toEqual(['tabled', '0/1', 'Pending', '0']);
  });
});

describe('custom resources', () => {
  test('defaults are filled, unknown fields pruned with a warning or refused when strict', async () => {
    const created = await cluster.call('POST', networks, { body: aNetwork({ domian: 'x', extra: { any: 1 } }) });
    expect(created.body).toMatchObject({
      metadata: { generation: 1 },
      spec: { allowDowntime: false, pools: [{ replicas: 4 }, { replicas: 1 }], extra: { any: 1 } },
    });
    expect(valueAt(created.body, 'spec', 'domian')).toBeUndefined();
    expect(String(created.headers['warning'])).toContain('unknown field');
    const strict = await cluster.call('POST', `${networks}?fieldValidation=Strict`, {
      body: { ...aNetwork({ domian: 'x' }), metadata: { name: 'strict' } },
    });
    expect(stringAt(strict.body, 'message')).toContain('strict decoding error: unknown field "spec.domian"');
  });

  test('rules refuse with their message, transition rules only on update', async () => {
    const merge = (spec: JsonObject) =>
      cluster.call('PATCH', `${networks}/health`, { body: { spec }, contentType: 'application/merge-patch+json' });
    const fewer = await merge({ pools: [{ role: 'validator', replicas: 3 }] });
    expect(fewer.body).toMatchObject({ code: 422, reason: 'Invalid' });
    expect(stringAt(fewer.body, 'message')).toBe(
      'Network.test.dev "health" is invalid: spec: Invalid value: "object": fewer than 4 validators need allowDowntime',
    );
    expect(stringAt((await merge({ chainId: 'other' })).body, 'message')).toContain(
      'spec.chainId: Invalid value: "object": chainId is immutable',
    );
    expect(stringAt((await merge({ domain: 'courts' })).body, 'message')).toContain(
      'Unsupported value: "courts": supported values: "health", "housing"',
    );
    expect((await merge({ pools: [{ role: 'validator', replicas: 3 }], allowDowntime: true })).body).toMatchObject({
      metadata: { generation: 2 },
    });
  });

  test('the status endpoint changes status only, and does not raise the generation', async () => {
    const before = await cluster.call('GET', `${networks}/health`);
    const status = { height: 7, conditions: [{ type: 'Available', status: 'True' }] };
    const after = await cluster.call('PUT', `${networks}/health/status`, { body: { ...before.body, spec: { domain: 'housing' }, status } });
    expect(after.body).toMatchObject({ status, spec: objectAt(before.body, 'spec') });
    expect(numberAt(after.body, 'metadata', 'generation')).toBe(numberAt(before.body, 'metadata', 'generation'));
    expect((await cluster.call('PUT', `${networks}/health`, { body: { ...after.body, status: {} } })).body).toMatchObject({ status });
    const table = await cluster.call('GET', `${networks}/health`, { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' });
    expect(arrayAt(objectsAt(table.body, 'rows')[0], 'cells')).toEqual(['health', 'health', 'True']);
  });

  test('a definition whose rule does not compile is refused', async () => {
    const definition = JSON.parse(
      JSON.stringify(sampleDefinition)
        .replaceAll('networks', 'brokens')
        .replaceAll('Network', 'Broken')
        .replace('self.chainId == oldSelf.chainId', 'self.chainId =='),
    );
    const refused = await cluster.call('POST', '/apis/apiextensions.k8s.io/v1/customresourcedefinitions', { body: definition });
    expect(refused.body).toMatchObject({ code: 422 });
    expect(stringAt(refused.body, 'message')).toContain('compilation failed');
  });
});

describe('server-side apply', () => {
  const apply = (body: JsonObject, manager: string, query = '') =>
    cluster.call('PATCH', `${configMaps}/${stringAt(body, 'metadata', 'name')}?fieldManager=${manager}${query}`, {
      body,
      contentType: 'application/apply-patch+yaml',
    });

  test('a field another manager holds at another value is a conflict that names it, unless forced', async () => {
    expect((await apply(aConfigMap('owned', { a: '1', b: '1' }), 'first')).code).toBe(201);
    const refused = await apply(aConfigMap('owned', { a: '2' }), 'second');
    expect(refused.body).toMatchObject({
      code: 409,
      reason: 'Conflict',
      message: 'Apply failed with 1 conflict: conflict with "first" using v1: .data.a',
    });
    expect(objectsAt(refused.body, 'details', 'causes')).toEqual([
      { reason: 'FieldManagerConflict', message: 'conflict with "first" using v1', field: '.data.a' },
    ]);
    expect((await apply(aConfigMap('owned', { a: '2' }), 'second', '&force=true')).body).toMatchObject({ data: { a: '2', b: '1' } });
  });

  test('what a manager applies no more goes, unless another manager has it', async () => {
    await apply(aConfigMap('shrinks', { a: '1', b: '1' }), 'first');
    await apply(aConfigMap('shrinks', { b: '1' }), 'second');
    expect(objectAt((await apply(aConfigMap('shrinks', { c: '1' }), 'first')).body, 'data')).toEqual({ b: '1', c: '1' });
  });

  test('applying the same again changes nothing', async () => {
    const first = await apply(aConfigMap('still', { a: '1' }), 'first');
    const again = await apply(aConfigMap('still', { a: '1' }), 'first');
    expect(valueAt(again.body, 'metadata', 'resourceVersion')).toBe(valueAt(first.body, 'metadata', 'resourceVersion'));
  });

  test('a manager that changes its own field within a second keeps it as applied', async () => {
    await apply(aConfigMap('quick', { a: '1' }), 'first');
    const again = await apply(aConfigMap('quick', { a: '2' }), 'first');
    expect(objectsAt(again.body, 'metadata', 'managedFields').map((entry) => entry['operation'])).toEqual(['Apply']);
  });

  test('apply without a manager is refused', async () => {
    expect(
      (await cluster.call('PATCH', `${configMaps}/still`, { body: aConfigMap('still'), contentType: 'application/apply-patch+yaml' })).code,
    ).toBe(400);
    expect((await cluster.call('PATCH', `${configMaps}/still`, { body: {}, contentType: 'text/plain' })).code).toBe(415);
  });
});

import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { anonymous } from './auth/user.ts';
import type { JsonObject } from './json.ts';
import { eventCountMax, watchBacklogBytesMax, watchCountMax } from './limits.ts';
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

/** A request to watch every ConfigMap, as the server's router hands it on. */
function aWatch() {
  const type = new Registry().find('', 'v1', 'configmaps');
  if (type === undefined) throw new Error('configmaps are served');
  const target = { group: '', version: 'v1', plural: 'configmaps', namespace: undefined, name: undefined, subresource: '' };
  const signal = new AbortController().signal;
  const query = new URLSearchParams('watch=1');
  return { type, target, request: { method: 'GET', path: '', query, headers: {}, user: anonymous, target, verb: 'watch', signal } };
}

describe('what the server keeps by itself', () => {
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

  test('a watch whose client does not read is cut, not kept in memory', async () => {
    const store = new ObjectStore(join(cluster.home, 'backlog'), () => undefined);
    const hub = new WatchHub(store);
    const { type, target, request } = aWatch();
    const response = new ServerResponse(new IncomingMessage(new Socket()));
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
    const { type, target, request } = aWatch();
    const response = () => new ServerResponse(new IncomingMessage(new Socket()));
    for (let count = 0; count < watchCountMax; count += 1) hub.serve(type, target, request, response());
    expect(() => hub.serve(type, target, request, response())).toThrow(`${watchCountMax} watches are open, which is the limit`);
    hub.stop();
    expect(hub.count).toBe(0);
    return store.close();
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

  test('stop ends open watches and does not wait for their time', async () => {
    const watch = cluster.watch(`${configMaps}?watch=1`);
    await watch.next();
    await cluster.restart();
    for (let event = await watch.next(); event !== undefined; ) event = await watch.next();
  });
});

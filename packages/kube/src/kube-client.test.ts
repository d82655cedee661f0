import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { Clock } from './clock.ts';
import type { ClusterAccess } from './cluster-access.ts';
import { configMaps, pods } from './core-resources.ts';
import { createKubeClient, type KubeClient } from './kube-client.ts';
import { responseBytesMax, throttledRetriesMax, watchLineBytesMax } from './limits.ts';
import type { MetricsSink } from './metrics.ts';
import { MalformedEvent } from './watch-stream.ts';

interface Seen {
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly type: string | undefined;
  readonly authorization: string | undefined;
  readonly body: unknown;
}

describe('kube client', () => {
  let server: http.Server;
  let client: KubeClient;
  let seen: Seen[];
  let waits: number[];
  /** Answers in order; the last one again and again. */
  let answers: ((response: http.ServerResponse) => void)[];

  const answer =
    (status: number, body: unknown, headers: http.OutgoingHttpHeaders = {}) =>
    (response: http.ServerResponse) =>
      void response.writeHead(status, headers).end(JSON.stringify(body));
  const failure = (code: number, reason: string, headers?: http.OutgoingHttpHeaders) =>
    answer(code, { kind: 'Status', code, reason, message: `${reason} happened` }, headers);

  beforeEach(async () => {
    seen = [];
    waits = [];
    answers = [answer(200, { kind: 'PodList', apiVersion: 'v1', metadata: { resourceVersion: '1' }, items: [] })];
    server = http.createServer((request, response) => {
      let text = '';
      request.on('data', (bytes) => {
        text += bytes;
      });
      request.on('end', () => {
        const { method, url, headers } = request;
        seen.push({ method, url, type: headers['content-type'], authorization: headers.authorization, body: text && JSON.parse(text) });
        (answers.length > 1 ? answers.shift() : answers[0])?.(response);
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const access: ClusterAccess = {
      getCurrentCluster: () => ({ server: `http://127.0.0.1:${(server.address() as AddressInfo).port}/prefix/` }),
      getCurrentContext: () => 'test',
      getContextObject: () => null,
      applyToHTTPSOptions: async (options) => {
        options.headers = { Authorization: 'Bearer secret' };
      },
    };
    const clock: Clock = {
      nowUnixMs: () => Date.now(),
      monotonicMs: () => performance.now(),
      setTimer(delayMs, fire) {
        // Longer timers bound a whole call and are not meant to fire here.
        if (delayMs > 30_000) return () => {};
        waits.push(delayMs);
        const timer = setImmediate(fire);
        return () => clearImmediate(timer);
      },
    };
    client = createKubeClient(access, { clock });
  });
  afterEach(async () => {
    client.close();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  const body = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { namespace: 'n', name: 'o' }, data: { a: '1' } };

  test('verbs become requests as the API documents them, with the credentials', async () => {
    await client.create(configMaps, body);
    await client.update(configMaps, body);
    await client.apply(configMaps, body, { fieldManager: 'me', force: true });
    await client.applyStatus(configMaps, body, { fieldManager: 'me' });
    await client.mergePatch(configMaps, { namespace: 'n', name: 'o' }, { data: null }, { dryRun: true });
    await client.jsonPatch(configMaps, { namespace: 'n', name: 'o' }, [{ op: 'remove', path: '/data' }]);
    await client.delete(configMaps, { namespace: 'n', name: 'o' }, { uid: 'u', propagationPolicy: 'Foreground' });
    await client.list(pods, { labelSelector: 'a in (b,c)', limit: 5 });
    const path = '/prefix/api/v1/namespaces/n/configmaps';
    expect(seen.map(({ method, url }) => `${method} ${url}`)).toEqual([
      `POST ${path}`,
      `PUT ${path}/o`,
      `PATCH ${path}/o?fieldManager=me&force=true`,
      `PATCH ${path}/o/status?fieldManager=me`,
      `PATCH ${path}/o?dryRun=All`,
      `PATCH ${path}/o`,
      `DELETE ${path}/o`,
      'GET /prefix/api/v1/pods?labelSelector=a+in+%28b%2Cc%29&limit=5',
    ]);
    expect(seen.slice(2, 6).map(({ type }) => type)).toEqual([
      'application/apply-patch+yaml',
      'application/apply-patch+yaml',
      'application/merge-patch+json',
      'application/json-patch+json',
    ]);
    expect(seen[6]?.body).toEqual({
      apiVersion: 'v1',
      kind: 'DeleteOptions',
      preconditions: { uid: 'u' },
      propagationPolicy: 'Foreground',
    });
    expect(new Set(seen.map(({ authorization }) => authorization))).toEqual(new Set(['Bearer secret']));
  });

  test('what is not there is undefined for find, false for delete, and an error for get', async () => {
    answers = [failure(404, 'NotFound')];
    expect(await client.find(pods, { namespace: 'n', name: 'x' })).toBeUndefined();
    expect(await client.delete(pods, { namespace: 'n', name: 'x' })).toBe(false);
    await expect(client.get(pods, { namespace: 'n', name: 'x' })).rejects.toMatchObject({ status: 404, reason: 'NotFound' });
  });

  test('429 is repeated after the time the server names, a bounded number of times', async () => {
    answers = [failure(429, 'TooManyRequests', { 'Retry-After': '2' }), answer(200, body)];
    await client.create(configMaps, body);
    expect(waits.filter((ms) => ms === 2_000)).toHaveLength(1);
    answers = [failure(429, 'TooManyRequests', { 'Retry-After': '1' })];
    seen = [];
    await expect(client.create(configMaps, body)).rejects.toMatchObject({ reason: 'TooManyRequests', retryAfterMs: 1_000 });
    expect(seen).toHaveLength(throttledRetriesMax + 1);
  });

  test('a wait longer than the bound is handed to the caller at once', async () => {
    answers = [failure(503, 'ServiceUnavailable', { 'Retry-After': '120' })];
    await expect(client.get(pods, { namespace: 'n', name: 'x' })).rejects.toMatchObject({ status: 503, retryAfterMs: 120_000 });
    expect(seen).toHaveLength(1);
  });

  test('a write whose connection breaks is not sent again: nobody knows whether it took effect', async () => {
    answers = [(response) => void response.socket?.destroy()];
    await expect(client.create(configMaps, body)).rejects.toMatchObject({ status: 0, reason: 'ConnectionFailed' });
    expect(seen).toHaveLength(1);
  });

  test('an answer above the bound is not taken in', async () => {
    const mebibyte = Buffer.alloc(1024 * 1024, 'x');
    const write = (response: http.ServerResponse, left: number): void => {
      if (left <= 0 || response.destroyed) response.end();
      else response.write(mebibyte, () => write(response, left - mebibyte.byteLength));
    };
    answers = [(response) => write(response.writeHead(200), responseBytesMax + 1)];
    await expect(client.get(pods, { namespace: 'n', name: 'x' })).rejects.toMatchObject({
      reason: 'ConnectionFailed',
      message: expect.stringContaining(`answer is larger than ${responseBytesMax} bytes`),
    });
  });

  test('a watch line above the bound breaks the watch', async () => {
    answers = [(response) => void response.writeHead(200).end('x'.repeat(watchLineBytesMax + 1))];
    const watch = await client.watch(pods);
    await expect(watch.next()).rejects.toBeInstanceOf(MalformedEvent);
  });

  test.each([
    ['no JSON', '{"type":"ADDED","obj\n'],
    ['nothing', 'null\n'],
    ['an event of no known kind', '{"type":"CHANGED","object":{"metadata":{"resourceVersion":"7"}}}\n'],
    ['an object without a version', '{"type":"ADDED","object":{"metadata":{"name":"x"}}}\n'],
  ])('a whole watch line that is %s is malformed, not a broken connection', async (_, line) => {
    answers = [(response) => void response.writeHead(200).end(line)];
    await expect((await client.watch(pods)).next()).rejects.toBeInstanceOf(MalformedEvent);
  });

  test('a list whose pages outlive their version is asked for once more, whole', async () => {
    const page = (name: string, more: string) =>
      answer(200, {
        ...{ kind: 'PodList', apiVersion: 'v1' },
        ...{ metadata: { resourceVersion: '5', continue: more }, items: [{ metadata: { name } }] },
      });
    answers = [page('old', 'token'), failure(410, 'Expired'), page('new', '')];
    const list = await client.listAll(pods);
    expect(list.items.map(({ metadata }) => metadata.name)).toEqual(['new']);
    expect(seen.map(({ url }) => url?.replace('/prefix/api/v1', ''))).toEqual([
      '/pods?limit=500',
      '/pods?limit=500&continue=token',
      '/pods',
    ]);
  });

  test("requests are counted under client-go's names, with the code they got", async () => {
    const told: string[] = [];
    const metrics: MetricsSink = {
      count: (name, labels) => void told.push(`${name} ${labels['method']} ${labels['code']}`),
      gauge: () => {},
      observe: (name, labels) => void told.push(`${name} ${labels['verb']}`),
    };
    const { port } = server.address() as AddressInfo;
    const access: ClusterAccess = {
      getCurrentCluster: () => ({ server: `http://127.0.0.1:${port}` }),
      getCurrentContext: () => 'test',
      getContextObject: () => null,
      applyToHTTPSOptions: async () => {},
    };
    const counted = createKubeClient(access, { metrics });
    await counted.list(pods);
    answers = [failure(404, 'NotFound')];
    await counted.delete(pods, { namespace: 'n', name: 'o' });
    counted.close();
    expect(told).toEqual([
      'rest_client_requests_total GET 200',
      'rest_client_request_duration_seconds GET',
      'rest_client_requests_total DELETE 404',
      'rest_client_request_duration_seconds DELETE',
    ]);
  });

  test('a log that is followed comes as it is written, and breaks where the connection does', async () => {
    answers = [
      (response) => {
        response.writeHead(200);
        response.write('first 山');
        setImmediate(() => response.socket?.destroy());
      },
    ];
    const log = await client.streamText('/api/v1/namespaces/n/pods/p/log?follow=true');
    expect(await log.next()).toMatchObject({ value: 'first 山' });
    await expect(log.next()).rejects.toMatchObject({ reason: 'ConnectionFailed' });
  });

  test('an aborted call ends at once', async () => {
    answers = [() => {}];
    const abort = new AbortController();
    const call = client.get(pods, { namespace: 'n', name: 'x' }, { signal: abort.signal });
    setImmediate(() => abort.abort());
    await expect(call).rejects.toMatchObject({ reason: 'ConnectionFailed' });
  });

  test('an object without a name has no address', async () => {
    const nameless = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { namespace: 'n' } };
    expect(() => client.update(configMaps, nameless)).toThrow('a ConfigMap without metadata.name has no address');
  });
});

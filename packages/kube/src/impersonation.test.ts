import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from '@jest/globals';
import { configMaps } from './core-resources.ts';
import { impersonationHeaders } from './impersonation.ts';
import { createKubeClient } from './kube-client.ts';

test('a client that acts as somebody sends whom with each call, over the same credentials', async () => {
  const seen: http.IncomingMessage[] = [];
  const server = http.createServer((request, response) => {
    seen.push(request);
    response.end(JSON.stringify({ kind: 'ConfigMapList', apiVersion: 'v1', metadata: { resourceVersion: '1' }, items: [] }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const client = createKubeClient({
    getCurrentCluster: () => ({ server: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }),
    getCurrentContext: () => 'test',
    getContextObject: () => null,
    applyToHTTPSOptions: async (options) => {
      options.headers = { Authorization: 'Bearer ours' };
    },
  });
  const tenant = client.as({
    user: 'system:serviceaccount:agency-a:tenant-owner',
    groups: ['a', 'b,c'],
    extra: { 'civitas.dev/Subject': ['p'] },
  });
  await tenant.list(configMaps, { namespace: 'agency-a' });
  tenant.close();
  await client.list(configMaps, { namespace: 'agency-a' });
  client.close();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  expect(seen[0]?.headersDistinct).toMatchObject({
    authorization: ['Bearer ours'],
    'impersonate-user': ['system:serviceaccount:agency-a:tenant-owner'],
    'impersonate-group': ['a', 'b,c'],
    'impersonate-extra-civitas.dev%2fsubject': ['p'],
  });
  expect(Object.keys(seen[1]?.headers ?? {}).filter((name) => name.startsWith('impersonate'))).toEqual([]);
});

test('what no header can carry is refused before anything is sent', () => {
  for (const user of ['', 'a\r\nImpersonate-Group: system:masters', '王']) expect(() => impersonationHeaders({ user })).toThrow(TypeError);
  expect(() => impersonationHeaders({ user: 'a', extra: { k: ['\n'] } })).toThrow(TypeError);
});

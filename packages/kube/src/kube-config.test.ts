import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { RequestOptions } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { loadKubeConfig, namespaceOf } from './kube-config.ts';

describe('kubeconfig', () => {
  const before = { ...process.env };
  let root: string;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'pod-'));
  });
  afterEach(() => {
    process.env = { ...before };
    rmSync(root, { recursive: true, force: true });
  });

  test('a pod uses its ServiceAccount below its root, with the token of the moment', async () => {
    const folder = join(root, 'var/run/secrets/kubernetes.io/serviceaccount');
    mkdirSync(folder, { recursive: true });
    for (const [name, text] of Object.entries({ token: 'first', 'ca.crt': 'CA', namespace: 'health' }))
      writeFileSync(join(folder, name), text);
    Object.assign(process.env, { KUBERNETES_SERVICE_HOST: '127.0.0.1', KUBERNETES_SERVICE_PORT: '6443' });
    const access = await loadKubeConfig({ root });
    expect(access.getCurrentCluster()?.server).toBe('https://127.0.0.1:6443');
    expect(namespaceOf(access)).toBe('health');
    writeFileSync(join(folder, 'token'), 'second\n');
    const options: RequestOptions = {};
    await access.applyToHTTPSOptions(options);
    expect(options).toEqual({ ca: Buffer.from('CA'), headers: { Authorization: 'Bearer second' } });
  });

  test('outside a pod the file that KUBECONFIG names is used', async () => {
    const path = join(root, 'config');
    const context = { name: 'c', context: { cluster: 'k', user: 'u', namespace: 'courts' } };
    const clusters = [{ name: 'k', cluster: { server: 'https://example.test:6443' } }];
    writeFileSync(path, JSON.stringify({ clusters, users: [{ name: 'u', user: {} }], contexts: [context], 'current-context': 'c' }));
    delete process.env['KUBERNETES_SERVICE_HOST'];
    process.env['KUBECONFIG'] = path;
    const access = await loadKubeConfig({ root });
    expect(access.getCurrentCluster()?.server).toBe('https://example.test:6443');
    expect(namespaceOf(access)).toBe('courts');
    process.env['KUBECONFIG'] = join(root, 'gone');
    expect((await loadKubeConfig({ root, path })).getCurrentContext()).toBe('c');
    await expect(loadKubeConfig({ root, path, context: 'd' })).rejects.toThrow("the context 'd' names no cluster");
  });

  test('of several files that KUBECONFIG names a context of any may be asked for', async () => {
    const files = ['one', 'two'].map((name) => {
      const context = { name, context: { cluster: name, user: name } };
      const clusters = [{ name, cluster: { server: `https://${name}.test:6443` } }];
      const path = join(root, name);
      writeFileSync(path, JSON.stringify({ clusters, users: [{ name, user: {} }], contexts: [context], 'current-context': name }));
      return path;
    });
    delete process.env['KUBERNETES_SERVICE_HOST'];
    process.env['KUBECONFIG'] = files.join(':');
    expect((await loadKubeConfig({ root, context: 'two' })).getCurrentCluster()?.server).toBe('https://two.test:6443');
    await expect(loadKubeConfig({ root, context: 'three' })).rejects.toThrow("context 'three' names no cluster");
  });
});

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { RequestOptions } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { readKubeConfigFile } from './kube-config-file.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kubeconfig-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function aFile({ cluster = {}, user = {}, context = {} }: { cluster?: object; user?: object; context?: object }): string {
  const path = join(folder, 'config');
  const document = {
    clusters: [{ name: 'k', cluster: { server: 'https://127.0.0.9:6443', ...cluster } }],
    users: [{ name: 'u', user }],
    contexts: [{ name: 'c', context: { cluster: 'k', user: 'u', ...context } }],
    'current-context': 'c',
  };
  writeFileSync(path, JSON.stringify(document));
  return path;
}

const base64 = (text: string): string => Buffer.from(text).toString('base64');

async function optionsOf(path: string, before: RequestOptions = {}): Promise<RequestOptions> {
  const options = { ...before };
  await readKubeConfigFile(path).applyToHTTPSOptions(options);
  return options;
}

describe('a kubeconfig file', () => {
  test('gives certificates that stand in it, and those of files beside it', async () => {
    const inline = { 'client-certificate-data': base64('CERT'), 'client-key-data': base64('KEY') };
    const path = aFile({ cluster: { 'certificate-authority': 'ca.crt' }, user: inline });
    writeFileSync(join(folder, 'ca.crt'), 'CA');
    expect(await optionsOf(path)).toEqual({ ca: Buffer.from('CA'), cert: Buffer.from('CERT'), key: Buffer.from('KEY') });
  });

  test('gives a token, a replaced token file at the next call, and what TLS is to be checked against', async () => {
    const path = aFile({ cluster: { 'tls-server-name': 'api', 'insecure-skip-tls-verify': true }, user: { tokenFile: 'token' } });
    writeFileSync(join(folder, 'token'), 'one\n');
    expect(await optionsOf(path, { headers: { 'X-Kept': '1' } })).toEqual({
      servername: 'api',
      rejectUnauthorized: false,
      headers: { 'X-Kept': '1', Authorization: 'Bearer one' },
    });
    const access = readKubeConfigFile(path);
    writeFileSync(join(folder, 'token'), 'two');
    const options: RequestOptions = {};
    await access.applyToHTTPSOptions(options);
    expect(options.headers).toEqual({ Authorization: 'Bearer two' });
    expect(await optionsOf(aFile({ user: { token: 'plain' } }))).toEqual({ headers: { Authorization: 'Bearer plain' } });
  });

  test('leaves a user who needs a program or a password to the official client', async () => {
    const options = await optionsOf(aFile({ user: { username: 'me', password: 'secret' } }));
    expect(options.auth).toBe('me:secret');
  });

  test('names context, namespace, server and proxy', () => {
    const access = readKubeConfigFile(aFile({ cluster: { 'proxy-url': 'http://127.0.0.1:1' }, context: { namespace: 'courts' } }));
    expect(access.getCurrentCluster()).toEqual({ server: 'https://127.0.0.9:6443', proxyUrl: 'http://127.0.0.1:1' });
    expect([access.getCurrentContext(), access.getContextObject('c'), access.getContextObject('d')]).toEqual([
      'c',
      { namespace: 'courts' },
      null,
    ]);
  });

  test('serves the context that is asked for, and says when it has none of that name', () => {
    const path = aFile({});
    const document = JSON.parse(readFileSync(path, 'utf8'));
    document.contexts.push({ name: 'other', context: { cluster: 'k2', user: 'u', namespace: 'second' } });
    document.clusters.push({ name: 'k2', cluster: { server: 'https://127.0.0.10:6443' } });
    writeFileSync(path, JSON.stringify(document));
    const access = readKubeConfigFile(path, 'other');
    expect([access.getCurrentCluster()?.server, access.getCurrentContext()]).toEqual(['https://127.0.0.10:6443', 'other']);
    expect(() => readKubeConfigFile(path, 'third')).toThrow(`${path}: the context 'third' names no cluster`);
  });

  test('is refused in words when its current context names nothing', () => {
    const path = join(folder, 'empty');
    writeFileSync(path, 'current-context: gone\n');
    expect(() => readKubeConfigFile(path)).toThrow(`${path}: the current context 'gone' names no cluster`);
  });
});

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { parseConfig, readConsoleSettings } from './console-config.ts';

const config = { schemaVersion: 1, url: 'http://127.0.0.1:8080', identity: { profile: 'local' } };

test('a configuration names the field that is wrong', () => {
  expect(parseConfig(JSON.stringify(config))).toEqual(config);
  const keycloak = { profile: 'keycloak', url: 'https://id.city.example', realm: 'city' };
  expect(parseConfig(JSON.stringify({ ...config, identity: keycloak })).identity).toEqual(keycloak);
  expect(() => parseConfig(JSON.stringify({ ...config, url: 'http://a/b' }))).toThrow(/config.json: \/url/);
  expect(() => parseConfig(JSON.stringify({ ...config, identity: { profile: 'none' } }))).toThrow(RangeError);
  expect(() => parseConfig(JSON.stringify({ ...config, more: 1 }))).toThrow(/config.json: \/more/);
});

test('a Grafana may be named, by an address', () => {
  expect(parseConfig(JSON.stringify({ ...config, grafanaUrl: 'https://grafana.city.example/g' }))).toMatchObject({
    grafanaUrl: 'https://grafana.city.example/g',
  });
  expect(() => parseConfig(JSON.stringify({ ...config, grafanaUrl: 'javascript:alert(1)' }))).toThrow(/grafanaUrl/);
});

test('settings come from the pod’s files and environment, and a port or level that is none is refused', async () => {
  const root = mkdtempSync(join(tmpdir(), 'civitas-console-config-'));
  try {
    mkdirSync(join(root, 'etc/civitas-console'), { recursive: true });
    writeFileSync(join(root, 'etc/civitas-console/config.json'), JSON.stringify(config));
    const settings = await readConsoleSettings({ CIVITAS_ROOT: root, POD_IP: '127.0.0.9', CIVITAS_CONSOLE_WEB: root });
    expect(settings).toMatchObject({ address: '127.0.0.9', port: 8080, metricsPort: 9464, logLevel: 'info', webFolder: undefined });
    expect(settings.pathOf('data')).toBe(join(root, 'var/lib/civitas-console'));
    await expect(readConsoleSettings({ CIVITAS_ROOT: root, CONSOLE_PORT: '70000' })).rejects.toThrow(/CONSOLE_PORT: 0 … 65535/);
    await expect(readConsoleSettings({ CIVITAS_ROOT: root, LOG_LEVEL: 'loud' })).rejects.toThrow(/LOG_LEVEL/);
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
});

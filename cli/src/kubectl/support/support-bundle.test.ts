import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { configMaps, pods, secrets } from '@civitas/kube';
import { redactLine, tarOf } from '@civitas/telemetry/support';
import { filesOfTar } from '@civitas/telemetry/testing';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { KINDS } from '../objects.ts';
import { aNetwork, NAMESPACE, type PluginRig, startPluginRig } from '../testing/plugin-rig.ts';
import { supportBundleCommand } from './support-bundle.ts';

const CANARIES = {
  secret: 'CANARY-secret',
  person: '110101199003074477',
  mail: 'canary@example.org',
  phone: '13800138000',
  field: 'CANARY-field',
  map: 'CANARY-map',
  environment: 'CANARY-environment',
};
const TRACE = '0af7651916cd43dd8448eb211c80319c';
let rig: PluginRig;
let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'support-'));
  rig = await startPluginRig(98, {
    async *readLog({ previous }) {
      if (previous) return;
      yield JSON.stringify({ level: 'info', event: 'serving', height: 7, call: { args: { name: CANARIES.field } } });
      yield JSON.stringify({ level: 'warn', event: 'relay-operation-refused', trace_id: TRACE, message: `of ${CANARIES.person}` });
      yield `not JSON, by ${CANARIES.mail}, ${CANARIES.phone}`;
    },
  });
  await aNetwork(rig, 'health');
  await rig.say(KINDS.networks, { name: 'health' }, { phase: 'Degraded', release: `0.1.0 ${CANARIES.person}` });
  const metadata = (name: string) => ({ name, namespace: NAMESPACE, labels: { 'civitas.dev/network': 'health' } });
  await rig.client.create(secrets, { apiVersion: 'v1', kind: 'Secret', metadata: metadata('tls'), stringData: { key: CANARIES.secret } });
  await rig.client.create(configMaps, { apiVersion: 'v1', kind: 'ConfigMap', metadata: metadata('config'), data: { key: CANARIES.map } });
  const spec = { containers: [{ name: 'node', image: 'none', env: [{ name: 'KEY', value: CANARIES.environment }] }] };
  await rig.client.create(pods, { apiVersion: 'v1', kind: 'Pod', metadata: metadata('health-0'), spec });
}, 120_000);
afterAll(async () => {
  await rig.stop();
  rmSync(folder, { recursive: true, force: true });
});

test('a support bundle holds what tells how a city is, and neither a secret nor a personal value', async () => {
  const path = join(folder, 'bundle.tar.gz');
  expect(await supportBundleCommand(rig.context(), { out: path, version: '0.1.0' })).toBe(0);
  const files = filesOfTar(gunzipSync(readFileSync(path)));

  expect([...files.keys()]).toEqual(
    expect.arrayContaining([
      'bundle.json',
      'versions.json',
      'objects/LedgerNetwork.json',
      'findings.json',
      'pods.json',
      'events.json',
      `logs/${NAMESPACE}/health-0/node.log`,
      'traces.json',
    ]),
  );
  for (const canary of Object.values(CANARIES)) {
    expect([...files].filter(([, text]) => text.includes(canary)).map(([name]) => `${canary} in ${name}`)).toEqual([]);
  }
  expect(files.get('objects/LedgerNetwork.json')).toContain('"phase": "Degraded"');
  expect(files.get(`logs/${NAMESPACE}/health-0/node.log`)).toContain('"height":7');
  expect(JSON.parse(files.get('traces.json') ?? '')).toEqual([{ traceId: TRACE, event: 'relay-operation-refused', pod: 'health-0' }]);
  expect(JSON.parse(files.get('bundle.json') ?? '')).toMatchObject({ missing: [`metrics of ${NAMESPACE}/health-0: no answer`] });
  expect(statSync(path).mode & 0o777).toBe(0o600);
}, 120_000);

test('an existing file is not written over', async () => {
  const path = join(folder, 'twice.tar.gz');
  await supportBundleCommand(rig.context(), { out: path, version: '0.1.0' });
  await expect(supportBundleCommand(rig.context(), { out: path, version: '0.1.0' })).rejects.toMatchObject({ code: 'EEXIST' });
}, 120_000);

test('long paths are split as ustar asks, and those that do not fit are refused', () => {
  const long = `logs/${'n'.repeat(90)}/${'p'.repeat(90)}.log`;
  expect(filesOfTar(tarOf([{ path: long, bytes: Buffer.from('one') }], 0)).get(long)).toBe('one');
  expect(() => tarOf([{ path: 'x'.repeat(101), bytes: Buffer.alloc(0) }], 0)).toThrow(RangeError);
});

test('lines that are no JSON objects are redacted as text', () => {
  expect(redactLine('[1, "13800138000"]')).toBe('[1, "[redacted]"]');
});

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { configMaps } from '@civitas/kube';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { EXIT } from '../exit-codes.ts';
import { joinBundleCommand } from './join-bundle.ts';
import { KINDS } from './objects.ts';
import { readable } from './readable.ts';
import { aNetwork, NAMESPACE, type PluginRig, startPluginRig } from './testing/plugin-rig.ts';

let rig: PluginRig;

beforeAll(async () => {
  rig = await startPluginRig(97, { async *readLog() {} });
});
afterAll(() => rig.stop());

async function failure(call: Promise<unknown>): Promise<{ message?: string }> {
  try {
    await call;
  } catch (error) {
    return readable(error) as { message?: string };
  }
  throw new Error('it should have failed');
}

test('join-bundle says how far each external member is, and writes what one needs as files', async () => {
  const network = 'net1';
  await aNetwork(rig, network);
  const members = [
    { node: 'port-0', bundle: `join-${network}`, state: 'BundleReady', message: 'waits for its request for a certificate (csr)' },
    { node: 'port-1', state: 'Waiting', message: 'the network has no genesis yet' },
  ];
  await rig.say(KINDS.networks, { name: network }, { externalMembers: members });
  expect(await joinBundleCommand(rig.context(), network, { node: undefined, out: undefined })).toBe(EXIT.ok);
  expect(rig.printed()).toContain('port-1');
  const data = { 'join.json': '{}', 'README.txt': 'Read me.' };
  const metadata = { name: `join-${network}`, namespace: NAMESPACE };
  await rig.client.create(configMaps, { apiVersion: 'v1', kind: 'ConfigMap', metadata, ...{ data } });
  const out = mkdtempSync(join(tmpdir(), 'civitas-join-'));
  expect(await joinBundleCommand(rig.context(), network, { node: 'port-0', out })).toBe(EXIT.ok);
  expect(readFileSync(join(out, 'README.txt'), 'utf8')).toBe('Read me.');
  rmSync(out, { recursive: true });
  const refused = async (node: string) => (await failure(joinBundleCommand(rig.context(), network, { node, out }))).message;
  expect(await refused('port-1')).toContain('is not made yet: the network has no genesis yet');
  expect(await refused('port-9')).toContain('it names port-0, port-1');
});

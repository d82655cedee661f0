import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createKubeClient, defineResource, type KubeClient, type KubeObject, readKubeConfigFile } from '@civitas/kube';
import { waitFor } from '@civitas/testkit';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { describeWithEngine } from '../consensus/network/describe-with-engine.ts';
import { civitas } from '../e2e/commands.ts';
import { keepPlaying } from '../e2e/play-cases.ts';
import { type RunningCity, startCity } from '../e2e/running-city.ts';

const DONE_WITHIN_MS = 200_000;
const NETWORK = 'transport';

interface Operation extends KubeObject {
  readonly spec?: object;
  readonly status?: { readonly phase?: string; readonly message?: string; readonly plan?: readonly { readonly node: string }[] };
}

interface Network extends KubeObject {
  readonly status?: { readonly validators?: { readonly caughtUp: number; readonly quorum: number }; readonly height?: number };
}

const ours = { group: 'civitas.dev', version: 'v1alpha1', namespaced: true };
const operations = defineResource<Operation>({ ...ours, plural: 'ledgeroperations' });
const networks = defineResource<Network>({ ...ours, plural: 'ledgernetworks' });

let home = '';
let city: RunningCity | undefined;
let client: KubeClient;
let namespace = '';

/** Has an operation done from its beginning to its end, and tells the fewest validators that were seen at the head meanwhile. */
async function perform(name: string, spec: object): Promise<number> {
  const metadata = { name, namespace };
  await client.create(operations, {
    ...{ apiVersion: 'civitas.dev/v1alpha1', kind: 'LedgerOperation', metadata },
    ...{ spec: { networkRef: NETWORK, ...spec } },
  });
  let fewest = Number.POSITIVE_INFINITY;
  const look = async (): Promise<boolean> => {
    const network = await client.get(networks, { namespace, name: NETWORK });
    fewest = Math.min(fewest, network.status?.validators?.caughtUp ?? 0);
    const { status } = await client.get(operations, metadata);
    if (status?.phase === 'Refused') throw new Error(`${name}: ${status.message}`);
    return status?.phase === 'Done';
  };
  await waitFor(`${name} to be done`, look, DONE_WITHIN_MS);
  return fewest;
}

describeWithEngine('day two of a network of four real validators', () => {
  beforeAll(async () => {
    home = mkdtempSync(join(tmpdir(), 'civitas-day-two-'));
    city = await startCity(home);
    client = createKubeClient(readKubeConfigFile(join(home, 'kubeconfig')));
    const { items } = await client.listAll(networks);
    namespace = items.find(({ metadata }) => metadata.name === NETWORK)?.metadata.namespace ?? '';
    expect((await civitas(home, 'network', 'grow', NETWORK, '--validators', '4', '--yes')).code).toBe(0);
  }, 400_000);

  afterAll(async () => {
    client?.close();
    await city?.stop();
    rmSync(home, { recursive: true, force: true });
  }, 30_000);

  test('certificates, authority, restart, fence and rebuild, while cases go over its links', async () => {
    const cases = keepPlaying(home, 'day-two', () => civitas(home, 'login'));
    expect(await perform('certificates', { type: 'RotateCertificates' })).toBe(4);
    expect(await perform('authority', { type: 'RotateCA', overlapSeconds: 20 })).toBe(4);
    expect(await perform('restart', { type: 'Restart' })).toBeGreaterThanOrEqual(3);
    expect(await perform('fence', { type: 'Fence', nodes: [`${NETWORK}-2`] })).toBeGreaterThanOrEqual(3);
    expect(await perform('rebuild', { type: 'RebuildNode', nodes: [`${NETWORK}-2`] })).toBeGreaterThanOrEqual(3);
    const { played, failed } = await cases.stop();
    expect(failed).toEqual([]);
    expect(played).toBeGreaterThan(0);
  }, 900_000);
});

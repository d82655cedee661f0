import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createKubeClient, defineResource, type KubeClient, type KubeObject, readKubeConfigFile } from '@civitas/kube';
import { waitFor } from '@civitas/testkit';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { describeWithEngine } from '../consensus/network/describe-with-engine.ts';
import { civitas, civitasOffline } from '../e2e/commands.ts';
import { keepPlaying } from '../e2e/play-cases.ts';
import { findPodProcess } from '../e2e/pod-processes.ts';
import { type RunningCity, readReady, startCity } from '../e2e/running-city.ts';

const DONE_WITHIN_MS = 200_000;
const GROWN_WITHIN_MS = 150_000;
const NETWORK = 'transport';
/** Several times what a case takes: one that is under way when an authority begins must be over before the former one ends. */
const OVERLAP_SECONDS = 20;

interface Operation extends KubeObject {
  readonly spec?: object;
  readonly status?: { readonly phase?: string; readonly message?: string; readonly plan?: readonly { readonly node: string }[] };
}

interface Network extends KubeObject {
  readonly status?: {
    readonly engine?: string;
    readonly genesisHash?: string;
    readonly validators?: { readonly caughtUp: number; readonly quorum: number };
    readonly conditions?: readonly { readonly type: string; readonly reason: string }[];
  };
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
  const beganMs = performance.now();
  let fewest = Number.POSITIVE_INFINITY;
  const look = async (): Promise<boolean> => {
    const network = await client.get(networks, { namespace, name: NETWORK });
    fewest = Math.min(fewest, network.status?.validators?.caughtUp ?? 0);
    const { status } = await client.get(operations, metadata);
    if (status?.phase === 'Refused') throw new Error(`${name}: ${status.message}`);
    return status?.phase === 'Done';
  };
  await waitFor(`${name} to be done`, look, DONE_WITHIN_MS);
  process.stderr.write(`day two: ${name} took ${Math.round((performance.now() - beganMs) / 1000)} s\n`);
  return fewest;
}

const statusNow = async (): Promise<NonNullable<Network['status']>> =>
  (await client.get(networks, { namespace, name: NETWORK })).status ?? {};

describeWithEngine('a network of a running city', () => {
  beforeAll(async () => {
    home = mkdtempSync(join(tmpdir(), 'civitas-day-two-'));
    city = await startCity(home, { readyWithinMs: 200_000 });
    client = createKubeClient(readKubeConfigFile(join(home, 'kubeconfig')));
    const { items } = await client.listAll(networks);
    namespace = items.find(({ metadata }) => metadata.name === NETWORK)?.metadata.namespace ?? '';
  }, 240_000);

  afterAll(async () => {
    client?.close();
    await city?.stop();
    rmSync(home, { recursive: true, force: true });
  }, 60_000);

  test('grows from one embedded validator to four of three organisations, while cases go over its links and its operator is killed', async () => {
    const born = await statusNow();
    expect(born.engine).toBe('embedded');
    const cases = keepPlaying(home, 'grow');
    const growth = civitas(home, 'network', 'grow', NETWORK, '--validators', '4', '--yes');
    const progress = async (): Promise<string | undefined> =>
      (await statusNow()).conditions?.find(({ type }) => type === 'Progressing')?.reason;
    await waitFor('a newcomer', async () => (await progress()) === 'CatchingUp', GROWN_WITHIN_MS);
    const operator = findPodProcess(home, 'civitas-operator');
    if (operator === undefined) throw new Error('the operator does not run');
    process.kill(operator, 'SIGKILL');

    const { code, stdout } = await growth;
    expect(code).toBe(0);
    const steps = stdout.split('\n').flatMap((line) => /^([A-Z]\w+): /.exec(line)?.[1] ?? []);
    expect(steps[0]).toBe('HandingOver');
    expect(steps).toContain('CatchingUp');
    const { played, failed } = await cases.stop();
    expect(failed).toEqual([]);
    expect(played).toBeGreaterThan(0);

    const grown = await statusNow();
    expect([grown.engine, grown.genesisHash]).toEqual(['cometbft', born.genesisHash]);
    const set = JSON.parse((await civitas(home, 'network', 'validators', '-n', NETWORK, '--json')).stdout);
    const validators: readonly { node: string; organisation: string; standing: string }[] = set.validators;
    expect(validators.map(({ standing }) => standing)).toEqual(['active', 'active', 'active', 'active']);
    expect(new Set(validators.map(({ organisation }) => organisation)).size).toBe(3);
    expect(validators.find(({ node }) => node === `${NETWORK}-0`)?.organisation).toBe('traffic-police');

    const last = join(home, `grow-${played - 1}.json`);
    const empty = mkdtempSync(join(tmpdir(), 'civitas-empty-'));
    expect((await civitasOffline(empty, 'verify', last)).code).toBe(0);
    rmSync(empty, { recursive: true });
    expect(readFileSync(last, 'utf8')).toContain(readReady(home).networks.find(({ name }) => name === NETWORK)?.chainId);
  }, 400_000);

  test('goes through certificates, authority, restart, fence and rebuild, while cases go over its links', async () => {
    await waitFor('all four at the head', async () => (await statusNow()).validators?.caughtUp === 4, DONE_WITHIN_MS);
    const cases = keepPlaying(home, 'day-two', () => civitas(home, 'login'));
    expect(await perform('certificates', { type: 'RotateCertificates' })).toBe(4);
    expect(await perform('authority', { type: 'RotateCA', overlapSeconds: OVERLAP_SECONDS })).toBe(4);
    expect(await perform('restart', { type: 'Restart' })).toBeGreaterThanOrEqual(3);
    expect(await perform('fence', { type: 'Fence', nodes: [`${NETWORK}-2`] })).toBeGreaterThanOrEqual(3);
    expect(await perform('rebuild', { type: 'RebuildNode', nodes: [`${NETWORK}-2`] })).toBeGreaterThanOrEqual(3);
    const { played, failed } = await cases.stop();
    expect(failed).toEqual([]);
    expect(played).toBeGreaterThan(0);
    process.stderr.write(`day two: ${played} cases meanwhile\n`);
  }, 900_000);
});

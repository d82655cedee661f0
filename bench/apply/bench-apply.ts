import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createKubeClient, defineResource, type KubeObject, readKubeConfigFile } from '@civitas/kube';
import { ROOT, startCity } from '../../test/e2e/running-city.ts';
import { startRealCluster } from '../../test/operator/cluster/real-cluster.ts';
import { SHARED_CLUSTERS, writeSharedCluster } from '../../test/operator/cluster/shared-cluster.ts';
import { createRealTestCluster } from '../../test/operator/cluster/test-cluster.ts';
import { findKubeTools } from '../../tools/kube/kube-tools.ts';
import type { BenchOptions } from '../city.ts';

interface Conditioned extends KubeObject {
  readonly status?: {
    readonly conditions?: readonly { readonly type: string; readonly status: string; readonly lastTransitionTime: string }[];
  };
}

const ours = { group: 'civitas.dev', version: 'v1alpha1', namespaced: true };
const networks = defineResource<Conditioned>({ ...ours, plural: 'ledgernetworks' });
const links = defineResource<Conditioned>({ ...ours, plural: 'ledgerlinks' });
const READY_MS_MAX = 300_000;

/** Engine and validators of each network of the sample, as `npm start` takes them. */
const CITIES = {
  embedded: [],
  'one-of-four': ['--engine', 'cometbft', '--validators', '4', '--networks', 'transport'],
  cometbft: ['--engine', 'cometbft', '--validators', '4'],
} as const;

/**
 * From the first network's creation to the last one Available and the last link Flowing, on one machine, by the times that the objects
 * themselves carry: whole seconds. On real kubelets `npm run test:cluster` prints the same.
 */
export async function benchApply({ say }: BenchOptions): Promise<object> {
  const figures: Record<string, object> = {};
  for (const [name, city] of Object.entries(CITIES)) {
    say(name);
    figures[name] = await timeCity({ arguments: city });
  }
  if (findKubeTools() === undefined) say('a real API server is left out: npm run kube:install');
  else figures['real-api-server'] = await timeOnKubernetes(say);
  return figures;
}

async function timeCity(options: Pick<NonNullable<Parameters<typeof startCity>[1]>, 'arguments' | 'command'>): Promise<object> {
  const home = mkdtempSync(join(tmpdir(), 'civitas-bench-'));
  try {
    const running = await startCity(home, { ...options, readyWithinMs: READY_MS_MAX });
    const times = await readTimes(join(home, 'kubeconfig'));
    await running.stop();
    return times;
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

/** The embedded city again, its objects in kube-apiserver and etcd; the process kubelet runs its pods as before. */
async function timeOnKubernetes(say: BenchOptions['say']): Promise<object> {
  say('embedded, on a real API server');
  const cluster = await startRealCluster();
  try {
    const definitions = await createRealTestCluster(cluster);
    process.env[SHARED_CLUSTERS] = writeSharedCluster(cluster);
    const times = await timeCity({ command: [process.execPath, join(ROOT, 'test/operator/city/serve-city.ts')] });
    await definitions.stop();
    return times;
  } finally {
    await cluster.stop();
  }
}

async function readTimes(kubeconfig: string): Promise<object> {
  const client = createKubeClient(readKubeConfigFile(kubeconfig));
  try {
    const [born, linked] = [(await client.listAll(networks)).items, (await client.listAll(links)).items];
    const startUnixMs = Math.min(...born.map(({ metadata }) => Date.parse(metadata.creationTimestamp)));
    const secondsTo = (objects: readonly Conditioned[], type: string): number =>
      Math.max(...objects.map((object) => (sinceUnixMs(object, type) - startUnixMs) / 1000));
    return { networks: born.length, networksAvailableS: secondsTo(born, 'Available'), linksFlowingS: secondsTo(linked, 'Flowing') };
  } finally {
    client.close();
  }
}

function sinceUnixMs({ metadata, status }: Conditioned, type: string): number {
  const condition = status?.conditions?.find((entry) => entry.type === type);
  if (condition?.status !== 'True') throw new Error(`${metadata.name} is not ${type}`);
  return Date.parse(condition.lastTransitionTime);
}

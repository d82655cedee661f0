import { findKubeTools } from '../../../tools/kube/kube-tools.ts';
import { type RealCluster, startRealCluster } from './real-cluster.ts';
import { SHARED_CLUSTERS, writeSharedCluster } from './shared-cluster.ts';

let clusters: readonly RealCluster[] = [];

/**
 * One cluster a worker for the whole run: the suites of a worker take turns, and each takes away what the one before it left.
 *
 * @param workers of jest.
 */
export async function setup({ maxWorkers }: { readonly maxWorkers: number }): Promise<void> {
  if (findKubeTools() === undefined) return;
  const started = await Promise.allSettled(Array.from({ length: maxWorkers }, () => startRealCluster()));
  clusters = started.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []));
  const failed = started.find((outcome) => outcome.status === 'rejected');
  if (failed !== undefined) {
    await teardown();
    throw failed.reason;
  }
  process.env[SHARED_CLUSTERS] = clusters.map(writeSharedCluster).join(':');
}

export async function teardown(): Promise<void> {
  await Promise.all(clusters.map((cluster) => cluster.stop()));
}

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findKubeTools } from '../../../tools/kube/kube-tools.ts';
import { type RealCluster, startRealCluster } from './real-cluster.ts';
import { SHARED_CLUSTER } from './shared-cluster.ts';

let cluster: RealCluster | undefined;

/** One cluster for the whole run: the suites take turns, and each takes away what the one before it left. */
export async function setup(): Promise<void> {
  if (findKubeTools() === undefined) return;
  cluster = await startRealCluster();
  const path = join(cluster.home, 'shared.json');
  const { home, url, etcdUrl, caPem, admin, kubeconfigPath } = cluster;
  writeFileSync(path, JSON.stringify({ home, url, etcdUrl, caPem, admin, kubeconfigPath }), { mode: 0o600 });
  process.env[SHARED_CLUSTER] = path;
}

export async function teardown(): Promise<void> {
  await cluster?.stop();
}

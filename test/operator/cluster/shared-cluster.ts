import { readFileSync, writeFileSync } from 'node:fs';
import { request as httpsRequest } from 'node:https';
import { join } from 'node:path';

/** The real cluster that all suites of one worker share, as the run's global setup wrote it down. */
export interface SharedCluster {
  readonly url: string;
  readonly etcdUrl: string;
  readonly caPem: string;
  readonly admin: { readonly cert: string; readonly key: string };
  readonly kubeconfigPath: string;
  readonly tokenKeyPath: string;
  readonly home: string;
}

/** Names the files of the shared clusters, one a worker of jest; not set where Kubernetes is not installed. */
export const SHARED_CLUSTERS = 'CIVITAS_SHARED_CLUSTERS';

/** That of this worker; a program that a test starts has its worker's. @throws Error when this run has no cluster. */
export function sharedCluster(): SharedCluster {
  const path = process.env[SHARED_CLUSTERS]?.split(':')[Number(process.env['JEST_WORKER_ID'] ?? 1) - 1];
  if (path === undefined) throw new Error('this run has no Kubernetes: npm run kube:install');
  return JSON.parse(readFileSync(path, 'utf8'));
}

/** Writes one down for other processes, in its own home; returns the file's path. */
export function writeSharedCluster({ home, url, etcdUrl, caPem, admin, kubeconfigPath, tokenKeyPath }: SharedCluster): string {
  const path = join(home, 'shared.json');
  writeFileSync(path, JSON.stringify({ home, url, etcdUrl, caPem, admin, kubeconfigPath, tokenKeyPath }), { mode: 0o600 });
  return path;
}

/** Status of a GET by the administrator. */
export function statusOf({ url, caPem, admin }: Pick<SharedCluster, 'url' | 'caPem' | 'admin'>, path: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const request = httpsRequest(new URL(path, url), { ca: caPem, ...admin, agent: false }, (response) => {
      response.resume();
      response.once('end', () => resolve(response.statusCode ?? 0));
    });
    request.once('error', reject);
    request.end();
  });
}

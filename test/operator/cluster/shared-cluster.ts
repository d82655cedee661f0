import { readFileSync } from 'node:fs';
import { request as httpsRequest } from 'node:https';

/** The real cluster that all suites of one run share, as its global setup wrote it down. */
export interface SharedCluster {
  readonly url: string;
  readonly etcdUrl: string;
  readonly caPem: string;
  readonly admin: { readonly cert: string; readonly key: string };
  readonly kubeconfigPath: string;
  readonly home: string;
}

/** Names the file of the shared cluster; not set where Kubernetes is not installed. */
export const SHARED_CLUSTER = 'CIVITAS_SHARED_CLUSTER';

/** @throws Error when this run has no cluster. */
export function sharedCluster(): SharedCluster {
  const path = process.env[SHARED_CLUSTER];
  if (path === undefined) throw new Error('this run has no Kubernetes: npm run kube:install');
  return JSON.parse(readFileSync(path, 'utf8'));
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

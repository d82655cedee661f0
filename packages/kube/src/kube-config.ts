/** Where the API server is and who we are there. */

import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import type { RequestOptions } from 'node:https';

/** What the client needs of a configuration; the official client's KubeConfig has it. */
export interface ClusterAccess {
  getCurrentCluster(): { readonly server: string; readonly proxyUrl?: string } | null;
  getCurrentContext(): string;
  getContextObject(name: string): { readonly namespace?: string } | null;
  /** Adds certificates, headers and whatever else proves who we are. */
  applyToHTTPSOptions(options: RequestOptions): Promise<void>;
}

const accountFolder = '/var/run/secrets/kubernetes.io/serviceaccount';

/**
 * The pod's ServiceAccount below `root` when KUBERNETES_SERVICE_HOST is set and a token is mounted there, else the file
 * KUBECONFIG names, else `~/.kube/config`.
 *
 * @param root What absolute paths of the pod are resolved against: CIVITAS_ROOT under the process kubelet, '' on a real cluster.
 */
export async function loadKubeConfig({ root = process.env['CIVITAS_ROOT'] ?? '' }: { root?: string } = {}): Promise<ClusterAccess> {
  const { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port = '443' } = process.env;
  if (host && existsSync(`${root}${accountFolder}/token`))
    return inClusterAccess(`${root}${accountFolder}`, `https://${hostOf(host)}:${port}`);
  // Loaded only here: its generated models cost half a second and 80 MB, which a pod does not need.
  const { KubeConfig } = await import('@kubernetes/client-node');
  const config = new KubeConfig();
  config.loadFromDefault();
  return config;
}

/** Namespace of the current context; `default` where it names none. */
export function namespaceOf(access: ClusterAccess): string {
  return access.getContextObject(access.getCurrentContext())?.namespace?.trim() || 'default';
}

/** Files are read at each call: bound tokens and the authority are replaced while we run. */
async function inClusterAccess(folder: string, server: string): Promise<ClusterAccess> {
  const namespace = await readFile(`${folder}/namespace`, 'utf8');
  return {
    getCurrentCluster: () => ({ server }),
    getCurrentContext: () => 'in-cluster',
    getContextObject: () => ({ namespace }),
    async applyToHTTPSOptions(options) {
      const [ca, token] = await Promise.all([readFile(`${folder}/ca.crt`), readFile(`${folder}/token`, 'utf8')]);
      options.ca = ca;
      options.headers = { ...options.headers, Authorization: `Bearer ${token.trim()}` };
    },
  };
}

function hostOf(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}

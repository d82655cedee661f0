/** Where the API server is and who we are there. */

import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import type { ClusterAccess } from './cluster-access.ts';
import { headersOf, readKubeConfigFile } from './kube-config-file.ts';

const accountFolder = '/var/run/secrets/kubernetes.io/serviceaccount';

export interface KubeConfigChoice {
  /** What absolute paths of the pod are resolved against: CIVITAS_ROOT under the process kubelet, '' on a real cluster. */
  readonly root?: string;
  /** A kubeconfig that goes before everything else. */
  readonly path?: string | undefined;
  /** A context of the file or files; default the current one. */
  readonly context?: string | undefined;
}

/**
 * The named file, else the pod's ServiceAccount below `root` when KUBERNETES_SERVICE_HOST is set and a token is mounted there, else the file
 * KUBECONFIG names, else `~/.kube/config`.
 *
 * @throws Error when there is none, or it has no such context.
 */
export async function loadKubeConfig(choice: KubeConfigChoice = {}): Promise<ClusterAccess> {
  const { root = process.env['CIVITAS_ROOT'] ?? '', path, context } = choice;
  if (path !== undefined) return readKubeConfigFile(path, context);
  const { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port = '443' } = process.env;
  if (context === undefined && host && existsSync(`${root}${accountFolder}/token`))
    return inClusterAccess(`${root}${accountFolder}`, `https://${hostOf(host)}:${port}`);
  const named = process.env['KUBECONFIG']?.split(delimiter).filter((path) => path !== '') ?? [];
  // Several files are merged by rules of their own, which the official client knows.
  if (named.length > 1) return mergedKubeConfig(context);
  return readKubeConfigFile(named[0] ?? join(homedir(), '.kube', 'config'), context);
}

async function mergedKubeConfig(context: string | undefined): Promise<ClusterAccess> {
  const { KubeConfig } = await import('@kubernetes/client-node');
  const config = new KubeConfig();
  config.loadFromDefault();
  if (context !== undefined) config.setCurrentContext(context);
  if (config.getCurrentCluster() === null)
    throw new Error(`${process.env['KUBECONFIG']}: context '${config.getCurrentContext()}' names no cluster`);
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
      options.headers = { ...headersOf(options), Authorization: `Bearer ${token.trim()}` };
    },
  };
}

function hostOf(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}

import { existsSync } from 'node:fs';
import { KubeConfig } from '@kubernetes/client-node';

/**
 * Where the cluster is and who we are: the pod's ServiceAccount below `root` when KUBERNETES_SERVICE_HOST is set and a token
 * is mounted there, else the file KUBECONFIG names, else `~/.kube/config`.
 *
 * @param root What absolute paths of the pod are resolved against: CIVITAS_ROOT under the process kubelet, '' on a real cluster.
 */
export function loadKubeConfig({ root = process.env['CIVITAS_ROOT'] ?? '' }: { root?: string } = {}): KubeConfig {
  const config = new KubeConfig();
  const tokenPath = `${root}/var/run/secrets/kubernetes.io/serviceaccount/token`;
  if (process.env['KUBERNETES_SERVICE_HOST'] && existsSync(tokenPath)) config.loadFromCluster(root);
  else config.loadFromDefault();
  return config;
}

/** Namespace of the current context; `default` where it names none. */
export function namespaceOf(config: KubeConfig): string {
  return config.getContextObject(config.getCurrentContext())?.namespace?.trim() || 'default';
}

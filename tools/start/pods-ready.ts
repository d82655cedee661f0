import { defineResource, type KubeClient, type KubeObject } from '@civitas/kube';

interface Pod extends KubeObject {
  readonly status?: {
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
    readonly containerStatuses?: readonly { readonly state?: { readonly running?: { readonly startedAt?: string } } }[];
  };
}

const pods = defineResource<Pod>({ group: '', version: 'v1', plural: 'pods', namespaced: true });

/**
 * Pods whose processes of this run are not ready yet, by name. What an object's conditions say is from the last look of the operator, which
 * may have been before the last stop; a process that was started since and answers its probe is from now.
 */
export async function fetchPodsNotReady(kube: KubeClient, startedUnixMs: number): Promise<readonly string[]> {
  const { items } = await kube.listAll(pods);
  return items.filter((pod) => !isReadySince(pod, startedUnixMs)).map(({ metadata }) => metadata.name);
}

function isReadySince(pod: Pod, startedUnixMs: number): boolean {
  const ready = pod.status?.conditions?.some((condition) => condition.type === 'Ready' && condition.status === 'True') === true;
  // Pod times are whole seconds.
  const startedMs = Math.floor(startedUnixMs / 1000) * 1000;
  const containers = pod.status?.containerStatuses ?? [];
  return ready && containers.every(({ state }) => Date.parse(state?.running?.startedAt ?? '') >= startedMs);
}

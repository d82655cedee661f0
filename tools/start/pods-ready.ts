import { defineResource, type KubeClient, type KubeObject } from '@civitas/kube';
import { StartRefused } from './start-refused.ts';

interface Pod extends KubeObject {
  readonly status?: {
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
  };
}

const pods = defineResource<Pod>({ group: '', version: 'v1', plural: 'pods', namespaced: true });

/**
 * Pods that are not ready, by name. Readiness is of this run: the kubelet takes it back from every pod before it starts one, and the
 * operator is ready only once it has looked at every network itself, so that conditions are of this run too.
 */
export async function fetchPodsNotReady(kube: KubeClient): Promise<readonly string[]> {
  const { items } = await kube.listAll(pods);
  const isReady = ({ status }: Pod): boolean =>
    status?.conditions?.some(({ type, status: holds }) => type === 'Ready' && holds === 'True') === true;
  return items.filter((pod) => !isReady(pod)).map(({ metadata }) => metadata.name);
}

const POLL_MS = 100;
const DEADLINE_MS = 120_000;

/** Waits for one pod. @throws StartRefused TIMED_OUT; what the signal says. */
export async function waitUntilReady(kube: KubeClient, pod: string, stop: AbortSignal): Promise<void> {
  const deadlineMs = performance.now() + DEADLINE_MS;
  while ((await fetchPodsNotReady(kube)).includes(pod)) {
    stop.throwIfAborted();
    if (performance.now() > deadlineMs) throw new StartRefused('TIMED_OUT', `pod ${pod} is not ready after ${DEADLINE_MS / 1000} s`);
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

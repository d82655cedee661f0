import type { Pod } from '@civitas/kube';
import type { KubectlContext } from '../context.ts';
import { SUPPORT_METRICS_BYTES_MAX, SUPPORT_METRICS_MS } from '../limits.ts';

const METRICS_PORT = 9464;

/** What a pod measures, through the API server, or where that hands nothing on, from the pod itself; undefined where neither answers. */
export async function collectMetrics(context: KubectlContext, { metadata, status }: Pod): Promise<string | undefined> {
  const cluster = await context.cluster();
  const signal = AbortSignal.any([context.signal, AbortSignal.timeout(SUPPORT_METRICS_MS)]);
  const path = `/api/v1/namespaces/${metadata.namespace}/pods/${metadata.name}:${METRICS_PORT}/proxy/metrics`;
  try {
    return (await cluster.getText(path, { signal })).slice(0, SUPPORT_METRICS_BYTES_MAX);
  } catch {
    if (status?.podIP === undefined) return undefined;
  }
  try {
    const answer = await fetch(`http://${status.podIP}:${METRICS_PORT}/metrics`, { signal });
    return answer.ok ? (await answer.text()).slice(0, SUPPORT_METRICS_BYTES_MAX) : undefined;
  } catch {
    return undefined;
  }
}

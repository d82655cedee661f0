import { SUPPORT_METRICS_BYTES_MAX, SUPPORT_METRICS_MS } from '../limits.ts';
import type { SupportedPod, SupportSource } from './support-source.ts';

const METRICS_PORT = 9464;

/** What a pod measures, through the API server, or where that hands nothing on, from the pod itself; undefined where neither answers. */
export async function collectMetrics(source: SupportSource, { metadata, status }: SupportedPod): Promise<string | undefined> {
  const signal = AbortSignal.any([source.signal, AbortSignal.timeout(SUPPORT_METRICS_MS)]);
  const path = `/api/v1/namespaces/${metadata.namespace}/pods/${metadata.name}:${METRICS_PORT}/proxy/metrics`;
  try {
    return (await source.getText(path, signal)).slice(0, SUPPORT_METRICS_BYTES_MAX);
  } catch {
    if (status?.podIP === undefined) return undefined;
  }
  try {
    const answer = await fetch(`http://${status.podIP}:${METRICS_PORT}/metrics`, { signal, redirect: 'error' });
    return answer.ok && answer.body !== null ? await beginningOf(answer.body) : undefined;
  } catch {
    return undefined;
  }
}

/** No more is read than is kept, whatever a pod sends. */
async function beginningOf(body: AsyncIterable<Uint8Array>): Promise<string> {
  const parts: Uint8Array[] = [];
  let byteCount = 0;
  for await (const part of body) {
    parts.push(part);
    byteCount += part.length;
    if (byteCount >= SUPPORT_METRICS_BYTES_MAX) break;
  }
  return Buffer.concat(parts).subarray(0, SUPPORT_METRICS_BYTES_MAX).toString('utf8');
}

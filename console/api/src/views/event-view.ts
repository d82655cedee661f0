import type { ObjectEvent } from '@civitas/console-contract';
import type { KubeEvent } from '@civitas/kube';

/** An Event of Kubernetes, of either of its two forms. */
export function eventOf(event: KubeEvent): ObjectEvent {
  const { type, reason, message, involvedObject, count, series, firstTimestamp, lastTimestamp, eventTime, metadata } = event;
  const first = firstTimestamp ?? eventTime ?? metadata.creationTimestamp;
  return {
    type: type ?? 'Normal',
    reason: reason ?? '',
    message: message ?? '',
    object: `${involvedObject.kind}/${involvedObject.name}`,
    count: series?.count ?? count ?? 1,
    firstAt: first,
    lastAt: series?.lastObservedTime ?? lastTimestamp ?? first,
  };
}

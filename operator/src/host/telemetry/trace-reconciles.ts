import type { Clock, MetricsSink } from '@civitas/kube';
import { aTrace, type Tracing } from '@civitas/telemetry';

/** Each run of a controller as a trace of its own: which controller, for which object, and how it ended. */
export function traceReconciles(tracing: Tracing, clock: Clock): NonNullable<MetricsSink['reconciled']> {
  return ({ controller, key, reconcileId, seconds, result }) => {
    const operation = aTrace();
    if (!tracing.samples(operation)) return;
    const endUnixMs = clock.nowUnixMs();
    const failure = result === 'error' ? { failure: 'reconcile failed' } : {};
    const attributes = { controller, object: key, run: reconcileId, result };
    tracing.record({ name: 'reconcile', operation, startUnixMs: endUnixMs - seconds * 1000, endUnixMs, attributes, ...failure });
  };
}

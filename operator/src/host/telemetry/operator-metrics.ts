import type { MetricsSink } from '@civitas/kube';
import { type Instruments, type MetricsRegistry, type operatorMetrics, runtimeMetrics } from '@civitas/telemetry';

export type OperatorMetrics = Instruments<typeof operatorMetrics>;

/** What the operator's events name as their source. */
const RECORDER = 'civitas-operator';

interface AnyInstrument {
  inc?(labels: Readonly<Record<string, string>>, by?: number): void;
  set?(labels: Readonly<Record<string, string>>, value: number): void;
  observe?(labels: Readonly<Record<string, string>>, value: number): void;
}

/** The runtime's measurements, kept in the registry by name; one it does not know is a bug that costs a metric, not the operator. */
export function metricsSinkOf(registry: MetricsRegistry): MetricsSink {
  const registered = registry.register(runtimeMetrics);
  const instruments = new Map<string, AnyInstrument>(Object.entries(registered));
  const { reflector_lists_total, reflector_watches_total, reflector_failures_total, reflector_missed_changes_total } = registered;
  const ofReflectors = [reflector_lists_total, reflector_watches_total, reflector_failures_total, reflector_missed_changes_total];
  for (const family of [registered.events_dropped_total, registered.events_failed_total]) family.begin({ component: RECORDER });
  return {
    count: (name, labels, delta) => {
      // The first list of a kind begins its failures too, so that a rate over them is right from the first one on.
      if (labels['resource'] !== undefined) for (const family of ofReflectors) family.begin({ resource: labels['resource'] });
      instruments.get(name)?.inc?.(labels, delta);
    },
    gauge: (name, labels, value) => instruments.get(name)?.set?.(labels, value),
    observe: (name, labels, value) => instruments.get(name)?.observe?.(labels, value),
  };
}

import type { MetricsSink } from '@civitas/kube';
import { type Instruments, type MetricsRegistry, type operatorMetrics, runtimeMetrics } from '@civitas/telemetry';

export type OperatorMetrics = Instruments<typeof operatorMetrics>;

interface AnyInstrument {
  inc?(labels: Readonly<Record<string, string>>, by?: number): void;
  set?(labels: Readonly<Record<string, string>>, value: number): void;
  observe?(labels: Readonly<Record<string, string>>, value: number): void;
}

/** The runtime's measurements, kept in the registry by name; one it does not know is a bug that costs a metric, not the operator. */
export function metricsSinkOf(registry: MetricsRegistry): MetricsSink {
  const instruments = new Map<string, AnyInstrument>(Object.entries(registry.register(runtimeMetrics)));
  return {
    count: (name, labels, delta) => instruments.get(name)?.inc?.(labels, delta),
    gauge: (name, labels, value) => instruments.get(name)?.set?.(labels, value),
    observe: (name, labels, value) => instruments.get(name)?.observe?.(labels, value),
  };
}

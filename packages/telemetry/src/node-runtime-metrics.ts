import { catalogueOf, type MetricDefinition } from './metric.ts';

const of = <Name extends MetricDefinition['name']>(name: Name, unit: MetricDefinition['unit'], help: string) =>
  ({ name, type: name.endsWith('_total') ? 'counter' : 'gauge', unit, help, labels: {} }) as const;

/** What the process counts of its own event loop. */
export const eventLoopMetrics = catalogueOf({
  eventLoopLag: {
    name: 'civitas_event_loop_lag_seconds',
    type: 'histogram',
    unit: 'seconds',
    help: 'Time that what comes at any moment waits until the event loop takes it up.',
    labels: {},
    buckets: [0.002, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 1],
  },
});

/** What every process says of its runtime: ours, and of prom-client's the families that panels and alerts may use. */
export const nodeRuntimeMetrics = catalogueOf({
  cpuSeconds: of('process_cpu_seconds_total', 'seconds', 'Processor time of the process.'),
  residentBytes: of('process_resident_memory_bytes', 'bytes', 'Resident memory of the process.'),
  openFiles: of('process_open_fds', 'none', 'Open file descriptors.'),
  maxFiles: of('process_max_fds', 'none', 'File descriptors the process may open.'),
  startTime: of('process_start_time_seconds', 'unix_seconds', 'When the process started.'),
  heapUsed: of('nodejs_heap_size_used_bytes', 'bytes', 'Used heap of the runtime.'),
  ...eventLoopMetrics,
});

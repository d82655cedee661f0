import { catalogueOf, type MetricDefinition } from './metric.ts';

const of = <Name extends MetricDefinition['name']>(name: Name, unit: MetricDefinition['unit'], help: string) =>
  ({ name, type: name.endsWith('_total') ? 'counter' : 'gauge', unit, help, labels: {} }) as const;

/** What prom-client says of every process; the families that panels and alerts may use. */
export const nodeRuntimeMetrics = catalogueOf({
  cpuSeconds: of('process_cpu_seconds_total', 'seconds', 'Processor time of the process.'),
  residentBytes: of('process_resident_memory_bytes', 'bytes', 'Resident memory of the process.'),
  openFiles: of('process_open_fds', 'none', 'Open file descriptors.'),
  maxFiles: of('process_max_fds', 'none', 'File descriptors the process may open.'),
  startTime: of('process_start_time_seconds', 'unix_seconds', 'When the process started.'),
  heapUsed: of('nodejs_heap_size_used_bytes', 'bytes', 'Used heap of the runtime.'),
  eventLoopLag: of('nodejs_eventloop_lag_p99_seconds', 'seconds', 'Event loop delay, 99 % of samples.'),
});

export { localClusterMetrics } from './local-cluster-metrics.ts';
export { errorFields, type LogFields, type Logger, type LogLevel, openLogger, REDACTED_FIELDS } from './logger.ts';
export { catalogueOf, type MetricDefinition, type MetricUnit } from './metric.ts';
export { type MetricsServer, type MetricsServerOptions, serveMetrics } from './metrics-server.ts';
export { nodeMetrics } from './node-metrics.ts';
export { processMetrics } from './process-metrics.ts';
export { type Instruments, type MetricsRegistry, openMetricsRegistry } from './registry.ts';
export { relayMetrics } from './relay-metrics.ts';

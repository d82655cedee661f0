export {
  type Alert,
  expressionOf,
  type Pace,
  PRODUCTION,
  type Rule,
  type RuleGroup,
  ruleOf,
  type Severity,
} from './alerts/alert.ts';
export { ALERTS, ruleGroups, SLOS } from './alerts/alert-rules.ts';
export { BURN, type Slo, sloGroups } from './alerts/slo.ts';
export { CATALOGUE, type CatalogueSection, LABEL_VALUES_MAX, PROMETHEUS_FAMILIES, SCRAPE_LABELS } from './catalogue.ts';
export { consoleMetrics } from './console-metrics.ts';
export { CORRELATION_FIELDS, ERROR_FIELDS, type EventDefinition } from './events/event.ts';
export { allEvents, type EventName, eventCatalogues } from './events/index.ts';
export { changeLogLevel, followLevelSignal } from './level-signal.ts';
export { localClusterMetrics } from './local-cluster-metrics.ts';
export { LOG_LEVELS, type LogLevel } from './log-level.ts';
export { errorFields, type LogFields, type Logger, openLogger, type SentenceLog, sentenceLogOf } from './logger.ts';
export { catalogueOf, type MetricDefinition, type MetricUnit } from './metric.ts';
export { type MetricsServer, type MetricsServerOptions, serveMetrics } from './metrics-server.ts';
export { nodeMetrics } from './node-metrics.ts';
export { AGENCY_CONDITIONS, LINK_CONDITIONS, NETWORK_CONDITIONS, operatorMetrics } from './operator-metrics.ts';
export { probeMetrics } from './probe-metrics.ts';
export { processMetrics } from './process-metrics.ts';
export { REDACTED_FIELDS, redacted, redactText } from './redact.ts';
export { type Instruments, type MetricsRegistry, openMetricsRegistry } from './registry.ts';
export { relayMetrics } from './relay-metrics.ts';
export { CONTROLLERS, runtimeMetrics } from './runtime-metrics.ts';
export { countSpans } from './tracing/count-spans.ts';
export { openTracing } from './tracing/open-tracing.ts';
export {
  aTrace,
  NO_TRACING,
  rootSpanIdOf,
  type SpanRecord,
  type Tracing,
  type TracingSettings,
  traceIdOf,
} from './tracing/tracing.ts';
export { tracingOfEnvironment } from './tracing/tracing-environment.ts';

import { type TracingSettings, tracingOfEnvironment } from '@civitas/telemetry/tracing';

/** What the operator is told by its environment. */
export interface OperatorConfig {
  /** Unique per process, for the Lease. */
  readonly identity: string;
  readonly address: string;
  readonly metricsPort: number;
  /** What absolute paths of the pod are resolved against; '' on a real cluster. */
  readonly root: string;
  readonly logLevel: 'trace' | 'debug' | 'info' | 'warn' | 'error';
  /** Where spans of its work go. */
  readonly tracing?: Pick<TracingSettings, 'endpoint' | 'samplePerMille'>;
}

const LEVELS = ['trace', 'debug', 'info', 'warn', 'error'] as const;

/** Reads POD_NAME, POD_UID, POD_IP, METRICS_PORT, CIVITAS_ROOT, LOG_LEVEL and CIVITAS_TRACING_*. @throws RangeError for a value that is none. */
export function readOperatorConfig(environment: Readonly<Record<string, string | undefined>>): OperatorConfig {
  const metricsPort = Number(environment['METRICS_PORT'] ?? 9464);
  if (!Number.isInteger(metricsPort) || metricsPort < 0 || metricsPort > 65_535)
    throw new RangeError(`METRICS_PORT: 0 … 65535, got ${environment['METRICS_PORT']}`);
  const asked = environment['LOG_LEVEL'] ?? 'info';
  const logLevel = LEVELS.find((level) => level === asked);
  if (logLevel === undefined) throw new RangeError(`LOG_LEVEL: one of ${LEVELS.join(', ')}, got ${asked}`);
  const tracing = tracingOfEnvironment(environment);
  return {
    identity: `${environment['POD_NAME'] ?? 'civitas-operator'}_${environment['POD_UID'] ?? process.pid}`,
    address: environment['POD_IP'] ?? '127.0.0.1',
    metricsPort,
    root: environment['CIVITAS_ROOT'] ?? '',
    logLevel,
    ...(tracing === undefined ? {} : { tracing }),
  };
}

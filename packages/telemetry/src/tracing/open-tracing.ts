import { errorFields, type Logger } from '../logger.ts';
import { NO_TRACING, type SpanResult, type Tracing } from './tracing.ts';

export interface TracingSettings {
  /** Where a collector takes OTLP over HTTP, such as `http://collector:4318/v1/traces`. */
  readonly endpoint: string;
  /** Of a thousand operations, how many are traced: 0 … 1000, the same on every node of a network. */
  readonly samplePerMille: number;
  readonly service: string;
  /** On every span of the process: network, node, version. */
  readonly attributes: Readonly<Record<string, string>>;
}

/**
 * Spans of this process. The exporter is loaded only where a collector is configured, and beside everything else: until it is there
 * nothing is sampled.
 */
export function openTracing(settings: TracingSettings | undefined, log: Logger): Tracing {
  if (settings === undefined) return NO_TRACING;
  let tracing = NO_TRACING;
  const { endpoint, samplePerMille } = settings;
  const loaded = import('./otlp-tracing.ts').then(
    ({ otlpTracing }) => {
      tracing = otlpTracing(settings);
      log.info('tracing-started', { endpoint: new URL(endpoint).host, samplePerMille });
    },
    (error: unknown) => log.error('tracing-failed', errorFields(error)),
  );
  return {
    samples: (operation) => tracing.samples(operation),
    record: (span) => tracing.record(span),
    counts: (): Readonly<Record<SpanResult, number>> => tracing.counts(),
    close: async () => {
      await loaded;
      await tracing.close();
    },
  };
}

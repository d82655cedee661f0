import { errorFields, type Logger } from '../logger.ts';
import { NO_TRACING, type SpanResult, type Tracing, type TracingSettings } from './tracing.ts';

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

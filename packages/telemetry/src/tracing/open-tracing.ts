import { errorFields, type Logger } from '../logger.ts';
import { startedTracing } from './start-tracing.ts';
import { NO_TRACING, type Tracing, type TracingSettings } from './tracing.ts';

/** Spans of this process: what its preload has started (`startTracing`), or none where none are asked for. */
export function openTracing(asked: Pick<TracingSettings, 'endpoint' | 'samplePerMille'> | undefined, log: Logger): Tracing {
  if (asked === undefined) return NO_TRACING;
  const { endpoint, samplePerMille } = asked;
  const started = startedTracing() ?? { failure: new Error('the program was started without its preload (node --import)') };
  if ('failure' in started) {
    log.error('tracing-failed', errorFields(started.failure));
    return NO_TRACING;
  }
  log.info('tracing-started', { endpoint: new URL(endpoint).host, samplePerMille });
  return started.tracing;
}

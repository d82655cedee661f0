import type { Log } from '@civitas/kube';
import { errorFields, type Logger } from '@civitas/telemetry';

/** The runtime's log on ours: its sentence becomes the event's `message`, errors are spelled out. */
export function kubeLogOf(logger: Logger): Log {
  const fieldsOf = (facts: object, message: string): Readonly<Record<string, unknown>> => {
    const { error, ...rest } = { error: undefined, ...facts };
    return { message, ...rest, ...(error === undefined ? {} : errorFields(error)) };
  };
  return {
    debug: (facts, message) => logger.debug('operator', fieldsOf(facts, message)),
    info: (facts, message) => logger.info('operator', fieldsOf(facts, message)),
    warn: (facts, message) => logger.warn('operator', fieldsOf(facts, message)),
    error: (facts, message) => logger.error('operator', fieldsOf(facts, message)),
  };
}

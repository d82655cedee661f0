import { type EventName, errorFields, type Logger } from '@civitas/telemetry';

/** Time between SIGTERM and the exit, at most, ms. */
export const STOP_MS_MAX = 3000;

export interface Stoppable {
  /** Drains and closes; called once. */
  stop(): Promise<void>;
}

/** Ends the process on SIGTERM and SIGINT in order, and on a fault or bug at once with exit code 1: the supervisor starts it again. */
export function runUntilStopped(log: Logger, running: Stoppable): void {
  let isStopping = false;
  const fail = (event: EventName) => (error: unknown) => {
    log.fatal(event, errorFields(error));
    process.exit(1);
  };
  process.on('uncaughtException', fail('uncaught-exception'));
  process.on('unhandledRejection', fail('unhandled-rejection'));
  const stop = (signal: string): void => {
    if (isStopping) return;
    isStopping = true;
    log.info('stopping', { signal });
    const deadline = setTimeout(() => {
      log.warn('stop-took-too-long', { stopMsMax: STOP_MS_MAX });
      process.exit(0);
    }, STOP_MS_MAX);
    deadline.unref();
    running.stop().then(() => {
      log.info('stopped');
      process.exit(0);
    }, fail('stop-failed'));
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
}

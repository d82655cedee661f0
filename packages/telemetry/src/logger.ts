import pino from 'pino';
import { LOG_TEXT_CHARS_MAX } from './limits.ts';

export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error';
export type LogFields = Readonly<Record<string, unknown>>;

/** Structured log: an event name (`block-committed`), then fields; no sentences, no personal data. */
export interface Logger {
  debug(event: string, fields?: LogFields): void;
  info(event: string, fields?: LogFields): void;
  warn(event: string, fields?: LogFields): void;
  error(event: string, fields?: LogFields): void;
  fatal(event: string, fields?: LogFields): void;
  child(fields: LogFields): Logger;
  setLevel(level: LogLevel): void;
}

/** Fields that may hold a person's data or a secret, wherever they stand down to the second level. */
export const REDACTED_FIELDS: readonly string[] = [
  'args',
  'value',
  'salt',
  'identifier',
  'identityNumber',
  'name',
  'birthDate',
  'address',
  'phone',
  'document',
  'plaintext',
  'privateKey',
  'token',
  'body',
];

const REDACTED_PATHS = REDACTED_FIELDS.flatMap((field) => [field, `*.${field}`, `*.*.${field}`]);

/** An error as log fields: its code and message, its causes, and where it was thrown (logs stay on the machine, unlike answers). */
export function errorFields(error: unknown): LogFields {
  if (!(error instanceof Error)) return { error: String(error).slice(0, LOG_TEXT_CHARS_MAX) };
  const cause = error.cause === undefined ? {} : { cause: errorFields(error.cause) };
  return { error: error.message.slice(0, LOG_TEXT_CHARS_MAX), stack: error.stack?.slice(0, LOG_TEXT_CHARS_MAX), ...cause };
}

function wrap(logger: pino.Logger): Logger {
  return {
    debug: (event, fields = {}) => logger.debug({ ...fields, event }),
    info: (event, fields = {}) => logger.info({ ...fields, event }),
    warn: (event, fields = {}) => logger.warn({ ...fields, event }),
    error: (event, fields = {}) => logger.error({ ...fields, event }),
    fatal: (event, fields = {}) => logger.fatal({ ...fields, event }),
    child: (fields) => wrap(logger.child({ ...fields })),
    setLevel: (level) => {
      logger.level = level;
    },
  };
}

/**
 * JSON lines on stdout, written synchronously so that the last line before a crash is there.
 *
 * @param base fields of every line, such as component, network and node.
 * @param write takes each line instead of stdout; for tests.
 */
export function openLogger(base: LogFields, level: LogLevel = 'info', write?: (line: string) => void): Logger {
  const destination = write === undefined ? pino.destination({ dest: 1, sync: true }) : { write };
  const options: pino.LoggerOptions = {
    level,
    base: { ...base },
    timestamp: () => `,"time":"${new Date().toISOString()}"`,
    formatters: { level: (label) => ({ level: label }) },
    redact: { paths: REDACTED_PATHS, censor: '[redacted]' },
  };
  return wrap(pino(options, destination));
}

import pino from 'pino';
import { type EventName, eventOfSentence } from './events/index.ts';
import { LOG_TEXT_CHARS_MAX } from './limits.ts';
import type { LogLevel } from './log-level.ts';
import { redacted } from './redact.ts';

export type LogFields = Readonly<Record<string, unknown>>;

/** Structured log: an event of the vocabulary (`packages/telemetry/src/events`), then fields; no sentences, no personal data. */
export interface Logger {
  debug(event: EventName, fields?: LogFields): void;
  info(event: EventName, fields?: LogFields): void;
  warn(event: EventName, fields?: LogFields): void;
  error(event: EventName, fields?: LogFields): void;
  fatal(event: EventName, fields?: LogFields): void;
  /** A log that puts these fields on each line; its level is this one's, whenever that changes. */
  child(fields: LogFields): Logger;
  level(): LogLevel;
  setLevel(level: LogLevel): void;
}

/** Log of the Kubernetes runtime: facts, then a sentence. */
export interface SentenceLog {
  debug(facts: object, message: string): void;
  info(facts: object, message: string): void;
  warn(facts: object, message: string): void;
  error(facts: object, message: string): void;
}

/** An error as log fields: its code and message, its causes, and where it was thrown (logs stay on the machine, unlike answers). */
export function errorFields(error: unknown): LogFields {
  if (!(error instanceof Error)) return { error: String(error).slice(0, LOG_TEXT_CHARS_MAX) };
  const cause = error.cause === undefined ? {} : { cause: errorFields(error.cause) };
  return { error: error.message.slice(0, LOG_TEXT_CHARS_MAX), stack: error.stack?.slice(0, LOG_TEXT_CHARS_MAX), ...cause };
}

interface Shared {
  level: LogLevel;
}

const RANKS = { ...pino.levels.values } as Readonly<Record<LogLevel | 'fatal', number>>;

function wrap(logger: pino.Logger, shared: Shared): Logger {
  const write =
    (level: Exclude<LogLevel, 'trace'> | 'fatal') =>
    (event: EventName, fields: LogFields = {}): void => {
      if (RANKS[level] < RANKS[shared.level]) return;
      logger[level]({ ...(redacted(fields) as LogFields), event });
    };
  return {
    debug: write('debug'),
    info: write('info'),
    warn: write('warn'),
    error: write('error'),
    fatal: write('fatal'),
    child: (fields) => wrap(logger.child(redacted(fields) as pino.Bindings), shared),
    level: () => shared.level,
    setLevel: (level) => {
      shared.level = level;
    },
  };
}

/**
 * JSON lines on stdout, written synchronously so that the last line before a crash is there.
 *
 * @param base fields of every line, such as component, network and node.
 * @param write takes each line instead of stdout.
 */
export function openLogger(base: LogFields, level: LogLevel = 'info', write?: (line: string) => void): Logger {
  const destination = write === undefined ? pino.destination({ dest: 1, sync: true }) : { write };
  const options: pino.LoggerOptions = {
    level: 'trace',
    base: { ...base },
    timestamp: () => `,"time":"${new Date().toISOString()}"`,
    formatters: { level: (label) => ({ level: label }) },
  };
  return wrap(pino(options, destination), { level });
}

/** The Kubernetes runtime's log on ours: a known sentence is its event, another becomes the `message` of `runtime-report`. */
export function sentenceLogOf(logger: Logger): SentenceLog {
  const write =
    (level: 'debug' | 'info' | 'warn' | 'error') =>
    (facts: object, message: string): void => {
      const { error, ...rest } = { error: undefined, ...facts };
      logger[level](eventOfSentence(message), { message, ...rest, ...(error === undefined ? {} : errorFields(error)) });
    };
  return { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') };
}

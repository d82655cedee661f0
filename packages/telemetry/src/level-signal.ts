import { TALKATIVE_MS } from './limits.ts';
import type { LogLevel } from './log-level.ts';
import type { Logger } from './logger.ts';

/** What the switch needs of its process; for tests another. */
export interface LevelSignalPorts {
  readonly onSignal: (signal: 'SIGUSR2', listener: () => void) => void;
  /** Runs it once after so long and does not keep the process alive. @returns cancels it. */
  readonly after: (ms: number, run: () => void) => () => void;
  readonly nowUnixMs: () => number;
}

const processPorts: LevelSignalPorts = {
  onSignal: (signal, listener) => void process.on(signal, listener),
  after: (ms, run) => {
    const timer = setTimeout(run, ms);
    timer.unref();
    return () => clearTimeout(timer);
  },
  nowUnixMs: Date.now,
};

/** Sets the level and says so in the log itself, at whichever level that is. */
export function changeLogLevel(log: Logger, to: LogLevel, by: string): void {
  const from = log.level();
  if (from === to) return;
  log.setLevel(to);
  log.warn('log-level-changed', { from, to, by });
}

/** SIGUSR2 makes the log write `debug` for TALKATIVE_MS; sent again before, it goes back at once. Each change is itself logged. */
export function followLevelSignal(log: Logger, { onSignal, after, nowUnixMs }: LevelSignalPorts = processPorts): void {
  let talkative: { readonly before: LogLevel; readonly cancel: () => void } | undefined;
  const back = (by: string): void => {
    if (talkative === undefined) return;
    const { before, cancel } = talkative;
    talkative = undefined;
    cancel();
    // Whoever set another level meanwhile meant that one.
    if (log.level() !== 'debug') return;
    changeLogLevel(log, before, by);
  };
  onSignal('SIGUSR2', () => {
    if (talkative !== undefined) return back('SIGUSR2');
    const before = log.level();
    talkative = { before, cancel: after(TALKATIVE_MS, () => back('time')) };
    log.setLevel('debug');
    log.warn('log-level-changed', { from: before, to: 'debug', by: 'SIGUSR2', untilUnixMs: nowUnixMs() + TALKATIVE_MS });
  });
}

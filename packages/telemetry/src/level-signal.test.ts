import { expect, test } from '@jest/globals';
import { changeLogLevel, followLevelSignal, openLogger } from './index.ts';

function rig(level: 'info' | 'warn') {
  const lines: string[] = [];
  const log = openLogger({}, level, (line) => lines.push(line));
  let signal = (): void => undefined;
  let time: (() => void) | undefined;
  followLevelSignal(log, {
    onSignal: (_, listener) => {
      signal = listener;
    },
    after: (_, run) => {
      time = run;
      return () => {
        time = undefined;
      };
    },
    nowUnixMs: () => 1_000,
  });
  const events = () => lines.map((line) => JSON.parse(line) as { event: string; from?: string; to?: string; by?: string });
  return { log, events, signal: () => signal(), timePasses: () => time?.() };
}

test('SIGUSR2 makes a log talkative until its time is over', () => {
  const { log, events, signal, timePasses } = rig('info');
  signal();
  log.debug('relayed');
  timePasses();
  log.debug('relayed');
  timePasses();

  expect(events()).toMatchObject([
    { event: 'log-level-changed', from: 'info', to: 'debug', by: 'SIGUSR2' },
    { event: 'relayed' },
    { event: 'log-level-changed', from: 'debug', to: 'info', by: 'time' },
  ]);
});

test('a second SIGUSR2 ends it at once', () => {
  const { log, signal, timePasses } = rig('warn');
  signal();
  signal();
  expect(log.level()).toBe('warn');
  timePasses();
  expect(log.level()).toBe('warn');
});

test('a level that somebody set meanwhile stays', () => {
  const { log, signal, timePasses } = rig('info');
  signal();
  changeLogLevel(log, 'error', 'AdminService');
  timePasses();
  expect(log.level()).toBe('error');
});

import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import type { MonitoringPrograms } from './monitoring-programs.ts';

const FILE_MODE = 0o600;
/** A process that has not ended by then is killed, ms. */
const STOP_MS = 10_000;

export interface MonitoringOptions {
  /** Folder for data, logs and Alertmanager's configuration. */
  readonly folder: string;
  /** Loopback address of both. */
  readonly address: string;
  readonly prometheusPort: number;
  readonly alertmanagerPort: number;
  /** The file that Prometheus scrapes by. */
  readonly configPath: string;
}

/** A Prometheus and an Alertmanager of our own, as child processes. */
export interface Monitoring {
  readonly prometheusUrl: string;
  readonly alertmanagerUrl: string;
  /** Names of those that have ended by themselves. */
  ended(): readonly string[];
  stop(): Promise<void>;
}

/** Keeps every alert and tells nobody: people look at its page. */
const SILENT_RECEIVER = {
  route: { receiver: 'page', group_by: ['...'], group_wait: '1s', group_interval: '1s', repeat_interval: '12h' },
  receivers: [{ name: 'page' }],
};

/** Starts both; their logs stand beside their data. */
export function startMonitoring(programs: MonitoringPrograms, options: MonitoringOptions): Monitoring {
  const { folder, address, prometheusPort, alertmanagerPort, configPath } = options;
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const routing = join(folder, 'alertmanager.yml');
  writeFileSync(routing, stringify(SILENT_RECEIVER), { mode: FILE_MODE });
  const children = [
    child(folder, 'alertmanager', programs.alertmanager, [
      `--config.file=${routing}`,
      `--storage.path=${join(folder, 'alertmanager')}`,
      `--web.listen-address=${address}:${alertmanagerPort}`,
      // Alone: it looks for no others.
      '--cluster.listen-address=',
    ]),
    child(folder, 'prometheus', programs.prometheus, [
      `--config.file=${configPath}`,
      `--storage.tsdb.path=${join(folder, 'prometheus')}`,
      '--storage.tsdb.retention.size=1GB',
      `--web.listen-address=${address}:${prometheusPort}`,
      '--web.enable-lifecycle',
    ]),
  ];
  return {
    prometheusUrl: `http://${address}:${prometheusPort}`,
    alertmanagerUrl: `http://${address}:${alertmanagerPort}`,
    ended: () => children.filter(({ process }) => hasEnded(process)).map(({ name }) => name),
    stop: async () => {
      await Promise.all(children.map(({ process }) => end(process)));
    },
  };
}

function child(folder: string, name: string, program: string, args: readonly string[]): { name: string; process: ChildProcess } {
  const log = openSync(join(folder, `${name}.log`), 'a', FILE_MODE);
  try {
    const process = spawn(program, args, { stdio: ['ignore', log, log] });
    // A program that cannot be run has ended; its log or `ended` says so.
    process.on('error', () => undefined);
    return { name, process };
  } finally {
    closeSync(log);
  }
}

const hasEnded = ({ pid, exitCode, signalCode }: ChildProcess): boolean => pid === undefined || exitCode !== null || signalCode !== null;

function end(process: ChildProcess): Promise<void> {
  if (hasEnded(process)) return Promise.resolve();
  return new Promise((resolve) => {
    const impatience = setTimeout(() => process.kill('SIGKILL'), STOP_MS);
    process.once('exit', () => {
      clearTimeout(impatience);
      resolve();
    });
    process.kill('SIGTERM');
  });
}

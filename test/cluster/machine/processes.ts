import { execFile, execFileSync, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import { processStatOf } from '@civitas/localcluster/process-stat';
import { POLL_MS, STOP_MS_MAX } from './limits.ts';

const execute = promisify(execFile);
const OUTPUT_BYTES_MAX = 64 * 1024 * 1024;
const LOG_TAIL_CHARACTERS = 2000;

export interface CommandOptions {
  /** Network namespace to run in; without it the machine's own. */
  readonly namespace?: string;
  readonly input?: string;
  readonly environment?: Readonly<Record<string, string>>;
  readonly folder?: string;
  readonly timeoutMs?: number;
}

/** Not `ip netns exec`: that mounts another /sys, which hides the cgroups. */
function placed(namespace: string | undefined, command: readonly string[]): readonly [string, readonly string[]] {
  const [program = '', ...args] = command;
  return namespace === undefined ? [program, args] : ['nsenter', [`--net=/run/netns/${namespace}`, '--', program, ...args]];
}

/** Runs a program to its end and returns what it printed. @throws Error with what it said, for any exit code but 0. */
export async function runCommand(command: readonly string[], options: CommandOptions = {}): Promise<string> {
  const [program, args] = placed(options.namespace, command);
  const pending = execute(program, [...args], {
    maxBuffer: OUTPUT_BYTES_MAX,
    env: { ...process.env, ...options.environment },
    ...(options.folder === undefined ? {} : { cwd: options.folder }),
    ...(options.timeoutMs === undefined ? {} : { timeout: options.timeoutMs }),
  });
  if (options.input !== undefined) pending.child.stdin?.end(options.input);
  try {
    return (await pending).stdout;
  } catch (error) {
    const { stderr = '', stdout = '' } = error as { stderr?: string; stdout?: string };
    throw new Error(
      `${command.join(' ').slice(0, LOG_TAIL_CHARACTERS)}\n${stdout.slice(-LOG_TAIL_CHARACTERS)}${stderr.slice(-LOG_TAIL_CHARACTERS)}`,
      { cause: error },
    );
  }
}

/** Like runCommand, in one go: for the short steps of a network's set-up. */
export function runNow(command: readonly string[], options: Pick<CommandOptions, 'namespace'> = {}): string {
  const [program, args] = placed(options.namespace, command);
  return execFileSync(program, [...args], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

/** A process by its pid and when it started: a pid alone is given to another one day. */
export interface ProcessRecord {
  readonly name: string;
  readonly pid: number;
  readonly startTicks: string;
}

/** A program that runs until it is stopped, and its log. */
export interface Daemon {
  readonly record: ProcessRecord;
  readonly logPath: string;
}

/** Starts a program in a network namespace; it does not end with its parent. */
export function startDaemon(name: string, command: readonly string[], options: { folder: string; namespace: string }): Daemon {
  const logPath = join(options.folder, `${name}.log`);
  const log = openSync(logPath, 'a');
  const [program, args] = placed(options.namespace, command);
  const child = spawn(program, [...args], { stdio: ['ignore', log, log], detached: true });
  closeSync(log);
  if (child.pid === undefined) throw new Error(`${program} cannot be started`);
  return { record: recordOf(name, child.pid), logPath };
}

export function recordOf(name: string, pid: number): ProcessRecord {
  return { name, pid, startTicks: processStatOf(pid)?.startTicks ?? '' };
}

export function isRunning({ pid, startTicks }: ProcessRecord): boolean {
  return processStatOf(pid)?.startTicks === startTicks;
}

/** SIGTERM, and SIGKILL when it does not end. */
export async function stopProcess(record: ProcessRecord): Promise<void> {
  const killAt = performance.now() + STOP_MS_MAX;
  let signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM';
  if (isRunning(record)) process.kill(record.pid, signal);
  while (isRunning(record)) {
    await pause(POLL_MS);
    if (signal === 'SIGTERM' && performance.now() > killAt && isRunning(record)) {
      signal = 'SIGKILL';
      process.kill(record.pid, signal);
    }
  }
}

export function endOfLog({ logPath }: Daemon): string {
  return readFileSync(logPath, 'utf8').slice(-LOG_TAIL_CHARACTERS);
}

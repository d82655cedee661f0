/** One run of one container: a process group of its own, its output in lines, its end. */

import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import { outputDrainMs } from './limits.ts';
import { type ProcessRegistry, signalGroup } from './process-registry.ts';

export interface LaunchPlan {
  /** File the container may leave its last words in. */
  readonly messagePath?: string;
  readonly argv: readonly string[];
  readonly variables: Readonly<Record<string, string>>;
  readonly workingFolder: string;
  /** `namespace/pod/container`. */
  readonly owner: string;
}

export interface ContainerProcess {
  readonly pid: number;
  readonly exited: Promise<ProcessEnd>;
  signal(name: NodeJS.Signals): void;
}

export interface ProcessEnd {
  /** 128 + number for a process ended by a signal, as shells count. */
  readonly exitCode: number;
  readonly signal?: number;
}

/**
 * The program waits here until its pid stands on disk. When the kubelet dies before that, read fails and it ends. A program
 * that cannot be run ends with 126 or 127 and the shell's message in its log.
 */
const gate = 'read -r go || exit 125; exec "$@" </dev/null';

/**
 * Starts a process.
 *
 * @param onOutput Bytes as they come, not split at line ends.
 * @throws Error when the machine refuses another process.
 */
export function launch(
  plan: LaunchPlan,
  registry: ProcessRegistry,
  onOutput: (stream: 'stdout' | 'stderr', bytes: Buffer) => void,
): ContainerProcess {
  const child = spawn('/bin/sh', ['-c', gate, plan.argv[0] ?? 'sh', ...plan.argv], {
    cwd: plan.workingFolder,
    env: plan.variables,
    detached: true,
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const { pid } = child;
  if (pid === undefined) {
    child.once('error', () => {});
    throw new Error(`no process could be started for ${plan.owner}`);
  }
  child.stdout.on('data', (bytes: Buffer) => onOutput('stdout', bytes));
  child.stderr.on('data', (bytes: Buffer) => onOutput('stderr', bytes));
  const forget = registry.record(pid, plan.owner);
  child.stdin.on('error', () => {});
  child.stdin.end('\n');

  const drained = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const exited = new Promise<ProcessEnd>((resolve) => {
    child.once('exit', (code, signalName) => {
      // Like a container, a pod's process takes what it started along.
      signalGroup(pid, 'SIGKILL');
      const signal = signalName === null ? undefined : constants.signals[signalName];
      const end = signal === undefined ? { exitCode: code ?? 0 } : { exitCode: 128 + signal, signal };
      const abandoned = new AbortController();
      const timeout = pause(outputDrainMs, undefined, { signal: abandoned.signal }).catch(() => {});
      void Promise.race([drained, timeout]).then(() => {
        abandoned.abort();
        child.stdout.destroy();
        child.stderr.destroy();
        forget();
        resolve(end);
      });
    });
  });
  return {
    pid,
    exited,
    signal: (name) => signalGroup(pid, name),
  };
}

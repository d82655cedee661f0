import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';

/** A server of the cluster as a process, its output in a file. */
export interface ServerProcess {
  readonly pid: number;
  /** Ends it at once, as a power cut would; what it had acknowledged is in its files. */
  kill(): Promise<void>;
}

const LOG_TAIL_LINES = 12;
const running = new Set<ChildProcess>();
// A test run that is ended leaves nothing behind.
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** @throws Error once the process has ended by itself, with the end of its log; see `diedEarly`. */
export interface StartedProcess extends ServerProcess {
  /** The end of its log once it has ended; undefined while it runs. */
  diedEarly(): string | undefined;
}

export function startProcess(program: string, args: readonly string[], logPath: string): StartedProcess {
  const log = openSync(logPath, 'a');
  const child = spawn(program, args, { stdio: ['ignore', log, log] });
  closeSync(log);
  running.add(child);
  const ended = once(child, 'exit').then(() => running.delete(child));
  ended.catch(() => running.delete(child));
  return {
    pid: child.pid ?? 0,
    diedEarly: () =>
      child.exitCode === null && child.signalCode === null
        ? undefined
        : readFileSync(logPath, 'utf8').split('\n').slice(-LOG_TAIL_LINES).join('\n'),
    async kill() {
      child.kill('SIGKILL');
      await ended;
    },
  };
}

import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { waitFor } from '@civitas/testkit';

export const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** A city started with `npm start`, as a person starts it. */
export interface RunningCity {
  readonly home: string;
  readonly output: () => string;
  /** Ctrl-C; resolves once everything that wrote to this terminal is gone. The code is npm's own (null: it ended by the signal). */
  stop(): Promise<number | null>;
  readonly exited: Promise<number | null>;
  readonly process: ChildProcess;
}

/** Starts a city in a home of its own and waits for `ready.json`. */
export async function startCity(
  home: string,
  options: { arguments?: readonly string[]; readyWithinMs?: number; command?: readonly [string, ...string[]] } = {},
): Promise<RunningCity> {
  const city = spawnCity(home, options.arguments ?? [], options.command);
  let ended = false;
  void city.exited.then(() => {
    ended = true;
  });
  await waitFor(`ready.json in ${home}`, () => ended || existsSync(join(home, 'ready.json')), options.readyWithinMs ?? 90_000).catch(
    async (error: unknown) => {
      await city.stop();
      throw new Error(`${error instanceof Error ? error.message : String(error)}\n${city.output()}`);
    },
  );
  if (ended) throw new Error(`npm start ended before it was ready:\n${city.output()}`);
  return city;
}

const NPM_START = ['npm', 'start', '--silent', '--'] as const;

/** Spawns `npm start`, or what stands in for it, in a process group of its own, so that Ctrl-C can be sent as a terminal sends it. */
export function spawnCity(
  home: string,
  args: readonly string[],
  [program, ...first]: readonly [string, ...string[]] = NPM_START,
): RunningCity {
  const child = spawn(program, [...first, ...args], {
    cwd: ROOT,
    env: { ...process.env, CIVITAS_HOME: home },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  let text = '';
  child.stdout.on('data', (chunk: Buffer) => {
    text += chunk.toString();
  });
  child.stderr.on('data', (chunk: Buffer) => {
    text += chunk.toString();
  });
  const exited = new Promise<number | null>((resolve) => child.on('close', (code) => resolve(code)));
  return {
    home,
    process: child,
    exited,
    output: () => text,
    stop() {
      if (child.pid !== undefined && child.exitCode === null && child.signalCode === null) process.kill(-child.pid, 'SIGINT');
      return exited;
    },
  };
}

/** The file that says the city is up. */
export function readReady(home: string): {
  pid: number;
  kubeconfig: string;
  console: string;
  networks: { name: string; chainId: string; genesisHash: string; height: number; root: string; grpc: string; metrics: string }[];
  links: { name: string; lastSequence: number; inFlight: number; oldestAgeMs: number }[];
  case: { id: string; bundle: string; verifiedAt: string };
} {
  return JSON.parse(readFileSync(join(home, 'ready.json'), 'utf8'));
}

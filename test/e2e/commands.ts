import { spawn, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { COMPILE_CACHE } from '../../tools/start/compile-cache.ts';
import { ROOT } from './running-city.ts';

export interface CommandResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function run(
  command: string,
  args: readonly string[],
  options: { env: NodeJS.ProcessEnv; cwd?: string; input?: string },
): Promise<CommandResult> {
  return new Promise((resolve) => {
    const child = spawn(command, args, { ...options, stdio: ['pipe', 'pipe', 'pipe'] });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (chunk: Buffer) => {
      stdout += chunk.toString();
    });
    child.stderr.on('data', (chunk: Buffer) => {
      stderr += chunk.toString();
    });
    child.on('close', (code) => resolve({ code, stdout, stderr }));
    child.stdin.end(options.input ?? '');
  });
}

/** `civitas …` against a home, as a person types it. */
export function civitas(home: string, ...args: readonly string[]): Promise<CommandResult> {
  const env = { PATH: process.env['PATH'], NODE_COMPILE_CACHE: COMPILE_CACHE, HOME: home, CIVITAS_HOME: home };
  return run(join(ROOT, 'node_modules/.bin/civitas'), args, { env });
}

/** The same in a folder that knows nothing of a city. */
export function civitasOffline(cwd: string, ...args: readonly string[]): Promise<CommandResult> {
  return run(join(ROOT, 'node_modules/.bin/civitas'), args, {
    cwd,
    env: { PATH: process.env['PATH'], NODE_COMPILE_CACHE: COMPILE_CACHE, HOME: cwd },
  });
}

export const kubectlPresent = spawnSync('kubectl', ['version', '--client']).error === undefined;
if (!kubectlPresent && process.env['CI'] === 'true') throw new Error('kubectl is missing on this CI machine');
if (!kubectlPresent) process.stderr.write('SKIPPED: what needs kubectl, because it is not installed; plain HTTP drives the API instead\n');

/** `kubectl …` with the home's kubeconfig; `input` goes to stdin for `apply -f -`. */
export function kubectl(home: string, args: readonly string[], input?: string): Promise<CommandResult> {
  const env = { PATH: process.env['PATH'], HOME: home, KUBECONFIG: join(home, 'kubeconfig') };
  return run('kubectl', args, input === undefined ? { env } : { env, input });
}

import { existsSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { openLogger } from '@civitas/telemetry';
import type { Pod } from '../config/pod.ts';
import { isReleased } from '../engine/cometbft/engine-home.ts';
import { recordEngine } from '../engine/cometbft/engine-process.ts';
import { repairWal } from '../engine/cometbft/wal-repair.ts';
import { engineHomeOf } from './engine-folder.ts';

/** How often the release is looked for, ms: what a restart of both waits at most. */
const RELEASE_POLL_MS = 50;
const DEFAULT_BINARY = '/usr/local/bin/cometbft';
/** Settings of CometBFT that its environment could change behind the configuration's back. */
const ENGINE_ENVIRONMENT = /^(?:CMT|TM|COMETBFT)/i;

/** Go's collector at a third of its usual rate: 8 µs less an operation for about 150 MB (measured at full load). */
const ENGINE_MEMORY = { GOGC: '300' };

export interface RunEngineOptions {
  readonly pod: Pod;
  readonly version: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/**
 * Waits until the node of this pod has prepared the engine's home and released it, then becomes CometBFT: no process of ours stays.
 * A marker of another pod is not ours, however long it stands there, nor is that of a node that is gone.
 *
 * A node that starts takes the release back and then ends the process that is recorded here; this one records itself and then looks for
 * the release again. Whichever comes first, none becomes CometBFT on a release that was taken back.
 *
 * @throws Error when there is no engine binary.
 */
export async function runEngine({ pod, version, env }: RunEngineOptions): Promise<never> {
  const log = openLogger({ component: 'engine', version }, 'info');
  const binary = env['CIVITAS_ENGINE_BINARY'] || DEFAULT_BINARY;
  if (!existsSync(binary)) throw new Error(`${binary}: no engine there; CIVITAS_ENGINE_BINARY names another place`);
  const home = engineHomeOf(pod);
  log.info('awaiting-release', { home, podUid: pod.uid });
  for (;;) {
    while (!isReleased(home, pod.uid)) await pause(RELEASE_POLL_MS);
    process.chdir(home);
    recordEngine(home);
    if (isReleased(home, pod.uid)) break;
  }
  const repair = repairWal(home);
  if (repair !== undefined) log.warn('wal-repaired', { ...repair });
  log.info('starting-engine', { binary });
  const environment = Object.fromEntries(
    Object.entries(env).filter(([name, value]) => value !== undefined && !ENGINE_ENVIRONMENT.test(name)),
  );
  if (process.execve === undefined) throw new Error('this system cannot replace a process');
  return process.execve(binary, [binary, 'start', '--home', '.'], { ...ENGINE_MEMORY, ...environment });
}

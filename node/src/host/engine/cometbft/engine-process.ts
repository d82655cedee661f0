import { readFileSync, statSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { writeFileAtomically } from '../../keys/write-file-atomically.ts';
import { EngineFault } from './engine-fault.ts';
import { ENGINE_END_MS_MAX, ENGINE_END_POLL_MS, ENGINE_KILL_MS_MAX } from './limits.ts';
import { isAlive, ownIdentity, type ProcessIdentity, parseIdentity } from './process-identity.ts';

/** Names the process that is, or is about to become, the engine of a home. */
export const ENGINE_PID = 'engine.pid';

/** Whether anybody listens on a unix socket. */
export function isListening(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

/** Written by the process itself, in the engine's home, before it becomes CometBFT: its pid and start stay. */
export function recordEngine(home: string): void {
  writeFileAtomically(join(home, ENGINE_PID), Buffer.from(JSON.stringify(ownIdentity())));
}

function recordedEngine(home: string): ProcessIdentity | undefined {
  try {
    return parseIdentity(JSON.parse(readFileSync(join(home, ENGINE_PID), 'utf8')));
  } catch {
    // None was ever started here; a file is whole or not there.
    return undefined;
  }
}

/** Whether the working folder of a process is this very folder, whatever it is called where that process lives. */
function worksIn(home: string, pid: number): boolean {
  const [own, its] = [statSync(home), statSync(`/proc/${pid}/cwd`)];
  return own.dev === its.dev && own.ino === its.ino;
}

/** The engine of this home if it lives; never a process that has its pid by now, nor the engine of a home that this one was copied from. */
export function findEngine(home: string): ProcessIdentity | undefined {
  const engine = recordedEngine(home);
  if (engine === undefined || !isAlive(engine)) return undefined;
  try {
    return worksIn(home, engine.pid) && isAlive(engine) ? engine : undefined;
  } catch (error) {
    if (!isAlive(engine)) return undefined;
    throw new EngineFault('ENGINE_UNENDED', `process ${engine.pid} may be this node's engine and cannot be looked at`, { cause: error });
  }
}

async function hasEnded(engine: ProcessIdentity, withinMs: number): Promise<boolean> {
  const rounds = Math.ceil(withinMs / ENGINE_END_POLL_MS);
  for (let round = 0; round < rounds && isAlive(engine); round++) await pause(ENGINE_END_POLL_MS);
  return !isAlive(engine);
}

function signal(engine: ProcessIdentity, name: NodeJS.Signals): void {
  try {
    process.kill(engine.pid, name);
  } catch (error) {
    if (isAlive(engine)) throw new EngineFault('ENGINE_UNENDED', `process ${engine.pid} takes no ${name}`, { cause: error });
  }
}

/**
 * Ends the engine of a home: asked first, and killed when it has not ended in time; `SIGKILL` kills it at once, which it survives as it
 * survives a crash.
 *
 * @returns whether there was one.
 * @throws EngineFault ENGINE_UNENDED when it lives on.
 */
export async function endEngine(home: string, first: 'SIGTERM' | 'SIGKILL'): Promise<boolean> {
  const engine = findEngine(home);
  if (engine === undefined) return false;
  signal(engine, first);
  if (first === 'SIGTERM' && !(await hasEnded(engine, ENGINE_END_MS_MAX))) signal(engine, 'SIGKILL');
  if (!(await hasEnded(engine, ENGINE_KILL_MS_MAX))) throw new EngineFault('ENGINE_UNENDED', `process ${engine.pid} does not end`);
  return true;
}

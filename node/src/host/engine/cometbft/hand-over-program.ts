import { spawn } from 'node:child_process';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { EngineFault } from './engine-fault.ts';

const ERROR_CHARACTERS_MAX = 2_000;

export interface HandOverProgram {
  /** tools/engine/handover. */
  readonly program: string;
  readonly args: readonly string[];
  /** Working folder; sockets are named relative to it, for their paths are short. */
  readonly folder: string;
  readonly input: Iterable<string>;
}

/**
 * Runs the program that fills the engine's stores to its end.
 *
 * @throws EngineFault HAND_OVER with its words when it refuses.
 */
export async function runHandOver({ program, args, folder, input }: HandOverProgram): Promise<void> {
  const child = spawn(program, args, { cwd: folder, stdio: ['pipe', 'ignore', 'pipe'] });
  let complaint = '';
  child.stderr.on('data', (chunk: Buffer) => {
    complaint = `${complaint}${chunk.toString()}`.slice(0, ERROR_CHARACTERS_MAX);
  });
  const ended = new Promise<number | null>((resolve, reject) => child.once('error', reject).once('close', resolve));
  // A program that has seen enough closes its input before it says why.
  const fed = pipeline(Readable.from(input), child.stdin).catch((error: unknown) => error);
  const code = await ended;
  if (code !== 0) throw new EngineFault('HAND_OVER', `${program} ended with ${code}: ${complaint.trim()}`);
  const failure = await fed;
  if (failure !== undefined) throw failure;
}

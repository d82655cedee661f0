import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Pod } from '../network/pod.ts';

/** What a validator last signed: CometBFT's guard against signing twice. */
export interface SignState {
  readonly height: number;
  readonly round: number;
  readonly step: number;
}

/** @returns undefined before the first signature. @throws SyntaxError for half a file, which CometBFT never leaves. */
export function findSignState(pod: Pod): SignState | undefined {
  const path = join(pod.engineHome, 'data/priv_validator_state.json');
  if (!existsSync(path)) return undefined;
  const { height, round, step } = JSON.parse(readFileSync(path, 'utf8')) as { height: string; round: number; step: number };
  return { height: Number(height), round, step };
}

/** Whether the second is older than the first. */
export function wentBack(earlier: SignState, later: SignState): boolean {
  if (later.height !== earlier.height) return later.height < earlier.height;
  return later.round !== earlier.round ? later.round < earlier.round : later.step < earlier.step;
}

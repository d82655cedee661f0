import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { writeFileAtomically } from '../keys/write-file-atomically.ts';

/** What a validator has signed outlives everything else in the engine's data folder. */
const SIGN_STATE = 'priv_validator_state.json';

function markerOf(dataFolder: string): string {
  return join(dataFolder, 'joining-by-snapshot');
}

/** From here until `endJoin` what stands in store and engine is nobody's only copy, and a crash starts over. */
export function beginJoin(dataFolder: string): void {
  mkdirSync(dataFolder, { recursive: true, mode: 0o700 });
  writeFileAtomically(markerOf(dataFolder), new Uint8Array(0));
}

export function endJoin(dataFolder: string): void {
  rmSync(markerOf(dataFolder), { force: true });
}

/** Whether a crash now would start over. */
export function isJoining(dataFolder: string): boolean {
  return existsSync(markerOf(dataFolder));
}

/**
 * Drops what a join that was broken off has left in ledger and engine: application and engine could stand at different heights, and
 * all of it comes from the network again. The engine's sign state stays.
 *
 * @returns whether there was one.
 */
export function dropBrokenJoin(dataFolder: string): boolean {
  if (!isJoining(dataFolder)) return false;
  dropChain(dataFolder);
  endJoin(dataFolder);
  return true;
}

/** Drops ledger and engine stores; keys, vaults and the engine's sign state stay. */
export function dropChain(dataFolder: string): void {
  const engineData = join(dataFolder, 'engine', 'data');
  for (const name of existsSync(engineData) ? readdirSync(engineData) : []) {
    if (name !== SIGN_STATE) rmSync(join(engineData, name), { recursive: true, force: true });
  }
  for (const name of ['ledger', 'ledger.restoring']) rmSync(join(dataFolder, name), { recursive: true, force: true });
}

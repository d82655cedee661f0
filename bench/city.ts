import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startCity } from '../test/e2e/running-city.ts';

export interface BenchOptions {
  readonly seconds: number;
  readonly home: string | undefined;
  readonly say: (line: string) => void;
}

/** Runs `measure` against the city of `--home`, or against a fresh one that is cleared afterwards. */
export async function withCity<T>(options: BenchOptions, measure: (home: string) => Promise<T>): Promise<T> {
  if (options.home !== undefined) return measure(options.home);
  const home = mkdtempSync(join(tmpdir(), 'civitas-bench-'));
  options.say(`starting a city in ${home}`);
  const city = await startCity(home);
  try {
    return await measure(home);
  } finally {
    await city.stop();
    rmSync(home, { recursive: true, force: true });
  }
}

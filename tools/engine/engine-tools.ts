import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Release of CometBFT that networks run on; go.mod names the same and a test compares. */
export const ENGINE_VERSION = '0.38.26';

/** Programs built from the Go module in this folder; the first two belong to the product, the others to its tests and benchmarks. */
export const ENGINE_PROGRAMS = ['cometbft', 'handover', 'cometbft-skewed', 'lightcheck', 'sigkv', 'cmtload'] as const;
export type EngineProgram = (typeof ENGINE_PROGRAMS)[number];

export interface EngineTools {
  readonly folder: string;
  /** Absolute path of a program. */
  path(program: EngineProgram): string;
}

/** Folder of the Go module. */
export const ENGINE_SOURCES = dirname(fileURLToPath(import.meta.url));

/** Written last, with the checksum of every program: a folder without it is half-built. */
export const MANIFEST = 'programs.json';

function goSources(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.go$|^go\.(mod|sum)$/.test(name))
    .sort();
}

/** Where this version of the sources is built to, keyed by their content. */
export function engineToolsFolder(environment: NodeJS.ProcessEnv = process.env): string {
  const sum = createHash('sha256').update(ENGINE_PROGRAMS.join());
  for (const name of goSources(ENGINE_SOURCES)) sum.update(`\0${name}\0`).update(readFileSync(join(ENGINE_SOURCES, name)));
  const cache = environment['XDG_CACHE_HOME'] ?? join(homedir(), '.cache');
  return join(cache, 'civitas', `engine-${ENGINE_VERSION}-${sum.digest('hex').slice(0, 12)}`);
}

/** The programs as `npm run engine:install` built them; undefined when it has not run for these sources. */
export function findEngineTools(folder: string = engineToolsFolder()): EngineTools | undefined {
  if (!existsSync(join(folder, MANIFEST))) return undefined;
  const programs: unknown = JSON.parse(readFileSync(join(folder, MANIFEST), 'utf8'));
  const path = (program: EngineProgram): string => join(folder, 'bin', program);
  const isWhole = ENGINE_PROGRAMS.every((program) => {
    const expected = (programs as Partial<Record<EngineProgram, { bytes: number }>>)[program];
    return existsSync(path(program)) && statSync(path(program)).size === expected?.bytes;
  });
  return isWhole ? { folder, path } : undefined;
}

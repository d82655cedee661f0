import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type BuiltPrograms, findPrograms, type GoPrograms, programsFolder } from '../go/go-programs.ts';

/** Release of CometBFT that networks run on; go.mod names the same and a test compares. */
export const ENGINE_VERSION = '0.38.26';

/** Programs built from the Go module in this folder; the first two belong to the product, the others to its tests and benchmarks. */
export const ENGINE_PROGRAMS = ['cometbft', 'handover', 'cometbft-skewed', 'lightcheck', 'sigkv', 'cmtload'] as const;
export type EngineProgram = (typeof ENGINE_PROGRAMS)[number];

export type EngineTools = BuiltPrograms<EngineProgram>;

/** Folder of the Go module. */
export const ENGINE_SOURCES = dirname(fileURLToPath(import.meta.url));

export const ENGINE_BUILD: GoPrograms<EngineProgram> = {
  name: 'engine',
  version: ENGINE_VERSION,
  sources: ENGINE_SOURCES,
  programs: ENGINE_PROGRAMS,
};

/** Where this version of the sources is built to, keyed by their content. */
export function engineToolsFolder(environment: NodeJS.ProcessEnv = process.env): string {
  return programsFolder(ENGINE_BUILD, environment);
}

/** The programs as `npm run engine:install` built them; undefined when it has not run for these sources. */
export function findEngineTools(folder: string = engineToolsFolder()): EngineTools | undefined {
  return findPrograms(ENGINE_BUILD, folder);
}

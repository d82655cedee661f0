import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** Programs that are built from Go modules of ours, whose go.sum pins every module by checksum, into the user's cache. */
export interface GoPrograms<Program extends string> {
  /** First word of the cache folder's name. */
  readonly name: string;
  readonly version: string;
  /** Folder of the Go sources. */
  readonly sources: string;
  readonly programs: readonly Program[];
}

/** Built programs that are there in full. */
export interface BuiltPrograms<Program extends string> {
  readonly folder: string;
  /** Absolute path of a program. */
  path(program: Program): string;
}

/** Written last, with the size and checksum of every program: a folder without it is half-built. */
export const MANIFEST = 'programs.json';

function goSources(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.go$|(^|\/)go\.(mod|sum)$/.test(name))
    .sort();
}

/** Where these sources are built to, keyed by their content. */
export function programsFolder(built: GoPrograms<string>, environment: NodeJS.ProcessEnv = process.env): string {
  const sum = createHash('sha256').update(built.programs.join());
  for (const name of goSources(built.sources)) sum.update(`\0${name}\0`).update(readFileSync(join(built.sources, name)));
  const cache = environment['XDG_CACHE_HOME'] ?? join(homedir(), '.cache');
  return join(cache, 'civitas', `${built.name}-${built.version}-${sum.digest('hex').slice(0, 12)}`);
}

/** The programs as their install command built them; undefined when it has not run for these sources. */
export function findPrograms<Program extends string>(
  built: GoPrograms<Program>,
  folder: string = programsFolder(built),
): BuiltPrograms<Program> | undefined {
  if (!existsSync(join(folder, MANIFEST))) return undefined;
  const sizes = JSON.parse(readFileSync(join(folder, MANIFEST), 'utf8')) as Partial<Record<Program, { readonly bytes: number }>>;
  const path = (program: Program): string => join(folder, 'bin', program);
  const isWhole = built.programs.every((program) => existsSync(path(program)) && statSync(path(program)).size === sizes[program]?.bytes);
  return isWhole ? { folder, path } : undefined;
}

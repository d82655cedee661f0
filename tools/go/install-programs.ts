import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type GoPrograms, MANIFEST } from './go-programs.ts';

/** What keeps programs from being built, in words for who ran the command. */
export class InstallRefused extends Error {}

/**
 * A Go that is new enough.
 *
 * @param least major and minor version.
 * @throws InstallRefused when there is none.
 */
export function findGo(least: readonly [number, number]): string {
  for (const go of ['go', '/usr/local/go/bin/go', '/usr/lib/go/bin/go']) {
    try {
      const [, major = '0', minor = '0'] = /go(\d+)\.(\d+)/.exec(execFileSync(go, ['version'], { encoding: 'utf8' })) ?? [];
      if (Number(major) > least[0] || (Number(major) === least[0] && Number(minor) >= least[1])) return go;
    } catch {
      // Not there, or not a Go that answers.
    }
  }
  throw new InstallRefused(`these programs are built with Go ${least.join('.')} or later, and no such \`go\` is on the PATH`);
}

/** Runs Go in a module's folder; its go.mod and go.sum stay as they are. Returns what it printed. */
export function runGo(go: string, module: string, args: readonly string[]): string {
  const environment = { ...process.env, CGO_ENABLED: '0', GOFLAGS: `${process.env['GOFLAGS'] ?? ''} -mod=readonly -buildvcs=false`.trim() };
  return execFileSync(go, args, { cwd: module, env: environment, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
}

/**
 * Builds every program into a folder beside `folder`, and gives it that name only once all of them are whole.
 *
 * @param build writes one program to `output`; `building` is the folder that holds everything until then.
 * @param check looks at the finished programs; what it throws leaves nothing behind.
 */
export function installPrograms<Program extends string>(
  built: GoPrograms<Program>,
  folder: string,
  steps: { build(program: Program, output: string, building: string): void; check?(bin: string): void },
): void {
  mkdirSync(dirname(folder), { recursive: true });
  const building = mkdtempSync(`${folder}.building-`);
  const bin = join(building, 'bin');
  try {
    mkdirSync(bin);
    const manifest: Record<string, { bytes: number; sha256: string }> = {};
    for (const program of built.programs) {
      process.stdout.write(`building ${program}\n`);
      const output = join(bin, program);
      steps.build(program, output, building);
      manifest[program] = { bytes: statSync(output).size, sha256: createHash('sha256').update(readFileSync(output)).digest('hex') };
    }
    steps.check?.(bin);
    writeFileSync(join(building, MANIFEST), `${JSON.stringify(manifest, null, 2)}\n`);
    if (existsSync(folder)) rmSync(folder, { recursive: true });
    renameSync(building, folder);
  } finally {
    rmSync(building, { recursive: true, force: true });
  }
}

/**
 * `npm run engine:install`: builds CometBFT and the programs beside it from the Go module in tools/engine, whose go.sum pins every
 * module by checksum, into the user's cache. Needs Go; does nothing when the same sources were built before.
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import {
  ENGINE_PROGRAMS,
  ENGINE_SOURCES,
  ENGINE_VERSION,
  type EngineProgram,
  engineToolsFolder,
  findEngineTools,
  MANIFEST,
} from './engine/engine-tools.ts';

const GO_VERSION_MIN = [1, 24] as const;
const ENGINE_MODULE = 'github.com/cometbft/cometbft';
const say = (line: string): void => void process.stdout.write(`${line}\n`);

class InstallRefused extends Error {}

function findGo(): string {
  for (const go of ['go', '/usr/local/go/bin/go', '/usr/lib/go/bin/go']) {
    try {
      const [, major = '0', minor = '0'] = /go(\d+)\.(\d+)/.exec(execFileSync(go, ['version'], { encoding: 'utf8' })) ?? [];
      if (Number(major) > GO_VERSION_MIN[0] || Number(minor) >= GO_VERSION_MIN[1]) return go;
    } catch {
      // Not there, or not a Go that answers.
    }
  }
  throw new InstallRefused(`the engine is built with Go ${GO_VERSION_MIN.join('.')} or later, and no such \`go\` is on the PATH`);
}

function goRun(go: string, args: readonly string[]): string {
  const environment = { ...process.env, CGO_ENABLED: '0', GOFLAGS: '-mod=readonly' };
  return execFileSync(go, args, { cwd: ENGINE_SOURCES, env: environment, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
}

/** The engine's module with a clock that is off by CIVITAS_CLOCK_SKEW_MS, which libfaketime cannot do to a Go program: for tests alone. */
function writeSkewedModule(go: string, folder: string): string {
  const original = goRun(go, ['list', '-m', '-f', '{{.Dir}}', ENGINE_MODULE]).trim();
  const copy = join(folder, 'module');
  cpSync(original, copy, { recursive: true });
  // The module cache is read-only, and so is a copy of it.
  execFileSync('chmod', ['-R', 'u+w', copy]);
  const clock = join(copy, 'types', 'time', 'time.go');
  const source = readFileSync(clock, 'utf8');
  const skewed = source.replace('Canonical(time.Now())', 'Canonical(time.Now().Add(skewOfEnvironment))');
  if (skewed === source) throw new InstallRefused(`${clock} no longer reads the clock as expected; the skewed engine cannot be built`);
  writeFileSync(clock, skewed);
  writeFileSync(join(dirname(clock), 'skew.go'), SKEW_SOURCE);
  const modFile = join(folder, 'go.mod');
  writeFileSync(modFile, `${readFileSync(join(ENGINE_SOURCES, 'go.mod'), 'utf8')}\nreplace ${ENGINE_MODULE} => ${copy}\n`);
  cpSync(join(ENGINE_SOURCES, 'go.sum'), join(folder, 'go.sum'));
  return modFile;
}

const SKEW_SOURCE = `package time

import (
	"os"
	"strconv"
	"time"
)

var skewOfEnvironment = func() time.Duration {
	ms, err := strconv.Atoi(os.Getenv("CIVITAS_CLOCK_SKEW_MS"))
	if err != nil {
		return 0
	}
	return time.Duration(ms) * time.Millisecond
}()
`;

function build(go: string, program: EngineProgram, folder: string): void {
  const output = join(folder, 'bin', program);
  const common = ['build', '-trimpath', '-ldflags=-s -w', '-o', output];
  const command = `${ENGINE_MODULE}/cmd/cometbft`;
  if (program === 'cometbft') goRun(go, [...common, command]);
  else if (program === 'cometbft-skewed') {
    const copyFolder = mkdtempSync(join(folder, 'skewed-'));
    goRun(go, [...common, '-modfile', writeSkewedModule(go, copyFolder), command]);
    rmSync(copyFolder, { recursive: true });
  } else goRun(go, [...common, `./${program}`]);
}

function install(folder: string): void {
  const go = findGo();
  mkdirSync(dirname(folder), { recursive: true });
  const building = mkdtempSync(`${folder}.building-`);
  try {
    mkdirSync(join(building, 'bin'));
    const programs: Record<string, { bytes: number; sha256: string }> = {};
    for (const program of ENGINE_PROGRAMS) {
      say(`building ${program}`);
      build(go, program, building);
      const path = join(building, 'bin', program);
      programs[program] = { bytes: statSync(path).size, sha256: createHash('sha256').update(readFileSync(path)).digest('hex') };
    }
    const version = execFileSync(join(building, 'bin', 'cometbft'), ['version'], { encoding: 'utf8' }).trim();
    if (version.split('+')[0] !== ENGINE_VERSION) throw new InstallRefused(`built CometBFT ${version}, expected ${ENGINE_VERSION}`);
    writeFileSync(join(building, MANIFEST), `${JSON.stringify(programs, null, 2)}\n`);
    if (existsSync(folder)) rmSync(folder, { recursive: true });
    renameSync(building, folder);
  } finally {
    rmSync(building, { recursive: true, force: true });
  }
}

try {
  const folder = engineToolsFolder();
  if (findEngineTools(folder) === undefined) install(folder);
  say(`CometBFT ${ENGINE_VERSION} and its tools are in ${join(folder, 'bin')}`);
} catch (error) {
  process.stderr.write(`engine:install: ${error instanceof InstallRefused ? error.message : String(error)}\n`);
  process.exit(1);
}

/**
 * `npm run engine:install`: builds CometBFT and the programs beside it from the Go module in tools/engine, whose go.sum pins every
 * module by checksum, into the user's cache. Needs Go; does nothing when the same sources were built before. With `--next` also the
 * release family after it, which tests run beside it.
 */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import {
  ENGINE_BUILD,
  ENGINE_SOURCES,
  ENGINE_VERSION,
  type EngineProgram,
  engineToolsFolder,
  findEngineTools,
} from './engine/engine-tools.ts';
import { findNextEngine, NEXT_ENGINE } from './engine-next/engine-next.ts';
import { programsFolder } from './go/go-programs.ts';
import { findGo, InstallRefused, installPrograms, runGo } from './go/install-programs.ts';

const GO_VERSION_MIN = [1, 24] as const;
const NEXT_GO_VERSION_MIN = [1, 25] as const;
const ENGINE_MODULE = 'github.com/cometbft/cometbft';

const goRun = (go: string, args: readonly string[]): string => runGo(go, ENGINE_SOURCES, args);

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

function build(go: string, program: EngineProgram, at: { readonly output: string; readonly building: string }): void {
  const common = ['build', '-trimpath', '-ldflags=-s -w', '-o', at.output];
  const command = `${ENGINE_MODULE}/cmd/cometbft`;
  if (program === 'cometbft') goRun(go, [...common, command]);
  else if (program === 'cometbft-skewed') {
    const copyFolder = mkdtempSync(join(at.building, 'skewed-'));
    goRun(go, [...common, '-modfile', writeSkewedModule(go, copyFolder), command]);
    rmSync(copyFolder, { recursive: true });
  } else goRun(go, [...common, `./${program}`]);
}

function checkVersion(bin: string, expected: string): void {
  const version = execFileSync(join(bin, 'cometbft'), ['version'], { encoding: 'utf8' }).trim();
  if (version.split('+')[0] !== expected) throw new InstallRefused(`built CometBFT ${version}, expected ${expected}`);
}

function install(folder: string): void {
  const go = findGo(GO_VERSION_MIN);
  installPrograms(ENGINE_BUILD, folder, {
    build: (program, output, building) => build(go, program, { output, building }),
    check: (bin) => checkVersion(bin, ENGINE_VERSION),
  });
}

function installNext(): void {
  const go = findGo(NEXT_GO_VERSION_MIN);
  installPrograms(NEXT_ENGINE, programsFolder(NEXT_ENGINE), {
    build: (_, output) =>
      void runGo(go, NEXT_ENGINE.sources, ['build', '-trimpath', '-ldflags=-s -w', '-o', output, `${ENGINE_MODULE}/cmd/cometbft`]),
    check: (bin) => checkVersion(bin, NEXT_ENGINE.version),
  });
}

try {
  const folder = engineToolsFolder();
  if (findEngineTools(folder) === undefined) install(folder);
  process.stdout.write(`CometBFT ${ENGINE_VERSION} and its tools are in ${join(folder, 'bin')}\n`);
  if (process.argv.includes('--next')) {
    if (findNextEngine() === undefined) installNext();
    process.stdout.write(`CometBFT ${NEXT_ENGINE.version} is in ${join(programsFolder(NEXT_ENGINE), 'bin')}\n`);
  }
} catch (error) {
  process.stderr.write(`engine:install: ${error instanceof InstallRefused ? error.message : String(error)}\n`);
  process.exit(1);
}

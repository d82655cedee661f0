import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PATHS } from '@civitas/deployment';
import { waitFor } from '@civitas/testkit';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { RELEASE_MARKER, releaseEngine, withdrawEngine } from '../engine/cometbft/engine-home.ts';
import { ENGINE_PID, findEngine } from '../engine/cometbft/engine-process.ts';
import { WAL } from '../engine/cometbft/wal-repair.ts';

const MAIN = fileURLToPath(new URL('../../main.ts', import.meta.url));
/** For a whole start of Node on a loaded machine, ms; a test waits for two. */
const STARTED_MS = 25_000;
const TEST_MS_MAX = 60_000;
let folder: string;
let home: string;
let child: ChildProcess | undefined;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'civitas-run-engine-'));
  home = join(folder, PATHS.data, 'engine');
  mkdirSync(home, { recursive: true });
  const binary = join(folder, 'engine.sh');
  writeFileSync(
    binary,
    '#!/bin/sh\nprintf "%s|%s|%s" "$PWD" "$*" "$CMTHOME" > started.partial && mv started.partial started\nexec sleep 600\n',
  );
  chmodSync(binary, 0o755);
});
afterEach(() => {
  child?.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

/** Starts the container of the engine; its log so far. */
function start(binary = join(folder, 'engine.sh')): () => string {
  const env = {
    CIVITAS_ROOT: folder,
    POD_UID: 'uid-1',
    CIVITAS_ENGINE_BINARY: binary,
    CMTHOME: '/elsewhere',
    PATH: process.env['PATH'] ?? '',
  };
  child = spawn(process.execPath, ['--no-warnings', MAIN, 'engine'], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let log = '';
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk: Buffer) => (log += chunk.toString()));
  return () => log;
}

const hasStarted = (): boolean => existsSync(join(home, 'started'));
/** Puts a release there that is not its own, at once: one that is true for a moment would be taken. */
const writeMarker = (change: object): void => {
  const aside = join(folder, 'aside');
  mkdirSync(aside, { recursive: true });
  releaseEngine(aside, 'uid-1');
  const path = join(aside, RELEASE_MARKER);
  const marker = JSON.parse(readFileSync(path, 'utf8'));
  writeFileSync(path, JSON.stringify({ ...marker, ...change, node: { ...marker.node, ...('node' in change ? Object(change.node) : {}) } }));
  renameSync(path, join(home, RELEASE_MARKER));
};

test(
  'waits out the releases of another pod and of a node that is gone, and becomes the engine that its own node released',
  async () => {
    writeMarker({ node: { startTicks: '1' } });
    const log = start();
    await waitFor('the engine container to wait', () => log().includes('awaiting-release'), STARTED_MS);
    writeMarker({ podUid: 'uid-2' });
    expect(hasStarted()).toBe(false);
    expect(existsSync(join(home, ENGINE_PID))).toBe(false);

    releaseEngine(home, 'uid-1');
    await waitFor('the engine', hasStarted, STARTED_MS);
    // Its home is its working folder, and no setting of CometBFT's comes from outside.
    expect(readFileSync(join(home, 'started'), 'utf8')).toBe(`${home}|start --home .|`);
    expect(findEngine(home)?.pid).toBe(child?.pid);
    withdrawEngine(home);
  },
  TEST_MS_MAX,
);

test(
  'takes half a record out of the write-ahead log before it becomes the engine, and says so',
  async () => {
    const wal = join(home, WAL);
    mkdirSync(dirname(wal), { recursive: true });
    writeFileSync(wal, 'half');
    const log = start();
    releaseEngine(home, 'uid-1');
    await waitFor('the engine', hasStarted, STARTED_MS);
    await waitFor('its word of it', () => /"keptBytes":0,"droppedBytes":4,"event":"wal-repaired"/.test(log()), STARTED_MS);
    expect(readFileSync(wal)).toHaveLength(0);
    withdrawEngine(home);
  },
  TEST_MS_MAX,
);

test(
  'ends with a message where there is no engine binary',
  async () => {
    const log = start('/nowhere/cometbft');
    // Its last words may come after its end.
    const code = await new Promise((resolve) => child?.once('close', resolve));
    expect(code).toBe(1);
    expect(log()).toContain('/nowhere/cometbft: no engine there');
  },
  TEST_MS_MAX,
);

import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { waitFor } from '@civitas/testkit';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { ENGINE_PID, endEngine, findEngine, recordEngine } from './engine-process.ts';
import { isAlive, ownIdentity, parseIdentity } from './process-identity.ts';

const MODULE = fileURLToPath(new URL('./engine-process.ts', import.meta.url));
// Becomes a shell that never ends, as an engine becomes CometBFT.
const PROGRAM = (shell: string): string =>
  `import { recordEngine } from ${JSON.stringify(MODULE)}; recordEngine('.');
   process.execve('/bin/sh', ['sh', '-c', ${JSON.stringify(shell)}], process.env);`;
const OBEDIENT = 'echo up; exec sleep 600';
const STUBBORN = "trap '' TERM; echo up; while :; do sleep 1; done";

let folder: string;
let started: ChildProcess[];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'civitas-process-'));
  started = [];
});
afterEach(() => {
  for (const child of started) child.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

interface Started {
  readonly child: ChildProcess;
  readonly home: string;
  readonly ended: Promise<string>;
}

async function anEngine(name: string, shell = OBEDIENT): Promise<Started> {
  const home = join(folder, name);
  mkdirSync(home);
  const child = spawn(process.execPath, ['--no-warnings', '--input-type=module', '-e', PROGRAM(shell)], {
    cwd: home,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  started.push(child);
  const ended = new Promise<string>((resolve) => child.once('exit', (code, signal) => resolve(`${code} ${signal}`)));
  await new Promise<void>((resolve) => child.stdout?.once('data', () => resolve()));
  return { child, home, ended };
}

const isRunning = ({ child }: Started): boolean => child.exitCode === null && child.signalCode === null;
const record = (home: string): Record<string, unknown> => JSON.parse(readFileSync(join(home, ENGINE_PID), 'utf8'));

test('a process that became another program is the one it recorded, and ends when asked', async () => {
  const engine = await anEngine('one');
  expect(findEngine(engine.home)?.pid).toBe(engine.child.pid);
  expect(await endEngine(engine.home, 'SIGTERM')).toBe(true);
  expect(await engine.ended).toBe('null SIGTERM');
  expect(findEngine(engine.home)).toBeUndefined();
  expect(await endEngine(engine.home, 'SIGTERM')).toBe(false);
});

test('one that does not end when asked, or is stopped, is killed', async () => {
  const stubborn = await anEngine('stubborn', STUBBORN);
  const stopped = await anEngine('stopped');
  stopped.child.kill('SIGSTOP');
  expect(await Promise.all([endEngine(stubborn.home, 'SIGTERM'), endEngine(stopped.home, 'SIGTERM')])).toEqual([true, true]);
  expect(await stubborn.ended).toBe('null SIGKILL');
  // A stopped process takes what it was sent before, too, in the moment it is killed.
  expect(await stopped.ended).toMatch(/^null SIG(?:KILL|TERM)$/);
});

test('a pid that is another process by now, of another boot or another namespace is never signalled', async () => {
  const engine = await anEngine('one');
  const own = record(engine.home);
  for (const other of [{ startTicks: '1' }, { bootId: 'another' }, { pidNamespace: 'pid:[1]' }]) {
    writeFileSync(join(engine.home, ENGINE_PID), JSON.stringify({ ...own, ...other }));
    expect(await endEngine(engine.home, 'SIGKILL')).toBe(false);
  }
  expect(isRunning(engine)).toBe(true);
});

test('the engine of a home that this one was copied from is never signalled', async () => {
  const engine = await anEngine('one');
  const copy = join(folder, 'copy');
  mkdirSync(copy);
  writeFileSync(join(copy, ENGINE_PID), JSON.stringify(record(engine.home)));
  expect(await endEngine(copy, 'SIGKILL')).toBe(false);
  expect(isRunning(engine)).toBe(true);
});

test('a home without a record, or with one that names no single process, has no engine', async () => {
  const home = join(folder, 'empty');
  mkdirSync(home);
  expect(findEngine(home)).toBeUndefined();
  const own = ownIdentity();
  for (const pid of [0, 1, -1, 1.5, '7', null]) {
    writeFileSync(join(home, ENGINE_PID), JSON.stringify({ ...own, pid }));
    expect(findEngine(home)).toBeUndefined();
  }
  expect(parseIdentity(null)).toBeUndefined();
  expect(parseIdentity({ ...own, startTicks: 7 })).toBeUndefined();
});

test('a process is alive until it ends, and its zombie is not', async () => {
  const engine = await anEngine('one');
  const identity = findEngine(engine.home);
  if (identity === undefined) throw new Error('no engine');
  expect(isAlive(identity)).toBe(true);
  engine.child.kill('SIGKILL');
  await waitFor('its end', () => !isAlive(identity));
  recordEngine(engine.home);
  expect(record(engine.home)['pid']).toBe(process.pid);
  // This process works elsewhere: it is no engine of that home.
  expect(findEngine(engine.home)).toBeUndefined();
});

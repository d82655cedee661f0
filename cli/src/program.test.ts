import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { temporaryFolder } from '@civitas/testkit/temporary-folder';
import { expect, test } from '@jest/globals';
import { EXIT, EXIT_CODE_MEANINGS } from './exit-codes.ts';
import { exitCodeOf, Fault, Refused } from './fault.ts';
import { FLOWS, findBranch } from './flows/run-case.ts';
import { createProgram } from './program.ts';
import { createTerminal, formatTable } from './terminal/terminal.ts';

const BIN = join(import.meta.dirname, '..', 'bin', 'civitas.mjs');

function civitas(args: readonly string[], cwd = temporaryFolder('empty')): { code: number | null; out: string; err: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [BIN, ...args], {
    cwd,
    encoding: 'utf8',
    env: { PATH: process.env['PATH'], CIVITAS_HOME: join(cwd, 'none') },
  });
  return { code: status, out: stdout, err: stderr };
}

test('every command of the reference is there', () => {
  const program = createProgram({ run: async () => undefined, exit: () => undefined });
  const names = program.commands.flatMap((command) =>
    command.commands.length === 0 ? [command.name()] : command.commands.map((inner) => `${command.name()} ${inner.name()}`),
  );
  expect(names.sort()).toEqual(
    [
      'access',
      'backup',
      'blocks',
      'case list-branches',
      'case run',
      'citizen tie',
      'help',
      'ingest health',
      'ingest transport',
      'links',
      'login',
      'network approve',
      'network grow',
      'network proposals',
      'network propose-protocol',
      'network propose-validator',
      'network validators',
      'network withdraw',
      'pack sign',
      'read',
      'receipt',
      'restore',
      'status',
      'submit',
      'verify',
    ].sort(),
  );
});

test('each exit code is documented where people look', () => {
  const page = readFileSync(join(import.meta.dirname, '..', '..', 'docs', 'reference', 'exit-codes.md'), 'utf8');
  for (const { code, meaning } of EXIT_CODE_MEANINGS) expect(page).toContain(`| ${code} | ${meaning} |`);
});

test('errors end the program with the code of their kind', () => {
  expect(exitCodeOf(new Refused('x', { code: 'LIMIT', facts: {}, then: 'retry' }))).toBe(EXIT.refused);
  expect(exitCodeOf(new Fault('X', 'x'))).toBe(EXIT.fault);
  expect(exitCodeOf(new Fault('X', 'x', { exitCode: EXIT.timedOut }))).toBe(EXIT.timedOut);
  expect(exitCodeOf(new Error('x'))).toBe(EXIT.fault);
});

test('a wrong command line exits 2 and does nothing', () => {
  expect(civitas(['nonsense']).code).toBe(EXIT.usage);
  expect(civitas(['read', 'a/b/c']).code).toBe(EXIT.usage);
  expect(civitas(['case', 'run', 'world-peace']).code).toBe(EXIT.usage);
});

test('without a city a command is a fault that says what to do', () => {
  const { code, err } = civitas(['status']);
  expect(code).toBe(EXIT.fault);
  expect(err).toContain('npm start');
});

test('a city that was stopped is a fault that says so, in words and in JSON', () => {
  const home = temporaryFolder('stopped');
  const cluster = { name: 'c', cluster: { server: 'https://127.0.0.1:1' } };
  const context = { name: 'c', context: { cluster: 'c', user: 'u' } };
  const config = { clusters: [cluster], contexts: [context], users: [{ name: 'u', user: {} }], 'current-context': 'c' };
  writeFileSync(join(home, 'kubeconfig'), JSON.stringify(config));
  const { code, out, err } = civitas(['--json', '--home', home, 'links']);
  expect(code).toBe(EXIT.fault);
  expect(err).toMatch(/does not answer.*npm start/);
  expect(JSON.parse(out)).toMatchObject({ ok: false, code: 'CALL_FAILED' });
});

test('help exit-codes prints them, without a home', () => {
  const { code, out } = civitas(['help', 'exit-codes']);
  expect(code).toBe(EXIT.ok);
  expect(out).toContain('130  Interrupted');
});

test('verify of something that is no bundle exits 5, in an empty folder', () => {
  const folder = temporaryFolder('empty');
  writeFileSync(join(folder, 'x.json'), '{"a":1}');
  expect(civitas(['verify', 'x.json'], folder).code).toBe(EXIT.unverified);
  expect(civitas(['verify', 'missing.json'], folder).code).toBe(EXIT.fault);
});

test('each flow has its happy path and at least four branches of failure, each said in words', () => {
  for (const flow of FLOWS) {
    expect(flow.branches[0]?.name).toBe('happy');
    expect(flow.branches.length).toBeGreaterThanOrEqual(5);
    expect(new Set(flow.branches.map(({ name }) => name)).size).toBe(flow.branches.length);
  }
  expect(() => findBranch('serious-illness', 'nope')).toThrow(/there are: happy/);
});

test('--json prints bigints as numbers and bytes as base64url', () => {
  const printed: string[] = [];
  const stream = new Writable({ write: (chunk, _encoding, done) => done(void printed.push(String(chunk))) });
  createTerminal({ stdout: stream, stderr: stream }, { json: true }).result({
    height: 7n,
    hash: Buffer.from([1, 2, 3]),
    root: new Uint8Array([255]),
  });
  expect(JSON.parse(printed.join(''))).toEqual({ height: 7, hash: 'AQID', root: '_w' });
});

test('tables line up where Chinese and Latin names meet', () => {
  expect(
    formatTable(
      ['name', 'x'],
      [
        ['民政局', '1'],
        ['bank', '2'],
      ],
    ),
  ).toBe('name    x\n民政局  1\nbank    2');
});

import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from '@jest/globals';
import { MANIFEST } from '../go/go-programs.ts';
import { ENGINE_PROGRAMS, ENGINE_SOURCES, ENGINE_VERSION, engineToolsFolder, findEngineTools } from './engine-tools.ts';

const folder = mkdtempSync(join(tmpdir(), 'civitas-engine-'));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function build(bytes: Uint8Array): void {
  mkdirSync(join(folder, 'bin'), { recursive: true });
  for (const program of ENGINE_PROGRAMS) writeFileSync(join(folder, 'bin', program), bytes);
}

const manifest = JSON.stringify(Object.fromEntries(ENGINE_PROGRAMS.map((program) => [program, { bytes: 3 }])));

test('the Go module requires the release that the product names', () => {
  expect(readFileSync(join(ENGINE_SOURCES, 'go.mod'), 'utf8')).toContain(`github.com/cometbft/cometbft v${ENGINE_VERSION}\n`);
});

test('the programs are kept in the cache folder that the user chose, by release and content', () => {
  expect(engineToolsFolder({ XDG_CACHE_HOME: '/cache' })).toMatch(/^\/cache\/civitas\/engine-[\d.]+-[0-9a-f]{12}$/);
});

test('programs are found only once the manifest says that all of them are there, in full', () => {
  build(Uint8Array.of(1, 2, 3));
  expect(findEngineTools(folder)).toBeUndefined();
  writeFileSync(join(folder, MANIFEST), manifest);
  expect(findEngineTools(folder)?.path('cometbft')).toBe(join(folder, 'bin', 'cometbft'));
  build(Uint8Array.of(1, 2));
  expect(findEngineTools(folder)).toBeUndefined();
});

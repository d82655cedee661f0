import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { handOver, isHandOverDue } from './hand-over.ts';

let folder: string;
let home: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'hand-over-'));
  home = join(folder, 'engine');
  mkdirSync(home);
  writeFileSync(join(home, 'unused'), '');
});
afterEach(() => rmSync(folder, { recursive: true }));

const aChain = (heights: number) => ({
  readBlock: (height: number) => (height <= heights ? Uint8Array.of(height) : undefined),
  readLightBlock: (height: number) => (height <= heights ? Uint8Array.of(height, height) : undefined),
});

function aProgram(script: string): string {
  const path = join(folder, 'program');
  writeFileSync(path, `#!/bin/sh\n${script}\n`);
  chmodSync(path, 0o755);
  return path;
}

const request = (script: string, heights: number) => ({
  home,
  store: aChain(heights),
  program: aProgram(script),
  prepareHome: (at: string) => mkdirSync(join(at, 'data'), { recursive: true }),
  settle: () => Promise.resolve(),
  info: () => ({ height: 3, appHash: new Uint8Array(32), resultsHash: new Uint8Array(32), appVersion: 2n }),
});

test('a chain is given line by line and the filled home takes the place of the unused one', async () => {
  expect(isHandOverDue(home, aChain(3))).toBe(true);
  expect(await handOver(request('cat > "$1/data/blockstore.db"', 3))).toBe(3);

  const lines = readFileSync(join(home, 'data', 'blockstore.db'), 'utf8')
    .trim()
    .split('\n');
  expect(lines.map((line) => Object.keys(JSON.parse(line) as object).join())).toEqual([
    'block,lightBlock',
    'block,lightBlock',
    'block,lightBlock',
    'appHash,resultsHash,appVersion',
  ]);
  expect(existsSync(join(home, 'unused'))).toBe(false);
  expect(isHandOverDue(home, aChain(3))).toBe(false);
});

test('a chain that was born on CometBFT has nothing to hand over', () => {
  expect(isHandOverDue(home, aChain(0))).toBe(false);
});

test('a refusal of the program is HAND_OVER with its words, and the home stays as it was', async () => {
  const refused = handOver(request('cat > /dev/null; echo "commit of block 2: invalid" >&2; exit 1', 3));
  await expect(refused).rejects.toMatchObject({ code: 'HAND_OVER', message: expect.stringContaining('commit of block 2: invalid') });
  expect(existsSync(join(home, 'unused'))).toBe(true);
  expect(isHandOverDue(home, aChain(3))).toBe(true);
});

test('a store without one of its blocks is HAND_OVER', async () => {
  await expect(handOver(request('cat > /dev/null; exit 1', 2))).rejects.toMatchObject({ code: 'HAND_OVER' });
  expect(existsSync(join(home, 'unused'))).toBe(true);
});

test('what a crash left of an earlier attempt is thrown away', async () => {
  mkdirSync(join(`${home}.growing`, 'data'), { recursive: true });
  writeFileSync(join(`${home}.growing`, 'data', 'half'), '');
  await handOver(request('cat > "$1/data/blockstore.db"', 3));
  expect(existsSync(join(home, 'data', 'half'))).toBe(false);
});

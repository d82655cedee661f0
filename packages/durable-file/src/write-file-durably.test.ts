import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { writeFileDurably } from './write-file-durably.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'durable-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('a file is replaced as a whole, for its owner only, and nothing is left beside it', async () => {
  const path = join(folder, 'users.json');
  writeFileSync(path, 'something much longer than what comes', { mode: 0o644 });
  await writeFileDurably(path, 'short');
  expect(readFileSync(path, 'utf8')).toBe('short');
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(readdirSync(folder)).toEqual(['users.json']);
});

test('what a crash left half-written is written over', async () => {
  const path = join(folder, 'key.pem');
  writeFileSync(`${path}.new`, 'half of an earlier wr', { mode: 0o666 });
  await writeFileDurably(path, new Uint8Array([1, 2, 3]));
  expect([...readFileSync(path)]).toEqual([1, 2, 3]);
  expect(statSync(path).mode & 0o777).toBe(0o600);
});

test('where it cannot be written, the old content stays', async () => {
  await expect(writeFileDurably(join(folder, 'missing', 'key.pem'), 'x')).rejects.toMatchObject({ code: 'ENOENT' });
});

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { ROOT, readSource } from '../../tools/reference/source-tree.ts';

const PAGE = 'docs/threat-model.md';
const rows = readSource(PAGE)
  .split('\n')
  .filter((line) => line.startsWith('| ') && !line.startsWith('| threat ') && !line.startsWith('|---'))
  .map((line) => line.split(' | '))
  .filter((cells) => cells.length === 3);

test('every threat names what stops it, and a test or why there is none', () => {
  expect(rows.length).toBeGreaterThan(40);
  const bare = rows.filter((cells) => (cells[1] ?? '').trim() === '' || !/`[^`]+\.ts` “|not covered yet: /.test(cells[2] ?? ''));
  expect(bare.map(([threat]) => threat)).toEqual([]);
});

test('every test that the threat model names exists', () => {
  const named = [...readSource(PAGE).matchAll(/`([^`]+\.ts)` “([^”]+)”/g)].map((match) => ({ file: match[1] ?? '', name: match[2] ?? '' }));
  const missing = named.filter(({ file, name }) => !existsSync(join(ROOT, file)) || !readSource(file).includes(name));
  expect(missing).toEqual([]);
});

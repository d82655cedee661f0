import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { ROOT, readSource } from '../../tools/reference/source-tree.ts';

const PAGE = 'docs/comparison.md';
const TEST = /`([^`]+\.test\.ts)` “([^”]+)”/g;

/** Feature and our own cell of every row. */
const rows = readSource(PAGE)
  .split('\n')
  .filter((line) => line.startsWith('| ') && !line.startsWith('| feature ') && !line.startsWith('|---'))
  .map((line) => line.split(' | '))
  .map(([feature = '', ours = '']) => ({ feature: feature.replace('| ', ''), ours }));

describe('the comparison with other operators', () => {
  test('answers each feature with yes, partly or no', () => {
    expect(rows.length).toBeGreaterThan(40);
    expect(rows.filter(({ ours }) => !/^(yes|partly|no)\b/.test(ours)).map(({ feature }) => feature)).toEqual([]);
  });

  test('says yes only with a test, partly only with what is missing', () => {
    const bare = rows.filter(({ ours }) => ours.startsWith('yes') && [...ours.matchAll(TEST)].length === 0);
    expect(bare.map(({ feature }) => feature)).toEqual([]);
    expect(rows.filter(({ ours }) => /^partly *$/.test(ours)).map(({ feature }) => feature)).toEqual([]);
  });

  test('names only tests that exist', () => {
    const named = rows.flatMap(({ ours }) => [...ours.matchAll(TEST)].map((match) => ({ file: match[1] ?? '', name: match[2] ?? '' })));
    expect(named.filter(({ file, name }) => !existsSync(join(ROOT, file)) || !readSource(file).includes(name))).toEqual([]);
  });
});

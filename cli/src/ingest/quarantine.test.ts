import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from '@civitas/testkit/temporary-folder';
import { expect, test } from '@jest/globals';
import { mapConcurrently } from './map-concurrently.ts';
import { createQuarantine } from './quarantine.ts';

test('the report appears with its first item and holds one line each', () => {
  const path = join(temporaryFolder('quarantine'), 'deep', 'q.jsonl');
  const quarantine = createQuarantine(path);
  expect(existsSync(path)).toBe(false);
  for (let line = 0; line < 12; line++) quarantine.add({ file: 'f', position: `line ${line}`, reason: 'R', message: 'm' });
  expect(quarantine.count).toBe(12);
  expect(quarantine.first).toHaveLength(10);
  expect(readFileSync(path, 'utf8').trimEnd().split('\n')).toHaveLength(12);
});

test('work runs no wider than asked and every item runs once', async () => {
  let running = 0;
  let widest = 0;
  const seen: number[] = [];
  await mapConcurrently([1, 2, 3, 4, 5, 6, 7], 3, async (item) => {
    running += 1;
    widest = Math.max(widest, running);
    await Promise.resolve();
    seen.push(item);
    running -= 1;
  });
  expect(widest).toBe(3);
  expect(seen.sort((left, right) => left - right)).toEqual([1, 2, 3, 4, 5, 6, 7]);
});

test('the first error stops the pulling and is thrown', async () => {
  let pulled = 0;
  function* endless(): Generator<number> {
    for (;;) yield pulled++;
  }
  await expect(
    mapConcurrently(endless(), 2, async (item) => {
      if (item === 5) throw new Error('five');
    }),
  ).rejects.toThrow('five');
  expect(pulled).toBeLessThan(10);
});

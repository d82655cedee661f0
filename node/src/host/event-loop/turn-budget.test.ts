import { expect, test } from '@jest/globals';
import { SLICE_MS } from './limits.ts';
import { nextTurn } from './next-turn.ts';
import { TurnBudget } from './turn-budget.ts';

/** Pieces of work by a clock that only they move. */
function aDay() {
  let nowMs = 1_000;
  const budget = new TurnBudget(() => nowMs);
  const done: string[] = [];
  const give = (name: string, tookMs: number): void =>
    budget.run(() => {
      nowMs += tookMs;
      done.push(name);
    });
  return { done, give };
}

test('what fits into a slice is done at once', () => {
  const { done, give } = aDay();
  for (let piece = 0; piece < SLICE_MS; piece++) give(`${piece}`, 1);
  expect(done).toHaveLength(SLICE_MS);
});

test('one piece longer than a slice is done at once, and the next in the turn after it', async () => {
  const { done, give } = aDay();
  give('long', 3 * SLICE_MS);
  give('next', 1);
  expect(done).toEqual(['long']);
  await nextTurn();
  expect(done).toEqual(['long', 'next']);
});

test('those that wait are done in order, a slice a turn, before what comes later', async () => {
  const { done, give } = aDay();
  for (const name of ['a', 'b', 'c', 'd', 'e']) give(name, SLICE_MS / 2);
  expect(done).toEqual(['a', 'b']);
  await nextTurn();
  give('f', 1);
  expect(done).toEqual(['a', 'b', 'c', 'd']);
  await nextTurn();
  expect(done).toEqual(['a', 'b', 'c', 'd', 'e', 'f']);
});

test('a later turn has a slice of its own', async () => {
  const { done, give } = aDay();
  give('long', 2 * SLICE_MS);
  await nextTurn();
  give('next', 1);
  expect(done).toEqual(['long', 'next']);
});

test('what work gives or throws comes to who asked', async () => {
  const budget = new TurnBudget();
  await expect(budget.take(() => 1)).resolves.toBe(1);
  await expect(budget.take(async () => 2)).resolves.toBe(2);
  const failing = budget.take(() => {
    throw new Error('not readable');
  });
  await expect(failing).rejects.toThrow('not readable');
});

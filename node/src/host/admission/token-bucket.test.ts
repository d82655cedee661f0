import { expect, test } from '@jest/globals';
import { openTokenBuckets } from './token-bucket.ts';

test('a burst is spent, then tokens come back at their rate, and nobody else is held up', () => {
  let nowMs = 0;
  const buckets = openTokenBuckets({ perSecond: 10, burst: 3, namesMax: 8, nowMs: () => nowMs });
  const taken = [1, 2, 3].map(() => buckets.take('hospital-1'));

  expect(taken).toEqual([0, 0, 0]);
  expect(buckets.take('hospital-1')).toBe(100);
  expect(buckets.take('bank-1')).toBe(0);
  nowMs = 100;
  expect(buckets.take('hospital-1')).toBe(0);
});

test('only so many names are remembered: the one idle for longest goes first', () => {
  const buckets = openTokenBuckets({ perSecond: 1, burst: 1, namesMax: 2, nowMs: () => 0 });
  for (const name of ['a', 'b', 'c']) buckets.take(name);

  expect(buckets.take('a')).toBe(0);
  expect(buckets.take('c')).toBeGreaterThan(0);
});

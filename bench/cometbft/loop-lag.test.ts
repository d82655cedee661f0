import { expect, test } from '@jest/globals';
import { lagBetween, readLagCounts } from './loop-lag.ts';

const metrics = (counts: Readonly<Record<string, number>>): string =>
  Object.entries(counts)
    .map(([le, count]) => `civitas_event_loop_lag_seconds_bucket{le="${le}",network="n",node="n-0"} ${count}`)
    .join('\n');

test('what came between two readings counts, within a bucket in proportion', () => {
  const before = readLagCounts(metrics({ '0.01': 50, '0.05': 50, '+Inf': 60 }));
  const after = readLagCounts(metrics({ '0.01': 148, '0.05': 150, '+Inf': 160 }));
  expect(lagBetween(before, after)).toBeCloseTo(30);
});

test('beyond the last bound is at least that bound', () => {
  expect(lagBetween(new Map(), readLagCounts(metrics({ '0.01': 5, '1.5': 6, '+Inf': 10 })))).toBe(1500);
});

test('nothing came, no lag', () => {
  const counts = readLagCounts(metrics({ '0.01': 5, '+Inf': 5 }));
  expect(lagBetween(counts, counts)).toBe(0);
});

test('metrics without it are refused', () => {
  expect(() => readLagCounts('up 1')).toThrow('no lag of an event loop');
});

import { fc } from '@civitas/testkit/properties';
import { expect, test } from '@jest/globals';
import { LagSamples } from './event-loop-lag.ts';
import { LAG_EVERY_MS, LAG_MS_MAX } from './limits.ts';

const START_MS = 1_000;

function samplesFrom(startMs: number) {
  const seen: number[] = [];
  const samples = new LagSamples(startMs, (seconds) => seen.push(Math.round(seconds * 1000)));
  return { samples, seen };
}

test('a process at rest has no lag', () => {
  const { samples, seen } = samplesFrom(START_MS);
  let nowMs = START_MS + LAG_EVERY_MS;
  for (let turn = 0; turn < 3; turn++) nowMs += samples.take(nowMs);
  expect(seen).toEqual([0, 0, 0]);
});

test('who comes too early is sent away until the moment', () => {
  const { samples, seen } = samplesFrom(START_MS);
  expect(samples.take(START_MS + 10)).toBe(LAG_EVERY_MS - 10);
  expect(seen).toEqual([]);
});

test('a long turn counts once for each moment that came while it lasted', () => {
  const { samples, seen } = samplesFrom(START_MS);
  expect(samples.take(START_MS + 3 * LAG_EVERY_MS + 10)).toBe(LAG_EVERY_MS - 10);
  expect(seen).toEqual([2 * LAG_EVERY_MS + 10, LAG_EVERY_MS + 10, 10]);
});

test('of a process that was stopped for an hour the last seconds count', () => {
  const { samples, seen } = samplesFrom(START_MS);
  samples.take(START_MS + 3_600_000);
  expect(seen).toHaveLength(LAG_MS_MAX / LAG_EVERY_MS + 1);
  expect(Math.max(...seen)).toBe(LAG_MS_MAX);
});

test('however turns fall, each moment counts once, and none for longer than its turn', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 2_000 }), { minLength: 1, maxLength: 50 }), (turns) => {
      const { samples, seen } = samplesFrom(START_MS);
      let nowMs = START_MS;
      for (const turn of turns) samples.take((nowMs += turn));
      expect(seen).toHaveLength(Math.floor((nowMs - START_MS) / LAG_EVERY_MS));
      expect(Math.max(0, ...seen)).toBeLessThanOrEqual(Math.max(...turns));
    }),
  );
});

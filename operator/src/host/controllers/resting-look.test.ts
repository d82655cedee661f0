import { expect, test } from '@jest/globals';
import { LINK_POLL_MS, RESTING_LOOK_EVERY_MS, RESTING_LOOK_MS_MAX, WHILE_SERVING_MS } from './limits.ts';
import { restingLookMs } from './resting-look.ts';

test('a few networks are looked at every two seconds, hundreds take turns, and none waits longer than half a minute', () => {
  expect([1, 5, 13].map((count) => restingLookMs(count, WHILE_SERVING_MS))).toEqual([2000, 2000, 2000]);
  expect(restingLookMs(100, LINK_POLL_MS)).toBe(100 * RESTING_LOOK_EVERY_MS);
  expect(restingLookMs(100_000, WHILE_SERVING_MS)).toBe(RESTING_LOOK_MS_MAX);
});

import { expect, test } from '@jest/globals';
import { IDLE_REST_MS, LATE_MS } from './limits.ts';
import { Slices } from './slices.ts';

/** A clock whose sleeps end so much too late. */
function aClock(lateMs: number) {
  const slept: number[] = [];
  const clock = {
    ms: 0,
    slept,
    nowMs: () => clock.ms,
    sleep: async (ms: number) => {
      slept.push(ms);
      clock.ms += ms + lateMs;
    },
  };
  return clock;
}

test.each([
  ['nobody else has work', 0, [IDLE_REST_MS]],
  ['a timer is as late as timers are', LATE_MS, [IDLE_REST_MS]],
  ['somebody has', LATE_MS + 1, [IDLE_REST_MS, 36 - IDLE_REST_MS]],
])('work rests when its slice is used up, while %s', async (_, lateMs, expected) => {
  const clock = aClock(lateMs);
  const slices = new Slices({ sliceMs: 4, restMs: 36 }, clock);
  clock.ms += 3;
  expect(slices.isOver).toBe(false);
  clock.ms += 1;
  expect(slices.isOver).toBe(true);
  await slices.rest();
  expect(clock.slept).toEqual(expected);
  // The next slice begins where the rest ended.
  clock.ms += 3;
  expect(slices.isOver).toBe(false);
});

import { expect, test } from '@jest/globals';
import { inSlices } from './in-slices.ts';

/** Steps that take so long each, by a clock that only they move, ms. */
function aSlowWork(stepMs: number, count: number): { readonly steps: () => Generator<void, string>; readonly nowMs: () => number } {
  let nowMs = 0;
  return {
    nowMs: () => nowMs,
    *steps() {
      for (let step = 0; step < count; step++) {
        nowMs += stepMs;
        yield;
      }
      return 'done';
    },
  };
}

/** Turns of the event loop until the work is done. */
async function turnsOf(work: ReturnType<typeof aSlowWork>): Promise<number> {
  let turns = 0;
  let isDone = false;
  const count = (): void => {
    if (isDone) return;
    turns++;
    setImmediate(count);
  };
  setImmediate(count);
  expect(await inSlices(work.steps(), work.nowMs)).toBe('done');
  isDone = true;
  return turns;
}

test('work that is done within a slice does not rest', async () => {
  expect(await turnsOf(aSlowWork(1, 3))).toBe(0);
});

test('longer work lets the event loop turn after each slice', async () => {
  expect(await turnsOf(aSlowWork(1, 16))).toBe(4);
  expect(await turnsOf(aSlowWork(10, 3))).toBe(3);
});

test('what a step throws comes to who asked', async () => {
  const steps = (function* () {
    yield;
    throw new Error('no such page');
  })();
  await expect(inSlices(steps)).rejects.toThrow('no such page');
});

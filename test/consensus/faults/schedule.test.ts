import { seededRandom } from '@civitas/testkit';
import { expect, test } from '@jest/globals';
import { FAULT_KINDS, failuresMax, halts, scheduleOf } from './schedule.ts';

const deck = Object.fromEntries(FAULT_KINDS.map((kind) => [kind, 3]));
const scheduleFrom = (seed: number, validators = 7) =>
  scheduleOf({ deck, validators, prepared: { 'disk-full': 3 }, random: seededRandom(seed) });

test('the same seed gives the same schedule, another seed another', () => {
  expect(scheduleFrom(5)).toEqual(scheduleFrom(5));
  expect(scheduleFrom(5)).not.toEqual(scheduleFrom(6));
});

test('every fault of the deck happens as often as it says, to as many nodes as it may', () => {
  for (const validators of [4, 7]) {
    const schedule = scheduleFrom(9, validators);
    expect(schedule).toHaveLength(3 * FAULT_KINDS.length);
    for (const { kind, victims } of schedule) {
      expect(new Set(victims).size).toBe(victims.length);
      if (halts(kind)) expect(victims.length).toBeGreaterThan(failuresMax(validators));
      else expect(victims.length).toBeLessThanOrEqual(failuresMax(validators));
      if (kind === 'disk-full') expect(victims).toEqual([3]);
    }
  }
});

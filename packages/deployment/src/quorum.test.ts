import { fc } from '@civitas/testkit/properties';
import { describe, expect, test } from '@jest/globals';
import { quorumOf, quorumStep, refusalOfStep } from './quorum.ts';

const tens = (count: number): number[] => Array.from({ length: count }, () => 10);

describe('quorum', () => {
  test('of equal validators is what 3f + 1 says', () => {
    const table = [1, 2, 3, 4, 5, 6, 7, 10, 13, 128].map((count) => {
      const { neededPower, failuresMax, totalPower } = quorumOf(tens(count));
      return [count, totalPower, neededPower, failuresMax];
    });
    expect(table).toEqual([
      [1, 10, 7, 0],
      [2, 20, 14, 0],
      [3, 30, 21, 0],
      [4, 40, 27, 1],
      [5, 50, 34, 1],
      [6, 60, 41, 1],
      [7, 70, 47, 2],
      [10, 100, 67, 3],
      [13, 130, 87, 4],
      [128, 1280, 854, 42],
    ]);
    expect(quorumOf([])).toEqual({ validatorCount: 0, totalPower: 0, neededPower: 1, failuresMax: 0 });
  });

  test('is more than two thirds and the least such, and survives any failuresMax validators, whatever the powers', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 1000 }), { minLength: 1, maxLength: 20 }), (powers) => {
        const { totalPower, neededPower, failuresMax } = quorumOf(powers);
        expect(neededPower * 3 > totalPower * 2 && (neededPower - 1) * 3 <= totalPower * 2).toBe(true);
        const falling = [...powers].sort((one, other) => other - one);
        const left = (failed: number): number => falling.slice(failed).reduce((sum, power) => sum + power, 0);
        expect(left(failuresMax)).toBeGreaterThanOrEqual(neededPower);
        expect(left(failuresMax + 1)).toBeLessThan(neededPower);
      }),
    );
  });

  test('before and after a step is told together', () => {
    expect(quorumStep(tens(4), { joins: 10 })).toMatchObject({
      before: { validatorCount: 4, neededPower: 27 },
      after: { validatorCount: 5, neededPower: 34 },
      changedPower: 10,
    });
    expect(quorumStep([10, 20, 10], { leaves: 20 }).after).toMatchObject({ validatorCount: 2, totalPower: 20, neededPower: 14 });
  });
});

describe('a step of the set', () => {
  const reason = (powers: number[], change: Parameters<typeof quorumStep>[1], allowFewer = false) =>
    refusalOfStep(quorumStep(powers, change), allowFewer);

  test('grows a network from one validator on', () => {
    for (const count of [1, 2, 3, 4, 7, 127]) expect(reason(tens(count), { joins: 10 })).toBeUndefined();
  });

  test('never takes the last validator, and leaves fewer than four only on purpose', () => {
    expect(reason(tens(1), { leaves: 10 }, true)).toBe('last-validator');
    for (const count of [2, 3, 4]) {
      expect(reason(tens(count), { leaves: 10 })).toBe('fewer-than-four');
      expect(reason(tens(count), { leaves: 10 }, true)).toBeUndefined();
    }
    expect(reason(tens(5), { leaves: 10 })).toBeUndefined();
  });

  test('moves less than a third of the power, so that a light client which trusts the set before can follow', () => {
    expect(reason([10, 10, 10, 10, 20], { leaves: 20 })).toBe('power-step');
    expect(reason([10, 10, 10, 10], { joins: 14 })).toBe('power-step');
    expect(reason([10, 10, 10, 10], { joins: 13 })).toBeUndefined();
    expect(reason([10, 10, 10, 10, 10, 10, 20], { leaves: 20 })).toBeUndefined();
  });
});

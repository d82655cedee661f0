import { jest } from '@jest/globals';
import { turnBudget } from '../turn-budget.ts';

/** The process's budget with no time left: what it is given waits here. */
export interface HeldBudget {
  readonly waiting: number;
  /** Does what waits, in order, and whatever comes from now on at once. */
  release(): void;
}

/** Until `release`, which is to be called by the test that holds it. */
export function holdBudget(): HeldBudget {
  const held: (() => void)[] = [];
  const spy = jest.spyOn(turnBudget, 'run').mockImplementation((work) => void held.push(work));
  return {
    get waiting() {
      return held.length;
    },
    release() {
      spy.mockRestore();
      for (const work of held.splice(0)) work();
    },
  };
}

import { describe, expect, test } from '@jest/globals';
import { type Answered, findingsOf } from './history.ts';

const answered = (given: Partial<Answered>): Answered => ({
  operationHash: `op-${given.height}-${given.index}`,
  recordId: 'a',
  submittedAtMs: 0,
  answeredAtMs: 100,
  height: 1,
  index: 0,
  outcome: 'made',
  ...given,
});

describe('a history of acknowledged operations', () => {
  test('is sound when order, time and outcomes agree', () => {
    const history = [
      answered({ height: 2, index: 1, outcome: 'exists', submittedAtMs: 5, answeredAtMs: 30 }),
      answered({ height: 2, index: 0, submittedAtMs: 10, answeredAtMs: 20 }),
      answered({ height: 3, index: 0, recordId: 'b', submittedAtMs: 25, answeredAtMs: 40 }),
    ];
    expect(findingsOf(history)).toEqual([]);
  });

  test('is refused when an operation answered before another was handed over stands after it', () => {
    const late = answered({ height: 5, index: 0, submittedAtMs: 1, answeredAtMs: 2, outcome: 'exists' });
    const early = answered({ height: 4, index: 0, submittedAtMs: 3, answeredAtMs: 9 });
    expect(findingsOf([late, early])).toEqual([expect.stringContaining('was answered before op-4-0')]);
  });

  test('is refused when a record is made twice, or never', () => {
    expect(findingsOf([answered({ index: 0 }), answered({ index: 1 })])).toEqual([expect.stringContaining('the order says exists')]);
    expect(findingsOf([answered({ outcome: 'exists' })])).toEqual([expect.stringContaining('the order says made')]);
  });

  test('is refused when two operations share a place or one operation has two', () => {
    const twice = [answered({ operationHash: 'x' }), answered({ operationHash: 'y', outcome: 'exists' })];
    expect(findingsOf(twice)[0]).toContain('two operations stand at 1/0');
    const moved = [answered({ operationHash: 'x' }), answered({ operationHash: 'x', index: 1, outcome: 'exists' })];
    expect(findingsOf(moved)).toContain('1 operations stand at two places');
  });
});

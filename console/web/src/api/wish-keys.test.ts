import { describe, expect, test } from '@jest/globals';
import { ApiProblem, Disconnected } from './problem.ts';
import { WishKeys } from './wish-keys.ts';

const WISH = { method: 'POST', path: '/networks/health/cases', body: { agency: 'hospital-1' } } as const;

describe('a change that is asked for again', () => {
  test.each([
    ['the server was not reached', new Disconnected(undefined)],
    ['the ledger did not answer', new ApiProblem(503, 'LEDGER_UNREACHABLE', '', [])],
    ['the server failed', new ApiProblem(500, 'INTERNAL', '', [])],
  ])('is the same wish where %s', (_, error) => {
    const keys = new WishKeys();
    const key = keys.keyOf(WISH);
    keys.ended(WISH, error);
    expect(keys.keyOf(WISH)).toBe(key);
    expect(keys.keyOf({ ...WISH, body: { agency: 'hospital-2' } })).not.toBe(key);
  });

  test.each([
    ['done', undefined],
    ['refused', new ApiProblem(409, 'LEDGER_REFUSED', '', [])],
  ])('is another wish once it was %s', (_, error) => {
    const keys = new WishKeys();
    const key = keys.keyOf(WISH);
    keys.ended(WISH, error);
    expect(keys.keyOf(WISH)).not.toBe(key);
  });
});

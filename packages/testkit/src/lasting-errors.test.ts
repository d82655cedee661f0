import { expect, test } from '@jest/globals';
import { LastingErrors } from './lasting-errors.ts';
import { LateError, waitFor } from './wait-for.ts';

const late = new LateError('no height within 100 ms');
const wrong = new Error('two app hashes at height 7');

/** Plays a test's tries as jest-circus does, which ends once there are no errors. @returns how often it was played, and what it ends with. */
function play(...tries: readonly (readonly unknown[])[]): readonly [number, readonly unknown[]] {
  const lasting = new LastingErrors();
  const tried: { errors: unknown[] } = { errors: [] };
  let count = 0;
  for (const errors of tries) {
    count += 1;
    tried.errors = [...errors];
    lasting.ended(tried);
    if (tried.errors.length === 0) break;
  }
  lasting.giveBack();
  return [count, tried.errors];
}

test.each([
  ['late once', [[late], []], [2, []]],
  ['late once, told with its place', [[[late, new Error('here')]], []], [2, []]],
  ['late of a page', [[Object.assign(new Error('locator.waitFor'), { name: 'TimeoutError' })], []], [2, []]],
  ['late twice', [[late], [late]], [2, [late]]],
  ['wrong once', [[wrong], []], [1, [wrong]]],
  ['late and wrong once', [[late, wrong], []], [1, [late, wrong]]],
  ['late, then wrong', [[late], [wrong]], [2, [wrong]]],
  ['thrown what is no error', [['a word'], []], [1, ['a word']]],
])('a test that was %s', (_, tries, expected) => {
  expect(play(...tries)).toEqual(expected);
});

test('what waits too long says so by its name', async () => {
  await expect(waitFor('moon', () => false, 1)).rejects.toMatchObject({ name: 'LateError', message: 'no moon within 1 ms' });
});

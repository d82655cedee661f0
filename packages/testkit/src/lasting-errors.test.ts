import { expect, test } from '@jest/globals';
import { LastingErrors } from './lasting-errors.ts';
import { LateError, waitFor } from './wait-for.ts';

const late = new LateError('no height within 100 ms');
const wrong = new Error('two app hashes at height 7');

/** Plays a test's tries as jest-circus does. @returns what it ends with. */
function play(...tries: readonly (readonly unknown[])[]): readonly unknown[] {
  const lasting = new LastingErrors();
  const tried: { errors: unknown[] } = { errors: [] };
  for (const errors of tries) {
    tried.errors = [...errors];
    lasting.ended(tried);
    if (tried.errors.length === 0) break;
  }
  return tried.errors;
}

test.each([
  ['late once', [[late], []], []],
  ['late once, told with its place', [[[late, new Error('here')]], []], []],
  ['late of a page', [[Object.assign(new Error('locator.waitFor'), { name: 'TimeoutError' })], []], []],
  ['late twice', [[late], [late]], [late]],
  ['wrong once', [[wrong], []], [wrong]],
  ['late and wrong once', [[late, wrong], []], [late, wrong]],
  ['late, then wrong', [[late], [wrong]], [wrong]],
  ['thrown what is no error', [['a word'], []], ['a word']],
])('a test that was %s', (_, tries, expected) => {
  expect(play(...tries)).toEqual(expected);
});

test('what waits too long says so by its name', async () => {
  await expect(waitFor('moon', () => false, 1)).rejects.toMatchObject({ name: 'LateError', message: 'no moon within 1 ms' });
});

import { expect, test } from '@jest/globals';
import { whyNoKey } from './approver-key.ts';

test.each([
  ['unsupported', new DOMException('', 'NotSupportedError')],
  ['unsupported', new TypeError('crypto.subtle is undefined')],
  ['exists', new DOMException('', 'ConstraintError')],
  ['notKept', new DOMException('', 'QuotaExceededError')],
  ['notKept', new DOMException('', 'InvalidStateError')],
])('no key was made, %s, after %s', (why, error) => {
  expect(whyNoKey(error)).toBe(why);
});

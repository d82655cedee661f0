import { expect, test } from '@jest/globals';
import { placeOf } from './proposal-place.ts';

test('the same change on two ledgers has two places', () => {
  expect(placeOf({ network: 'courts', id: 'a' })).not.toBe(placeOf({ network: 'courts-2', id: 'a' }));
});

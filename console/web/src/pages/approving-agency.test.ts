import { expect, test } from '@jest/globals';
import { approvingAgency } from './approving-agency.ts';

test.each([
  ['the one that the person works for', { chosen: '', acting: 'court-2' }, 'court-2'],
  ['their first where they work for all', { chosen: '', acting: '' }, 'court-1'],
  ['their first where they work for another', { chosen: '', acting: 'hospital-1' }, 'court-1'],
  ['the chosen one', { chosen: 'court-2', acting: 'court-1' }, 'court-2'],
  ['the chosen one still, though it may approve no more', { chosen: 'police-1', acting: 'court-1' }, 'police-1'],
])('an approval is given in the name of %s', (_, some, expected) => {
  expect(approvingAgency({ mine: ['court-1', 'court-2'], ...some })).toBe(expected);
});

test('there is none for who owns none', () => {
  expect(approvingAgency({ mine: [], chosen: '', acting: '' })).toBe('');
});

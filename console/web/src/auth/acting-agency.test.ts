import { expect, test } from '@jest/globals';
import { actingAgencyIn, chooseAgency, watchAgency } from './acting-agency.ts';
import { memoryStore } from './testing/memory-store.ts';

test('the agency that somebody works for is kept in the tab, told to who watches, and taken back', () => {
  const store = memoryStore();
  const seen: string[] = [];
  const stop = watchAgency(() => seen.push(actingAgencyIn(store)));
  expect(actingAgencyIn(store)).toBe('');
  chooseAgency(store, 'hospital-2');
  expect(actingAgencyIn(store)).toBe('hospital-2');
  chooseAgency(store, '');
  stop();
  chooseAgency(store, 'traffic-police');
  expect(seen).toEqual(['hospital-2', '']);
});

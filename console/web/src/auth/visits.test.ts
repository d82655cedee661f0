import { expect, test } from '@jest/globals';
import { memoryStore } from './testing/memory-store.ts';
import { dropVisit, keepVisit, mayBeSignedIn } from './visits.ts';

test('a browser from which nobody has signed in shows the page for visitors at once', () => {
  const store = memoryStore();
  expect(mayBeSignedIn(store, '')).toBe(false);
  // A sign-in that comes back.
  expect(mayBeSignedIn(store, '#state=1&code=2')).toBe(true);
  keepVisit(store);
  expect(mayBeSignedIn(store, '')).toBe(true);
  dropVisit(store);
  expect(mayBeSignedIn(store, '')).toBe(false);
});

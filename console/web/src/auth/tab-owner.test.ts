import { describe, expect, test } from '@jest/globals';
import { actingAgencyIn, chooseAgency } from './acting-agency.ts';
import { keepDeepLink, takeDeepLink } from './deep-link.ts';
import { draftOver, keepDraft } from './drafts.ts';
import { giveTabTo } from './tab-owner.ts';
import { memoryStore } from './testing/memory-store.ts';

const FIRST = { name: '' };

/** A tab in which somebody worked until their session ended by time. */
function aUsedTab(subject: string) {
  const store = memoryStore();
  keepDeepLink(store, '/agencies/new');
  giveTabTo(store, subject);
  keepDraft(store, 'new-agency', { name: 'hospital-3' });
  chooseAgency(store, 'hospital-1');
  return store;
}

const leftIn = (store: ReturnType<typeof memoryStore>) => [
  draftOver(store, 'new-agency', FIRST).name,
  actingAgencyIn(store),
  takeDeepLink(store),
];

describe('what a person left in a tab', () => {
  test('is there when they sign in again', () => {
    const store = aUsedTab('person-1');
    giveTabTo(store, 'person-1');
    expect(leftIn(store)).toEqual(['hospital-3', 'hospital-1', '/agencies/new']);
  });

  test('is gone when somebody else signs in, whose tab it is from then on', () => {
    const store = aUsedTab('person-1');
    giveTabTo(store, 'person-2');
    expect(leftIn(store)).toEqual(['', '', undefined]);
    keepDraft(store, 'new-agency', { name: 'court-2' });
    giveTabTo(store, 'person-2');
    expect(leftIn(store)[0]).toBe('court-2');
    giveTabTo(store, 'person-1');
    expect(leftIn(store)[0]).toBe('');
  });
});

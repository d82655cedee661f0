import { describe, expect, test } from '@jest/globals';
import { draftOver, dropDraft, keepDraft } from './drafts.ts';
import { memoryStore } from './testing/memory-store.ts';

const FIRST = { name: '', memberships: ['city'], isOpen: false };

describe('drafts of forms', () => {
  test('come back as they were left', () => {
    const store = memoryStore();
    keepDraft(store, 'new-agency', { name: 'hospital-3', memberships: [], isOpen: true });
    expect(draftOver(store, 'new-agency', FIRST)).toEqual({ name: 'hospital-3', memberships: [], isOpen: true });
    expect(draftOver(store, 'another', FIRST)).toEqual(FIRST);
  });

  test('go when they are dropped', () => {
    const store = memoryStore();
    keepDraft(store, 'new-agency', { name: 'x' });
    dropDraft(store, 'new-agency');
    expect(draftOver(store, 'new-agency', FIRST)).toEqual(FIRST);
  });

  test('of another shape give only what still fits', () => {
    const store = memoryStore();
    keepDraft(store, 'new-agency', { name: 7, memberships: 'city', isOpen: true, gone: 'x' });
    expect(draftOver(store, 'new-agency', FIRST)).toEqual({ ...FIRST, isOpen: true });
  });

  test('that are not JSON, or larger than a form, are as none', () => {
    const store = memoryStore();
    store.setItem('civitas.draft.new-agency', '{');
    expect(draftOver(store, 'new-agency', FIRST)).toEqual(FIRST);
    keepDraft(store, 'large', { name: 'a'.repeat(70_000) });
    expect(draftOver(store, 'large', FIRST)).toEqual(FIRST);
  });
});

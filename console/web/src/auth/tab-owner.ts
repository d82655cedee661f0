import type { TextStore } from './deep-link.ts';

/** A tab's storage, as much of it as is used here. */
export interface TabStore extends TextStore {
  clear(): void;
}

const KEY = 'civitas.subject';

/**
 * Gives the tab to who is signed in. What another person left in it goes first: drafts, the agency they worked for, the page they were on.
 * A session that ended by time leaves them there, for its own person to find again.
 *
 * @param subject Who has just signed in.
 */
export function giveTabTo(store: TabStore, subject: string): void {
  const before = store.getItem(KEY);
  if (before === subject) return;
  if (before !== null) store.clear();
  store.setItem(KEY, subject);
}

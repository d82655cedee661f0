import type { TextStore } from './deep-link.ts';

/** Says that somebody has signed in from this browser and has not signed out; nothing of who. */
const KEY = 'civitas.visited';

export function keepVisit(store: TextStore): void {
  store.setItem(KEY, '1');
}

export function dropVisit(store: TextStore): void {
  store.removeItem(KEY);
}

/**
 * Whether it takes asking the identity provider to know what to show: where nobody has signed in from here, it is the page for visitors, until
 * the answer says otherwise.
 *
 * @param fragment of the address, in which a sign-in comes back.
 */
export function mayBeSignedIn(store: TextStore, fragment: string): boolean {
  return store.getItem(KEY) !== null || fragment !== '';
}

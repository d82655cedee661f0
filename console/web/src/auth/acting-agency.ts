import type { TextStore } from './deep-link.ts';

const KEY = 'civitas.agency';
const watchers = new Set<() => void>();

/** The agency that the person works for in this tab; empty for all of theirs. It goes with the tab and at sign-out, and gives no right. */
export function actingAgencyIn(store: TextStore): string {
  return store.getItem(KEY) ?? '';
}

export function chooseAgency(store: TextStore, agency: string): void {
  if (agency === '') store.removeItem(KEY);
  else store.setItem(KEY, agency);
  for (const watcher of watchers) watcher();
}

/** @returns ends it. */
export function watchAgency(watcher: () => void): () => void {
  watchers.add(watcher);
  return () => watchers.delete(watcher);
}

import type { TabStore } from '../tab-owner.ts';

/** A Storage that is as empty as a new tab's. */
export function memoryStore(): TabStore {
  const texts = new Map<string, string>();
  return {
    getItem: (key) => texts.get(key) ?? null,
    setItem: (key, value) => void texts.set(key, value),
    removeItem: (key) => void texts.delete(key),
    clear: () => texts.clear(),
  };
}

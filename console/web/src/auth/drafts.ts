import type { TextStore } from './deep-link.ts';

/** Drafts of forms live in the tab alone and go with it; signing out clears them. */
const PREFIX = 'civitas.draft.';
/** A form is a few kB; what is larger is not kept. */
const DRAFT_CHARS_MAX = 64 * 1024;

export function keepDraft(store: TextStore, form: string, draft: object): void {
  const text = JSON.stringify(draft);
  if (text.length <= DRAFT_CHARS_MAX) store.setItem(`${PREFIX}${form}`, text);
}

export function dropDraft(store: TextStore, form: string): void {
  store.removeItem(`${PREFIX}${form}`);
}

/**
 * The kept draft of a form over its first values: only fields the form has, and only of the same type.
 *
 * @param form Name of the form.
 * @param first Its first values, which are the shape of it.
 */
export function draftOver<Draft extends object>(store: TextStore, form: string, first: Draft): Draft {
  const text = store.getItem(`${PREFIX}${form}`);
  if (text === null) return first;
  try {
    const kept: unknown = JSON.parse(text);
    if (typeof kept !== 'object' || kept === null) return first;
    const same = Object.entries(kept).filter(([name, value]) => {
      const before: unknown = Reflect.get(first, name);
      return before !== undefined && typeof before === typeof value && Array.isArray(before) === Array.isArray(value) && value !== null;
    });
    return { ...first, ...Object.fromEntries(same) };
  } catch {
    return first;
  }
}

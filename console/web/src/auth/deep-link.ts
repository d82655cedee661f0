/** The part of Storage that is used, so that tests bring their own. */
export interface TextStore {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
  removeItem(key: string): void;
}

const KEY = 'civitas.deep-link';
/** Longer paths are not kept: none of ours is. */
const PATH_CHARS_MAX = 2000;

/** Whether a text is a path of this origin: one slash, nothing a browser would read as another host. */
export function isOwnPath(path: string): boolean {
  return /^\/(?![/\\])[^\\\s\p{Cc}]*$/u.test(path) && path.length <= PATH_CHARS_MAX;
}

export function keepDeepLink(store: TextStore, path: string): void {
  if (isOwnPath(path)) store.setItem(KEY, path);
}

/** The kept path, once. */
export function takeDeepLink(store: TextStore): string | undefined {
  const path = store.getItem(KEY);
  store.removeItem(KEY);
  return path !== null && isOwnPath(path) ? path : undefined;
}

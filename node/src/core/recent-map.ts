/**
 * A map that keeps what was set or asked for last: never more than `countMax` entries, never fewer than the half of it asked for last.
 *
 * Two generations instead of taking out the oldest key: a Map passes over every deleted key before its first, so that its oldest costs more
 * the longer it is used that way.
 */
export class RecentMap<Key, Value> {
  readonly #youngMax: number;
  #young = new Map<Key, Value>();
  #old = new Map<Key, Value>();

  /** @param countMax at least 2. */
  constructor(countMax: number) {
    this.#youngMax = Math.floor(countMax / 2);
  }

  get(key: Key): Value | undefined {
    const young = this.#young.get(key);
    if (young !== undefined) return young;
    const old = this.#old.get(key);
    if (old !== undefined) this.set(key, old);
    return old;
  }

  /** Without counting as asking for it. */
  has(key: Key): boolean {
    return this.#young.has(key) || this.#old.has(key);
  }

  set(key: Key, value: Value): void {
    if (this.#young.size >= this.#youngMax && !this.#young.has(key)) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(key, value);
  }

  delete(key: Key): void {
    this.#young.delete(key);
    this.#old.delete(key);
  }

  clear(): void {
    this.#young.clear();
    this.#old.clear();
  }
}

import { type Bytes, encodeCanonical, type JsonObject } from '@civitas/canon';
import { compareKeys } from './keys.ts';

/** A state record with the canonical bytes that the tree commits to. */
export interface StoredRecord {
  readonly record: JsonObject;
  readonly bytes: Bytes;
}

export interface KeyedRecord {
  readonly key: string;
  readonly record: JsonObject;
}

/** Keys that start with `prefix` and come after `after`, in order. */
export interface KeyRange {
  readonly prefix: string;
  readonly after?: string;
  readonly limit: number;
}

/** Records by key, in key order: the store, or changes laid over it. */
export interface RecordSource {
  get(key: string): JsonObject | undefined;
  scan(range: KeyRange): readonly KeyedRecord[];
  /** The last record whose key starts with `prefix` and comes before `before`. */
  findLast(prefix: string, before: string): KeyedRecord | undefined;
}

/** Changes that are not yet part of what lies below them; dropped by forgetting the overlay, kept by `mergeInto`. */
export class Overlay implements RecordSource {
  readonly #below: RecordSource;
  readonly #changes = new Map<string, StoredRecord | undefined>();

  constructor(below: RecordSource) {
    this.#below = below;
  }

  /** By key; undefined where the record is deleted. */
  get changes(): ReadonlyMap<string, StoredRecord | undefined> {
    return this.#changes;
  }

  get(key: string): JsonObject | undefined {
    if (this.#changes.size === 0) return this.#below.get(key);
    const own = this.#changes.get(key);
    return own !== undefined || this.#changes.has(key) ? own?.record : this.#below.get(key);
  }

  /** @param bytes canonical bytes of the record where the caller has them already. */
  put(key: string, record: JsonObject, bytes: Bytes = encodeCanonical(record)): void {
    this.#changes.set(key, { record, bytes });
  }

  delete(key: string): void {
    this.#changes.set(key, undefined);
  }

  scan(range: KeyRange): readonly KeyedRecord[] {
    const own = this.#within((key) => key.startsWith(range.prefix) && (range.after === undefined || compareKeys(key, range.after) > 0));
    // Every change can hide one record below, so that many more are asked for.
    const below = this.#below.scan({ ...range, limit: range.limit + own.size }).filter(({ key }) => !own.has(key));
    if (own.size === 0) return below;
    const merged = [...below, ...presentOf(own)].sort((left, right) => compareKeys(left.key, right.key));
    return merged.slice(0, range.limit);
  }

  findLast(prefix: string, before: string): KeyedRecord | undefined {
    const own = this.#within((key) => key.startsWith(prefix) && compareKeys(key, before) < 0);
    let below = this.#below.findLast(prefix, before);
    while (below !== undefined && own.has(below.key)) below = this.#below.findLast(prefix, below.key);
    const last = presentOf(own).sort((left, right) => compareKeys(right.key, left.key))[0];
    if (last === undefined) return below;
    return below !== undefined && compareKeys(below.key, last.key) > 0 ? below : last;
  }

  mergeInto(target: Overlay): void {
    this.#changes.forEach((stored, key) => target.#changes.set(key, stored));
  }

  #within(matches: (key: string) => boolean): Map<string, StoredRecord | undefined> {
    const within = new Map<string, StoredRecord | undefined>();
    for (const [key, stored] of this.#changes) if (matches(key)) within.set(key, stored);
    return within;
  }
}

function presentOf(changes: ReadonlyMap<string, StoredRecord | undefined>): KeyedRecord[] {
  const present: KeyedRecord[] = [];
  for (const [key, stored] of changes) if (stored !== undefined) present.push({ key, record: stored.record });
  return present;
}

/** No records: what genesis writes over. */
export const NO_RECORDS: RecordSource = { get: () => undefined, scan: () => [], findLast: () => undefined };

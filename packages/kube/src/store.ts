/** What a reflector knows of one kind: objects by key, and by the indexes asked for. */

import { type KubeObject, keyOf } from './resource.ts';

/** Values an object is found under in one index: owner uid, network name … */
export type IndexFunction<T> = (object: T) => readonly string[];

export interface Store<T extends KubeObject> {
  readonly size: number;
  /** `key` is `namespace/name`, or `name` for cluster-scoped kinds. */
  get(key: string): T | undefined;
  list(namespace?: string): readonly T[];
  keys(): readonly string[];
  /** Objects an index function gave this value for, in no particular order. Throws for an index nobody defined. */
  byIndex(index: string, value: string): readonly T[];
}

export interface WritableStore<T extends KubeObject> extends Store<T> {
  /** Returns the object it takes the place of. */
  put(object: T): T | undefined;
  remove(key: string): T | undefined;
}

/** An empty store. Objects are shared with every reader: nobody changes them. */
export function createStore<T extends KubeObject>(indexes: Readonly<Record<string, IndexFunction<T>>> = {}): WritableStore<T> {
  const objects = new Map<string, T>();
  const keysByIndex = new Map<string, Map<string, Set<string>>>(Object.keys(indexes).map((name) => [name, new Map()]));

  const unindex = (key: string, object: T): void => {
    for (const [name, valuesOf] of Object.entries(indexes)) {
      const keysByValue = keysByIndex.get(name);
      for (const value of valuesOf(object)) {
        const keys = keysByValue?.get(value);
        keys?.delete(key);
        if (keys?.size === 0) keysByValue?.delete(value);
      }
    }
  };

  const index = (key: string, object: T): void => {
    for (const [name, valuesOf] of Object.entries(indexes)) {
      const keysByValue = keysByIndex.get(name);
      for (const value of valuesOf(object)) {
        const keys = keysByValue?.get(value) ?? new Set();
        keysByValue?.set(value, keys.add(key));
      }
    }
  };

  return {
    get size() {
      return objects.size;
    },
    get: (key) => objects.get(key),
    list: (namespace) => [...objects.values()].filter((object) => namespace === undefined || object.metadata.namespace === namespace),
    keys: () => [...objects.keys()],
    byIndex(name, value) {
      const keysByValue = keysByIndex.get(name);
      if (keysByValue === undefined) throw new RangeError(`no index ${name}; defined: ${[...keysByIndex.keys()].join(', ') || 'none'}`);
      return [...(keysByValue.get(value) ?? [])].flatMap((key) => objects.get(key) ?? []);
    },
    put(object) {
      const key = keyOf(object.metadata);
      const previous = objects.get(key);
      if (previous !== undefined) unindex(key, previous);
      objects.set(key, object);
      index(key, object);
      return previous;
    },
    remove(key) {
      const previous = objects.get(key);
      if (previous === undefined) return undefined;
      unindex(key, previous);
      objects.delete(key);
      return previous;
    },
  };
}

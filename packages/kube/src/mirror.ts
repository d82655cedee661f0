/** A store kept equal to the server by lists and watch events, and the changes that doing so makes. No I/O. */

import { compareResourceVersions, type KubeObject, keyOf } from './resource.ts';
import { createStore, type IndexFunction, type Store } from './store.ts';
import type { WatchEvent } from './watch-stream.ts';

/** A difference between the store before and after. */
export interface Change<T extends KubeObject> {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly object: T;
  readonly previous?: T;
}

export interface Mirror<T extends KubeObject> {
  readonly store: Store<T>;
  /** Version up to which the store is complete; undefined before the first list and after `distrust`. */
  readonly version: string | undefined;
  /** True once the store has held the server's state at some moment. */
  readonly hasSynced: boolean;
  /** Makes the store equal to a full state; returns how many changes no watch had told of. */
  replace(objects: readonly T[], version: string): number;
  /** Takes one event of a watch opened at `version`. */
  apply(event: WatchEvent<T>): void;
  /** Forgets the version: the next state has to come from a list. */
  distrust(): void;
}

/** An empty mirror. */
export function createMirror<T extends KubeObject>(
  indexes: Readonly<Record<string, IndexFunction<T>>> | undefined,
  publish: (change: Change<T>) => void,
): Mirror<T> {
  const store = createStore<T>(indexes);
  let version: string | undefined;
  let hasSynced = false;

  const remove = (key: string, last?: T): void => {
    const previous = store.remove(key);
    if (previous !== undefined) publish({ type: 'DELETED', object: last ?? previous, previous });
  };

  const put = (object: T): void => {
    const key = keyOf(object.metadata);
    const known = store.get(key);
    // Deleted and made again under one name: two changes, so that whoever keeps state by uid lets go of the old one.
    if (known !== undefined && known.metadata.uid !== object.metadata.uid) remove(key);
    const previous = store.put(object);
    if (previous === undefined) publish({ type: 'ADDED', object });
    else if (previous.metadata.resourceVersion !== object.metadata.resourceVersion) publish({ type: 'MODIFIED', object, previous });
  };

  return {
    store,
    get version() {
      return version;
    },
    get hasSynced() {
      return hasSynced;
    },
    replace(objects, listVersion) {
      const present = new Map(objects.map((object) => [keyOf(object.metadata), object]));
      const gone = store.keys().filter((key) => !present.has(key));
      const isNews = ([key, object]: [string, T]) => store.get(key)?.metadata.resourceVersion !== object.metadata.resourceVersion;
      const missed = hasSynced ? gone.length + [...present].filter(isNews).length : 0;
      for (const key of gone) remove(key);
      for (const object of present.values()) put(object);
      version = listVersion;
      hasSynced = true;
      return missed;
    },
    apply({ type, object }) {
      const eventVersion = object.metadata.resourceVersion;
      // A watch repeats nothing at or below the version it was opened at; a proxy in between may.
      if (version !== undefined && compareResourceVersions(eventVersion, version) <= 0) return;
      if (type === 'DELETED') remove(keyOf(object.metadata), object);
      else if (type !== 'BOOKMARK') put(object);
      version = eventVersion;
    },
    distrust() {
      version = undefined;
    },
  };
}

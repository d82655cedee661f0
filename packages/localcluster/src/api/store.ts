import { open, type RootDatabase } from 'lmdb';
import { type ApiObject, isApiObject, type Json } from './json.ts';
import { watchWindowEventsMax } from './limits.ts';
import { expired } from './status-error.ts';

export interface StoreEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly object: ApiObject;
  /** The object before, for watches whose selector it leaves or enters. */
  readonly old: ApiObject | undefined;
  readonly version: number;
}

interface Change {
  readonly storeName: string;
  readonly event: StoreEvent;
}

interface Waiting {
  readonly changes: readonly Change[];
  readonly resolve: () => void;
  readonly reject: (cause: unknown) => void;
}

/** On-disk format; a store written by a later one is refused. */
export const storeFormat = 1;

interface Collection {
  /** What writers see: every accepted change. */
  readonly head: Map<string, ApiObject>;
  /** What readers and watches see: every change that is on disk. */
  readonly published: Map<string, ApiObject>;
  readonly window: StoreEvent[];
  /** Watches from before this version would miss changes. */
  compactedVersion: number;
  readonly listeners: Set<(event: StoreEvent) => void>;
  readonly acceptListeners: Set<(event: StoreEvent) => void>;
}

export function nameKey(namespace: string | undefined, name: string): string {
  return `${namespace ?? ''}/${name}`;
}

/**
 * The cluster's objects: all in memory, every change in LMDB before anybody is told of it.
 *
 * Writers read `head` and commit synchronously, so a read-change-write needs no lock; changes waiting for the disk share one
 * transaction, and readers see them only after it is flushed.
 */
export class ObjectStore {
  readonly #database: RootDatabase<Json, string>;
  readonly #onListenerFault: (cause: unknown) => void;
  readonly #collections = new Map<string, Collection>();
  #version = 0;
  readonly #startVersion: number;
  #publishedVersion = 0;
  #waiting: Waiting[] = [];
  #flushing: Promise<void> | undefined;
  #fault: unknown;

  /**
   * @param onListenerFault Told what a subscriber threw.
   * @throws Error when the folder was written by a later format.
   */
  constructor(folder: string, onListenerFault: (cause: unknown) => void) {
    this.#onListenerFault = onListenerFault;
    this.#database = open<Json, string>({ path: folder, encoding: 'json', compression: false, overlappingSync: false, maxDbs: 1 });
    const format = this.#database.get('meta/format');
    if (format !== undefined && format !== storeFormat) {
      throw new Error(
        `the store ${folder} has format ${JSON.stringify(format)}, this program reads format ${storeFormat}: start it with the version that wrote it`,
      );
    }
    const version = this.#database.get('meta/version');
    this.#version = typeof version === 'number' ? version : 1;
    this.#startVersion = this.#version;
    this.#publishedVersion = this.#version;
    for (const { key, value } of this.#database.getRange({ start: 'object/', end: 'object0' })) this.#load(key, value);
  }

  #load(key: string, value: Json): void {
    if (!isApiObject(value)) return;
    const [, group, plural] = key.split('/');
    const collection = this.#collection(`${group}/${plural}`);
    const id = nameKey(value.metadata.namespace, value.metadata.name);
    collection.head.set(id, value);
    collection.published.set(id, value);
  }

  #collection(storeName: string): Collection {
    let collection = this.#collections.get(storeName);
    if (collection === undefined) {
      collection = {
        head: new Map(),
        published: new Map(),
        window: [],
        compactedVersion: this.#startVersion,
        listeners: new Set(),
        acceptListeners: new Set(),
      };
      this.#collections.set(storeName, collection);
    }
    return collection;
  }

  /** The last version readers may see. */
  get version(): number {
    return this.#publishedVersion;
  }

  find(storeName: string, namespace: string | undefined, name: string): ApiObject | undefined {
    return this.#collections.get(storeName)?.published.get(nameKey(namespace, name));
  }

  findHead(storeName: string, namespace: string | undefined, name: string): ApiObject | undefined {
    return this.#collections.get(storeName)?.head.get(nameKey(namespace, name));
  }

  list(storeName: string, namespace?: string): ApiObject[] {
    return within(this.#collections.get(storeName)?.published, namespace);
  }

  listHead(storeName: string, namespace?: string): ApiObject[] {
    return within(this.#collections.get(storeName)?.head, namespace);
  }

  storeNames(): string[] {
    return [...this.#collections.keys()];
  }

  /**
   * Writes one object (`next` undefined removes it) and gives it the next version.
   *
   * @returns The object as stored, and a promise that resolves when it is on disk; it rejects when the disk failed.
   */
  commit(storeName: string, old: ApiObject | undefined, next: ApiObject | undefined): { object: ApiObject; durable: Promise<void> } {
    const given = next ?? old;
    if (given === undefined) throw new TypeError('a change has an object before or after it');
    if (this.#fault !== undefined) throw new Error('the store has failed to write; restart the server', { cause: this.#fault });
    this.#version += 1;
    const version = this.#version;
    const object: ApiObject = { ...given, metadata: { ...given.metadata, resourceVersion: String(version) } };
    const head = this.#collection(storeName).head;
    const id = nameKey(object.metadata.namespace, object.metadata.name);
    if (next === undefined) head.delete(id);
    else head.set(id, object);
    const type = next === undefined ? 'DELETED' : old === undefined ? 'ADDED' : 'MODIFIED';
    const durable = new Promise<void>((resolve, reject) => {
      this.#waiting.push({ changes: [{ storeName, event: { type, object, old, version } }], resolve, reject });
    });
    // Also writers that never wait must not turn a disk fault into an unhandled rejection; #fault stops the next write.
    durable.catch(() => undefined);
    this.#flushing ??= this.#flush();
    this.#tell(this.#collection(storeName).acceptListeners, { type, object, old, version });
    return { object, durable };
  }

  async #flush(): Promise<void> {
    await Promise.resolve();
    while (this.#waiting.length > 0) {
      const batch = this.#waiting;
      this.#waiting = [];
      try {
        await this.#persist(batch);
        for (const { changes, resolve } of batch) {
          for (const change of changes) this.#publish(change);
          resolve();
        }
      } catch (cause) {
        this.#fault = cause;
        for (const { reject } of batch) reject(cause);
      }
    }
    this.#flushing = undefined;
  }

  async #persist(batch: readonly Waiting[]): Promise<void> {
    await this.#database.transaction(() => {
      void this.#database.put('meta/format', storeFormat);
      for (const { changes } of batch) {
        for (const { storeName, event } of changes) {
          const key = `object/${storeName}/${nameKey(event.object.metadata.namespace, event.object.metadata.name)}`;
          if (event.type === 'DELETED') void this.#database.remove(key);
          else void this.#database.put(key, event.object);
          void this.#database.put('meta/version', event.version);
        }
      }
    });
  }

  #publish(change: Change): void {
    const collection = this.#collection(change.storeName);
    const { event } = change;
    const id = nameKey(event.object.metadata.namespace, event.object.metadata.name);
    if (event.type === 'DELETED') collection.published.delete(id);
    else collection.published.set(id, event.object);
    this.#publishedVersion = event.version;
    collection.window.push(event);
    if (collection.window.length > watchWindowEventsMax) {
      const gone = collection.window.shift();
      collection.compactedVersion = gone?.version ?? collection.compactedVersion;
    }
    this.#tell(collection.listeners, event);
  }

  #tell(listeners: ReadonlySet<(event: StoreEvent) => void>, event: StoreEvent): void {
    for (const listener of listeners) {
      try {
        listener(event);
      } catch (cause) {
        // A listener's fault is its own: the change is made, and the other listeners are owed it.
        this.#onListenerFault(cause);
      }
    }
  }

  /**
   * The changes after `version`, oldest first.
   *
   * @throws StatusError 410 when some of them are no longer remembered.
   */
  changesSince(storeName: string, version: number): StoreEvent[] {
    const collection = this.#collection(storeName);
    if (version < collection.compactedVersion) throw expired(`too old resource version: ${version} (${collection.compactedVersion})`);
    return collection.window.filter((event) => event.version > version);
  }

  /** Calls `listener` for every later change on disk, in order, until the returned function is called. */
  subscribe(storeName: string, listener: (event: StoreEvent) => void): () => void {
    const { listeners } = this.#collection(storeName);
    listeners.add(listener);
    return () => listeners.delete(listener);
  }

  /** Calls `listener` for every later change once it is accepted: what that commits is on disk and seen together with the change. */
  subscribeAccepted(storeName: string, listener: (event: StoreEvent) => void): () => void {
    const { acceptListeners } = this.#collection(storeName);
    acceptListeners.add(listener);
    return () => acceptListeners.delete(listener);
  }

  /** Waits for what is accepted to be on disk, then closes. */
  async close(): Promise<void> {
    while (this.#flushing !== undefined) await this.#flushing;
    await this.#database.close();
  }
}

function within(objects: Map<string, ApiObject> | undefined, namespace: string | undefined): ApiObject[] {
  const all = [...(objects?.values() ?? [])];
  const chosen = namespace === undefined ? all : all.filter((object) => object.metadata.namespace === namespace);
  return chosen.sort((left, right) => (sortKey(left) < sortKey(right) ? -1 : 1));
}

function sortKey(object: ApiObject): string {
  return nameKey(object.metadata.namespace, object.metadata.name);
}

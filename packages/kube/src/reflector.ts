/**
 * Keeps a store equal to what the API server has of one kind: list, then watch, for ever. It never stops by itself: every
 * failure ends in another try after a back-off, and a list after a gap is compared with the store so that nothing is missed.
 */

import { isApiError } from './api-error.ts';
import { type BackoffBounds, backoffMsOf, type Random } from './backoff.ts';
import { type Clock, sleep, systemClock } from './clock.ts';
import type { KubeClient } from './kube-client.ts';
import { reflectorBackoffMsMax, reflectorBackoffMsMin, watchHealthyMs, watchSilenceMsMax, watchTimeoutSecondsMin } from './limits.ts';
import { type Log, silentLog } from './log.ts';
import { type MetricsSink, noMetrics } from './metrics.ts';
import { compareResourceVersions, type KubeObject, keyOf, type Resource, resourceNameOf } from './resource.ts';
import { createStore, type IndexFunction, type Store } from './store.ts';
import type { WatchEvent } from './watch-stream.ts';

/** A difference between the store before and after. */
export interface Change<T extends KubeObject> {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly object: T;
  readonly previous?: T;
}

export interface ReflectorOptions<T extends KubeObject> {
  readonly client: Pick<KubeClient, 'listAll' | 'watch'>;
  readonly resource: Resource<T>;
  /** Left out: all namespaces. */
  readonly namespace?: string | undefined;
  readonly labelSelector?: string | undefined;
  readonly fieldSelector?: string | undefined;
  readonly indexes?: Readonly<Record<string, IndexFunction<T>>>;
  /** `watch-list` streams the first state as events (Kubernetes ≥ 1.32); falls back to pages where the server refuses it. */
  readonly initialState?: 'pages' | 'watch-list';
  readonly clock?: Clock;
  readonly random?: Random;
  readonly metrics?: MetricsSink;
  readonly log?: Log;
}

export interface Reflector<T extends KubeObject> {
  readonly resource: Resource<T>;
  readonly store: Store<T>;
  /** Changes from now on; objects already in the store come first, as ADDED. Returns what ends it. */
  subscribe(onChange: (change: Change<T>) => void): () => void;
  start(): void;
  stop(): Promise<void>;
  /** True once the store has held the server's state at some moment. */
  hasSynced(): boolean;
  /** Resolves when `hasSynced`; rejects when the signal aborts. */
  waitForSync(signal?: AbortSignal): Promise<void>;
  stats(): ReflectorStats;
}

/** Counters since start. `missed` counts changes only a relist showed: watches had lost them. */
export interface ReflectorStats {
  readonly lists: number;
  readonly watches: number;
  readonly failures: number;
  readonly missed: number;
  readonly lastContactUnixMs: number;
}

const backoff: BackoffBounds = { minMs: reflectorBackoffMsMin, maxMs: reflectorBackoffMsMax };

/** Why the reflector ended its own watch. */
class SilentWatch extends Error {}

/** Does nothing until `start`. */
export function createReflector<T extends KubeObject>(options: ReflectorOptions<T>): Reflector<T> {
  const { client, resource, clock = systemClock, random = Math.random, metrics = noMetrics, log = silentLog } = options;
  const store = createStore<T>(options.indexes);
  const subscribers = new Set<(change: Change<T>) => void>();
  const stopping = new AbortController();
  let resolveSynced = (): void => {};
  const synced = new Promise<void>((resolve) => {
    resolveSynced = resolve;
  });
  const selection = { namespace: options.namespace, labelSelector: options.labelSelector, fieldSelector: options.fieldSelector };
  const labels = { resource: resourceNameOf(resource) };
  const stats = { lists: 0, watches: 0, failures: 0, missed: 0, lastContactUnixMs: 0 };
  let watchListRefused = options.initialState !== 'watch-list';
  /** Version up to which the store is complete; undefined asks for a list. */
  let version: string | undefined;
  let isSynced = false;
  let running: Promise<void> | undefined;

  const publish = (change: Change<T>): void => {
    for (const onChange of subscribers) {
      try {
        onChange(change);
      } catch (error) {
        log.error({ ...labels, error }, 'a subscriber threw; the reflector goes on');
      }
    }
  };

  const put = (object: T): void => {
    const previous = store.put(object);
    if (previous === undefined) publish({ type: 'ADDED', object });
    else if (previous.metadata.resourceVersion !== object.metadata.resourceVersion) publish({ type: 'MODIFIED', object, previous });
  };

  const remove = (key: string, last?: T): void => {
    const previous = store.remove(key);
    if (previous !== undefined) publish({ type: 'DELETED', object: last ?? previous, previous });
  };

  /** Makes the store equal to a full state; what watches should have told us and did not is counted. */
  const replace = (objects: readonly T[], listVersion: string): void => {
    const present = new Map(objects.map((object) => [keyOf(object.metadata), object]));
    if (isSynced) countMissed(present);
    for (const key of store.keys()) {
      const next = present.get(key);
      // Deleted and made again under one name: two changes, so that whoever keeps state by uid lets go of the old one.
      if (next === undefined || next.metadata.uid !== store.get(key)?.metadata.uid) remove(key);
    }
    for (const object of present.values()) put(object);
    version = listVersion;
    if (isSynced) return;
    isSynced = true;
    resolveSynced();
  };

  const countMissed = (present: ReadonlyMap<string, T>): void => {
    const gone = store.keys().filter((key) => !present.has(key)).length;
    const differs = (object: T, key: string) => store.get(key)?.metadata.resourceVersion !== object.metadata.resourceVersion;
    const missed = gone + [...present].filter(([key, object]) => differs(object, key)).length;
    stats.missed += missed;
    if (missed > 0) metrics.count('reflector_missed_changes_total', labels, missed);
  };

  const onEvent = ({ type, object }: WatchEvent<T>): void => {
    const eventVersion = object.metadata.resourceVersion;
    // A watch repeats nothing at or below the version it was opened at; a proxy in between may.
    if (version !== undefined && compareResourceVersions(eventVersion, version) <= 0) return;
    if (type === 'DELETED') remove(keyOf(object.metadata), object);
    else if (type !== 'BOOKMARK') {
      const known = store.get(keyOf(object.metadata));
      if (known !== undefined && known.metadata.uid !== object.metadata.uid) remove(keyOf(object.metadata));
      put(object);
    }
    version = eventVersion;
  };

  const list = async (): Promise<void> => {
    stats.lists++;
    metrics.count('reflector_lists_total', labels, 1);
    const page = await client.listAll(resource, { ...selection, signal: stopping.signal });
    stats.lastContactUnixMs = clock.nowUnixMs();
    replace(page.items, page.metadata.resourceVersion);
  };

  /** One watch from `version`, or, without one, a watch-list that delivers the state first. Ends when the server closes it. */
  const watch = async (): Promise<void> => {
    stats.watches++;
    metrics.count('reflector_watches_total', labels, 1);
    const silence = new AbortController();
    const signal = AbortSignal.any([silence.signal, stopping.signal]);
    let cancelWatchdog = (): void => {};
    const petWatchdog = (): void => {
      cancelWatchdog();
      stats.lastContactUnixMs = clock.nowUnixMs();
      cancelWatchdog = clock.setTimer(watchSilenceMsMax, () => silence.abort(new SilentWatch()));
    };
    petWatchdog();
    try {
      const timeoutSeconds = Math.floor(watchTimeoutSecondsMin * (1 + random()));
      const initial = version === undefined ? { sendInitialEvents: true, resourceVersionMatch: 'NotOlderThan' as const } : {};
      const common = { ...selection, ...initial, allowWatchBookmarks: true, timeoutSeconds, signal };
      const stream = await client.watch(resource, { ...common, resourceVersion: version });
      let pending: Map<string, T> | undefined = version === undefined ? new Map() : undefined;
      for await (const event of stream) {
        petWatchdog();
        if (pending === undefined) onEvent(event);
        else if (!isEndOfInitialState(event)) pending.set(keyOf(event.object.metadata), event.object);
        else {
          replace([...pending.values()], event.object.metadata.resourceVersion);
          pending = undefined;
        }
      }
    } catch (error) {
      if (silence.signal.aborted) throw new SilentWatch(`no event and no bookmark for ${watchSilenceMsMax} ms`);
      throw error;
    } finally {
      cancelWatchdog();
    }
  };

  const step = async (): Promise<void> => {
    if (version === undefined && watchListRefused) await list();
    try {
      await watch();
    } catch (error) {
      const refused = version === undefined && isApiError(error) && (error.status === 422 || error.status === 400);
      if (!refused) throw error;
      log.info({ ...labels, error: error.message }, 'the server refuses watch-list; listing in pages');
      watchListRefused = true;
    }
  };

  const run = async (): Promise<void> => {
    let failures = 0;
    while (!stopping.signal.aborted) {
      const startedUnixMs = clock.nowUnixMs();
      const versionBefore = version;
      try {
        await step();
        failures = clock.nowUnixMs() - startedUnixMs >= watchHealthyMs || version !== versionBefore ? 0 : failures + 1;
      } catch (error) {
        if (stopping.signal.aborted) return;
        const healthy = clock.nowUnixMs() - startedUnixMs >= watchHealthyMs;
        failures = healthy ? 1 : failures + 1;
        stats.failures++;
        metrics.count('reflector_failures_total', labels, 1);
        // Any refusal of our version (410 Expired, a version of a restored server's future) is answered by a fresh list.
        if (isApiError(error) && error.status >= 400 && error.status < 500 && error.status !== 429) version = undefined;
        if (isApiError(error, 'Timeout')) version = undefined;
        log.debug({ ...labels, failures, error: error instanceof Error ? error.message : String(error) }, 'watch or list failed');
      }
      if (failures > 0) await sleep(clock, backoffMsOf(failures, backoff, random), stopping.signal);
    }
  };

  return {
    resource,
    store,
    subscribe(onChange) {
      subscribers.add(onChange);
      for (const object of store.list()) onChange({ type: 'ADDED', object });
      return () => subscribers.delete(onChange);
    },
    start() {
      running ??= run();
    },
    async stop() {
      stopping.abort();
      await running;
    },
    hasSynced: () => isSynced,
    waitForSync(signal) {
      if (signal === undefined) return synced;
      const aborted = new Promise<never>((_, reject) => {
        if (signal.aborted) reject(signal.reason);
        signal.addEventListener('abort', () => reject(signal.reason), { once: true });
      });
      return Promise.race([synced, aborted]);
    },
    stats: () => ({ ...stats }),
  };
}

function isEndOfInitialState(event: WatchEvent): boolean {
  return event.type === 'BOOKMARK' && event.object.metadata.annotations?.['k8s.io/initial-events-end'] === 'true';
}

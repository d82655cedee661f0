/**
 * Keeps a store equal to what the API server has of one kind: list, then watch, for ever. It never stops by itself: every
 * failure ends in another try after a back-off, and a list after a gap is compared with the store so that nothing is missed.
 */

import { isApiError } from './api-error.ts';
import { type BackoffBounds, backoffMsOf, type Random } from './backoff.ts';
import { type Clock, sleep, systemClock } from './clock.ts';
import type { KubeClient } from './kube-client.ts';
import {
  reflectorBackoffMsMax,
  reflectorBackoffMsMin,
  reflectorFailuresTold,
  retryAfterHonouredMsMax,
  watchHealthyMs,
  watchSilenceMsMax,
  watchTimeoutSecondsMin,
} from './limits.ts';
import { type Log, silentLog } from './log.ts';
import { type MetricsSink, noMetrics } from './metrics.ts';
import { type Change, createMirror, type Mirror } from './mirror.ts';
import { type KubeObject, keyOf, type ObjectMeta, type Resource, resourceNameOf } from './resource.ts';
import type { IndexFunction, Store } from './store.ts';
import { MalformedEvent, type WatchEvent } from './watch-stream.ts';

export interface ReflectorOptions<T extends KubeObject> {
  readonly client: Pick<KubeClient, 'listAll' | 'watch'>;
  readonly resource: Resource<T>;
  /** Left out: all namespaces. */
  readonly namespace?: string | undefined;
  readonly labelSelector?: string | undefined;
  readonly fieldSelector?: string | undefined;
  readonly indexes?: Readonly<Record<string, IndexFunction<T>>>;
  /** What of each object is kept, with its metadata's uid and version; default all but `managedFields`, which no reader of a store needs. */
  readonly keep?: (object: T) => T;
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
  /** False once the server has answered that it serves no such kind, until it does; the store is empty meanwhile and goes on being tried. */
  isServed(): boolean;
  /** Resolves when `hasSynced`, or as soon as the kind is known not to be served; rejects when the signal aborts. */
  waitForAnswer(signal?: AbortSignal): Promise<void>;
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
class SilentWatch extends Error {
  constructor() {
    super(`no event and no bookmark for ${watchSilenceMsMax} ms`);
  }
}

/** Does nothing until `start`. */
export function createReflector<T extends KubeObject>(options: ReflectorOptions<T>): Reflector<T> {
  return new WatchReflector(options);
}

class WatchReflector<T extends KubeObject> implements Reflector<T> {
  readonly resource: Resource<T>;
  readonly #client: Pick<KubeClient, 'listAll' | 'watch'>;
  readonly #selection: Pick<ReflectorOptions<T>, 'namespace' | 'labelSelector' | 'fieldSelector'>;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #metrics: MetricsSink;
  readonly #log: Log;
  readonly #labels: { readonly resource: string };
  readonly #mirror: Mirror<T>;
  readonly #keep: (object: T) => T;
  readonly #subscribers = new Set<(change: Change<T>) => void>();
  readonly #stopping = new AbortController();
  readonly #synced: Promise<void>;
  readonly #answered: Promise<void>;
  readonly #stats = { lists: 0, watches: 0, failures: 0, missed: 0, lastContactUnixMs: 0 };
  #resolveSynced = (): void => {};
  #resolveAnswered = (): void => {};
  #isServed = true;
  #isPaged: boolean;
  #running: Promise<void> | undefined;

  constructor(options: ReflectorOptions<T>) {
    const { namespace, labelSelector, fieldSelector } = options;
    this.resource = options.resource;
    this.#client = options.client;
    this.#selection = { namespace, labelSelector, fieldSelector };
    this.#clock = options.clock ?? systemClock;
    this.#random = options.random ?? Math.random;
    this.#keep = options.keep ?? withoutManagedFields;
    this.#metrics = options.metrics ?? noMetrics;
    this.#log = options.log ?? silentLog;
    this.#labels = { resource: resourceNameOf(options.resource) };
    this.#mirror = createMirror(options.indexes, (change) => this.#publish(change));
    this.#isPaged = options.initialState !== 'watch-list';
    this.#synced = new Promise((resolve) => {
      this.#resolveSynced = resolve;
    });
    this.#answered = new Promise((resolve) => {
      this.#resolveAnswered = resolve;
    });
  }

  get store(): Store<T> {
    return this.#mirror.store;
  }

  subscribe(onChange: (change: Change<T>) => void): () => void {
    this.#subscribers.add(onChange);
    for (const object of this.store.list()) onChange({ type: 'ADDED', object });
    return () => this.#subscribers.delete(onChange);
  }

  start(): void {
    this.#running ??= this.#run();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
  }

  hasSynced(): boolean {
    return this.#mirror.hasSynced;
  }

  waitForSync(signal?: AbortSignal): Promise<void> {
    return unlessAborted(this.#synced, signal);
  }

  isServed(): boolean {
    return this.#isServed;
  }

  waitForAnswer(signal?: AbortSignal): Promise<void> {
    return unlessAborted(this.#answered, signal);
  }

  stats(): ReflectorStats {
    return { ...this.#stats };
  }

  async #run(): Promise<void> {
    let failures = 0;
    while (!this.#stopping.signal.aborted) {
      const startedMs = this.#clock.monotonicMs();
      const versionBefore = this.#mirror.version;
      const isHealthy = (): boolean => this.#clock.monotonicMs() - startedMs >= watchHealthyMs;
      let askedMs = 0;
      try {
        if (this.#mirror.version === undefined && this.#isPaged) await this.#list();
        await this.#watch();
        failures = isHealthy() || this.#mirror.version !== versionBefore ? 0 : failures + 1;
      } catch (error) {
        if (this.#stopping.signal.aborted) return;
        failures = isHealthy() ? 1 : failures + 1;
        this.#onFailure(error, failures);
        askedMs = Math.min(retryAfterHonouredMsMax, (isApiError(error) ? error.retryAfterMs : undefined) ?? 0);
      }
      const waitMs = Math.max(askedMs, failures > 0 ? backoffMsOf(failures, backoff, this.#random) : 0);
      if (waitMs > 0) await sleep(this.#clock, waitMs, this.#stopping.signal);
    }
  }

  #onFailure(error: unknown, failures: number): void {
    this.#stats.failures++;
    this.#metrics.count('reflector_failures_total', this.#labels, 1);
    const facts = { ...this.#labels, failures, error: error instanceof Error ? error.message : String(error) };
    // One that fails again and again keeps whoever waits for its sync from starting: a kind that is not served, rights that are missing.
    if (failures % reflectorFailuresTold === 0) this.#log.warn(facts, 'lists or watches fail again and again; they are tried on');
    else this.#log.debug(facts, 'a list or watch failed');
    // What cannot be read would be sent again at the same version: a list goes around it.
    if (error instanceof MalformedEvent) this.#mirror.distrust();
    if (!isApiError(error)) return;
    // A whole kind is not found only where its definition is not there.
    if (error.status === 404 && !this.#mirror.hasSynced) {
      this.#isServed = false;
      this.#resolveAnswered();
    }
    if (this.#mirror.version === undefined && (error.status === 422 || error.status === 400)) this.#isPaged = true;
    // Any refusal of our version (410 Expired, a version of a restored server's future) is answered by a fresh list.
    if ((error.status >= 400 && error.status < 500 && error.status !== 429) || error.reason === 'Timeout') this.#mirror.distrust();
  }

  async #list(): Promise<void> {
    this.#stats.lists++;
    this.#metrics.count('reflector_lists_total', this.#labels, 1);
    const page = await this.#client.listAll(this.resource, { ...this.#selection, signal: this.#stopping.signal });
    this.#stats.lastContactUnixMs = this.#clock.nowUnixMs();
    this.#replace(page.items.map(this.#keep), page.metadata.resourceVersion);
  }

  /** One watch from the mirror's version, or, without one, a watch-list that delivers the state first. Ends when the server closes it. */
  async #watch(): Promise<void> {
    this.#stats.watches++;
    this.#metrics.count('reflector_watches_total', this.#labels, 1);
    const silence = new AbortController();
    let cancelWatchdog = (): void => {};
    const petWatchdog = (): void => {
      cancelWatchdog();
      this.#stats.lastContactUnixMs = this.#clock.nowUnixMs();
      cancelWatchdog = this.#clock.setTimer(watchSilenceMsMax, () => silence.abort());
    };
    petWatchdog();
    try {
      const stream = await this.#open(AbortSignal.any([silence.signal, this.#stopping.signal]));
      let initial: Map<string, T> | undefined = this.#mirror.version === undefined ? new Map() : undefined;
      for await (const event of stream) {
        petWatchdog();
        if (initial === undefined) this.#mirror.apply(this.#kept(event));
        else if (!isEndOfInitialState(event)) initial.set(keyOf(event.object.metadata), this.#keep(event.object));
        else {
          this.#replace([...initial.values()], event.object.metadata.resourceVersion);
          initial = undefined;
        }
      }
    } catch (error) {
      throw silence.signal.aborted ? new SilentWatch() : error;
    } finally {
      cancelWatchdog();
    }
  }

  /** A bookmark is no whole object. */
  #kept(event: WatchEvent<T>): WatchEvent<T> {
    return event.type === 'BOOKMARK' ? event : { type: event.type, object: this.#keep(event.object) };
  }

  #open(signal: AbortSignal): Promise<AsyncGenerator<WatchEvent<T>>> {
    const timeoutSeconds = Math.floor(watchTimeoutSecondsMin * (1 + this.#random()));
    const { version } = this.#mirror;
    const from =
      version === undefined ? { sendInitialEvents: true, resourceVersionMatch: 'NotOlderThan' as const } : { resourceVersion: version };
    return this.#client.watch(this.resource, { ...this.#selection, ...from, allowWatchBookmarks: true, timeoutSeconds, signal });
  }

  #replace(objects: readonly T[], version: string): void {
    const missed = this.#mirror.replace(objects, version);
    this.#stats.missed += missed;
    if (missed > 0) this.#metrics.count('reflector_missed_changes_total', this.#labels, missed);
    this.#isServed = true;
    this.#resolveSynced();
    this.#resolveAnswered();
  }

  #publish(change: Change<T>): void {
    for (const onChange of this.#subscribers) {
      try {
        onChange(change);
      } catch (error) {
        this.#log.error({ ...this.#labels, error }, 'a subscriber threw; the reflector goes on');
      }
    }
  }
}

function unlessAborted(promise: Promise<void>, signal: AbortSignal | undefined): Promise<void> {
  if (signal === undefined) return promise;
  const aborted = new Promise<never>((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
  return Promise.race([promise, aborted]);
}

/** Who set which field: often larger than the object, and for the API server alone. */
export function withoutManagedFields<T extends KubeObject>(object: T): T {
  const { managedFields: _managedFields, ...metadata }: ObjectMeta & { readonly managedFields?: unknown } = object.metadata;
  return { ...object, metadata };
}

function isEndOfInitialState(event: WatchEvent): boolean {
  return event.type === 'BOOKMARK' && event.object.metadata.annotations?.['k8s.io/initial-events-end'] === 'true';
}

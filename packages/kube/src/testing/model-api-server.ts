/** An API server of one kind without a network: a version history on a manual clock, and every way a watch is known to go wrong. */

import { ApiError, type StatusReason } from '../api-error.ts';
import type { Random } from '../backoff.ts';
import type { ConfigMap } from '../core-resources.ts';
import type { KubeClient, ListOptions, WatchOptions } from '../kube-client.ts';
import type { KubeList } from '../resource.ts';
import { MalformedEvent, type WatchEvent } from '../watch-stream.ts';
import type { ManualClock } from './manual-clock.ts';

type Event = WatchEvent<ConfigMap>;

export interface ModelApiServer {
  readonly client: Pick<KubeClient, 'listAll' | 'watch'>;
  put(name: string): void;
  remove(name: string): void;
  /** Forgets history: watches from before get 410. */
  compact(): void;
  cutWatches(): void;
  /** Watches stay open and say nothing more, as over a connection whose far end is gone. */
  deafenWatches(): void;
  /** Sends the newest version, an old one, or the last event once more. */
  bookmark(kind: 'newest' | 'late' | 'twice'): void;
  /** Sends a line that is no event. */
  garble(): void;
  /** Refuses everything until this much time has passed, and starts without history. */
  restart(downMs: number): void;
  /** Share of requests that fail or are slow from now on, 0 … 1. */
  setFaultRate(rate: number): void;
  /** Versions by name. */
  state(): ReadonlyMap<string, string>;
  readonly counts: Readonly<Record<string, number>>;
  openWatches(): number;
}

interface OpenWatch {
  readonly push: (event: Event) => void;
  readonly fail: (error: Error) => void;
  readonly end: () => void;
  deaf: boolean;
}

const SLOW_MS_MAX = 90_000;
const HANG_MS = 30_000;

const refusal = (status: number, reason: StatusReason, retryAfterMs?: number): ApiError =>
  new ApiError({ status, reason, message: `injected ${reason}`, retryAfterMs });

export function createModelApiServer(clock: ManualClock, random: Random): ModelApiServer {
  return new ModelServer(clock, random);
}

const objectOf = (name: string, uid: string, version: number): ConfigMap => {
  const metadata = { name, namespace: 'n', uid, resourceVersion: String(version), creationTimestamp: '' };
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata };
};

const bookmarkAt = (version: number, annotations: Readonly<Record<string, string>> = {}): Event => {
  const object = objectOf('', '', version);
  return { type: 'BOOKMARK', object: { ...object, metadata: { ...object.metadata, annotations } } };
};

class ModelServer implements ModelApiServer {
  readonly counts: Record<string, number> = {};
  readonly client: ModelApiServer['client'];
  readonly #clock: ManualClock;
  readonly #random: Random;
  readonly #objects = new Map<string, ConfigMap>();
  readonly #watches = new Set<OpenWatch>();
  #history: { readonly version: number; readonly event: Event }[] = [];
  #version = 1000;
  #compactedVersion = 0;
  #faultRate = 0;
  #upAtMs = 0;

  constructor(clock: ManualClock, random: Random) {
    this.#clock = clock;
    this.#random = random;
    this.client = {
      listAll: ((_resource: unknown, _options?: ListOptions) => this.#listAll()) as KubeClient['listAll'],
      watch: ((_resource: unknown, options: WatchOptions = {}) => this.#watch(options)) as KubeClient['watch'],
    };
  }

  put(name: string): void {
    this.#version += 1 + Math.floor(this.#random() * 3);
    const previous = this.#objects.get(name);
    const object = objectOf(name, previous?.metadata.uid ?? `uid-${this.#version}`, this.#version);
    this.#objects.set(name, object);
    this.#record(previous === undefined ? 'ADDED' : 'MODIFIED', object);
  }

  remove(name: string): void {
    const previous = this.#objects.get(name);
    if (previous === undefined) return;
    this.#version++;
    this.#objects.delete(name);
    this.#record('DELETED', objectOf(name, previous.metadata.uid, this.#version));
  }

  compact(): void {
    this.#history = [];
    this.#compactedVersion = this.#version;
  }

  cutWatches(): void {
    for (const open of this.#watches) open.fail(refusal(0, 'ConnectionFailed'));
  }

  deafenWatches(): void {
    for (const open of this.#watches) open.deaf = true;
  }

  bookmark(kind: 'newest' | 'late' | 'twice'): void {
    const last = this.#history.at(-1);
    if (kind === 'newest') this.#send(bookmarkAt(this.#version));
    else if (kind === 'late') this.#send(bookmarkAt(this.#version - 1 - Math.floor(this.#random() * 50)));
    else if (last !== undefined) this.#send(last.event);
  }

  garble(): void {
    for (const open of this.#watches) open.fail(new MalformedEvent('injected'));
  }

  restart(downMs: number): void {
    this.#upAtMs = this.#clock.monotonicMs() + downMs;
    this.cutWatches();
    this.compact();
  }

  setFaultRate(rate: number): void {
    this.#faultRate = rate;
  }

  state(): ReadonlyMap<string, string> {
    return new Map([...this.#objects].map(([name, { metadata }]) => [name, metadata.resourceVersion]));
  }

  openWatches(): number {
    return this.#watches.size;
  }

  #count(what: string): void {
    this.counts[what] = (this.counts[what] ?? 0) + 1;
  }

  #send(event: Event): void {
    for (const watch of this.#watches) watch.push(event);
  }

  #record(type: 'ADDED' | 'MODIFIED' | 'DELETED', object: ConfigMap): void {
    const event = { type, object };
    this.#history.push({ version: this.#version, event });
    this.#send(event);
  }

  #later(ms: number): Promise<void> {
    return new Promise((resolve) => void this.#clock.setTimer(ms, resolve));
  }

  /** What may happen to any request before it is answered. */
  async #gate(): Promise<void> {
    if (this.#clock.monotonicMs() < this.#upAtMs) throw refusal(0, 'ConnectionFailed');
    if (this.#random() >= this.#faultRate) return;
    const kind = ['500', '429', 'timeout', 'slow', 'refused', '504', 'slow'][Math.floor(this.#random() * 7)] ?? '500';
    this.#count(kind);
    if (kind === '500') throw refusal(500, 'InternalError');
    if (kind === '429') throw refusal(429, 'TooManyRequests', 1000 * Math.ceil(this.#random() * 120));
    if (kind === '504') throw refusal(504, 'Timeout');
    if (kind === 'refused') throw refusal(0, 'ConnectionFailed');
    await this.#later(kind === 'timeout' ? HANG_MS : this.#random() * SLOW_MS_MAX);
    if (kind === 'timeout') throw refusal(0, 'ConnectionFailed');
  }

  async #listAll(): Promise<KubeList<ConfigMap>> {
    this.#count('lists');
    // The snapshot is taken first and arrives late: everything written meanwhile has to come by the watch.
    const snapshot = { metadata: { resourceVersion: String(this.#version) }, items: [...this.#objects.values()] };
    const takenAt = this.#version;
    await this.#gate();
    if (takenAt < this.#compactedVersion && this.#random() < 0.3) throw refusal(410, 'Expired');
    return snapshot;
  }

  async #watch(options: WatchOptions): Promise<AsyncGenerator<Event>> {
    this.#count('watches');
    await this.#gate();
    const pending: (Event | Error | 'end')[] = [];
    let wake = (): void => {};
    const add = (item: Event | Error | 'end'): void => {
      pending.push(item);
      wake();
    };
    // Nothing arrives any more from a far end that is gone, not even the end.
    const tell = (item: Event | Error | 'end'): void => {
      if (!open.deaf) add(item);
    };
    const open: OpenWatch = { push: tell, fail: tell, end: () => tell('end'), deaf: false };
    for (const item of this.#opening(options)) add(item);
    this.#watches.add(open);
    const cancel = this.#clock.setTimer((options.timeoutSeconds ?? 300) * 1000, open.end);
    const aborted = (): void => add(refusal(0, 'ConnectionFailed'));
    options.signal?.addEventListener('abort', aborted, { once: true });
    const close = (): void => {
      cancel();
      options.signal?.removeEventListener('abort', aborted);
      this.#watches.delete(open);
    };
    return (async function* () {
      try {
        for (;;) {
          const item = pending.shift();
          if (item === 'end') return;
          if (item instanceof Error) throw item;
          if (item !== undefined) yield item;
          else await new Promise<void>((resolve) => (wake = resolve));
        }
      } finally {
        close();
      }
    })();
  }

  /** What a watch begins with: the first state where it asks for that, else what it has missed, or that this is forgotten. */
  #opening(options: WatchOptions): readonly (Event | Error)[] {
    if (options.sendInitialEvents === true) {
      const added = [...this.#objects.values()].map((object): Event => ({ type: 'ADDED', object }));
      return [...added, bookmarkAt(this.#version, { 'k8s.io/initial-events-end': 'true' })];
    }
    const from = Number(options.resourceVersion);
    if (from >= this.#compactedVersion) return this.#history.filter(({ version }) => version > from).map(({ event }) => event);
    this.#count('410');
    if (this.#random() < 0.5) throw refusal(410, 'Expired');
    return [refusal(410, 'Gone')];
  }
}

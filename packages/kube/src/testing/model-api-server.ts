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
  const objects = new Map<string, ConfigMap>();
  const watches = new Set<OpenWatch>();
  const counts: Record<string, number> = {};
  let history: { readonly version: number; readonly event: Event }[] = [];
  let version = 1000;
  let compactedVersion = 0;
  let faultRate = 0;
  let upAtMs = 0;

  const count = (what: string): void => {
    counts[what] = (counts[what] ?? 0) + 1;
  };
  const later = (ms: number): Promise<void> => new Promise((resolve) => void clock.setTimer(ms, resolve));
  const send = (event: Event): void => {
    for (const watch of watches) watch.push(event);
  };
  const record = (type: 'ADDED' | 'MODIFIED' | 'DELETED', object: ConfigMap): void => {
    const event = { type, object };
    history.push({ version, event });
    send(event);
  };
  const objectOf = (name: string, uid: string): ConfigMap => {
    const metadata = { name, namespace: 'n', uid, resourceVersion: String(version), creationTimestamp: '' };
    return { apiVersion: 'v1', kind: 'ConfigMap', metadata };
  };
  const bookmarkAt = (at: number, annotations: Readonly<Record<string, string>> = {}): Event => {
    const object = objectOf('', '');
    return { type: 'BOOKMARK', object: { ...object, metadata: { ...object.metadata, resourceVersion: String(at), annotations } } };
  };

  /** What may happen to any request before it is answered. */
  const gate = async (): Promise<void> => {
    if (clock.monotonicMs() < upAtMs) throw refusal(0, 'ConnectionFailed');
    if (random() >= faultRate) return;
    const kind = ['500', '429', 'timeout', 'slow', 'refused', '504', 'slow'][Math.floor(random() * 7)] ?? '500';
    count(kind);
    if (kind === '500') throw refusal(500, 'InternalError');
    if (kind === '429') throw refusal(429, 'TooManyRequests', 1000 * Math.ceil(random() * 120));
    if (kind === '504') throw refusal(504, 'Timeout');
    if (kind === 'refused') throw refusal(0, 'ConnectionFailed');
    await later(kind === 'timeout' ? HANG_MS : random() * SLOW_MS_MAX);
    if (kind === 'timeout') throw refusal(0, 'ConnectionFailed');
  };

  const listAll = async (): Promise<KubeList<ConfigMap>> => {
    count('lists');
    // The snapshot is taken first and arrives late: everything written meanwhile has to come by the watch.
    const snapshot = { metadata: { resourceVersion: String(version) }, items: [...objects.values()] };
    const takenAt = version;
    await gate();
    if (takenAt < compactedVersion && random() < 0.3) throw refusal(410, 'Expired');
    return snapshot;
  };

  const watch = async (options: WatchOptions): Promise<AsyncGenerator<Event>> => {
    count('watches');
    await gate();
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
    if (options.sendInitialEvents === true) {
      for (const object of objects.values()) add({ type: 'ADDED', object });
      add(bookmarkAt(version, { 'k8s.io/initial-events-end': 'true' }));
    } else {
      const from = Number(options.resourceVersion);
      if (from < compactedVersion) {
        count('410');
        if (random() < 0.5) throw refusal(410, 'Expired');
        add(refusal(410, 'Gone'));
      }
      for (const entry of history) if (entry.version > from) add(entry.event);
    }
    watches.add(open);
    const cancel = clock.setTimer((options.timeoutSeconds ?? 300) * 1000, open.end);
    const aborted = (): void => add(refusal(0, 'ConnectionFailed'));
    options.signal?.addEventListener('abort', aborted, { once: true });
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
        cancel();
        options.signal?.removeEventListener('abort', aborted);
        watches.delete(open);
      }
    })();
  };

  return {
    client: {
      listAll: ((_resource: unknown, _options?: ListOptions) => listAll()) as KubeClient['listAll'],
      watch: ((_resource: unknown, options: WatchOptions = {}) => watch(options)) as KubeClient['watch'],
    },
    counts,
    put(name) {
      version += 1 + Math.floor(random() * 3);
      const previous = objects.get(name);
      const object = objectOf(name, previous?.metadata.uid ?? `uid-${version}`);
      objects.set(name, object);
      record(previous === undefined ? 'ADDED' : 'MODIFIED', object);
    },
    remove(name) {
      const previous = objects.get(name);
      if (previous === undefined) return;
      version++;
      objects.delete(name);
      record('DELETED', objectOf(name, previous.metadata.uid));
    },
    compact() {
      history = [];
      compactedVersion = version;
    },
    cutWatches() {
      for (const open of watches) open.fail(refusal(0, 'ConnectionFailed'));
    },
    deafenWatches() {
      for (const open of watches) open.deaf = true;
    },
    bookmark(kind) {
      const last = history.at(-1);
      if (kind === 'newest') send(bookmarkAt(version));
      else if (kind === 'late') send(bookmarkAt(version - 1 - Math.floor(random() * 50)));
      else if (last !== undefined) send(last.event);
    },
    garble() {
      for (const open of watches) open.fail(new MalformedEvent('injected'));
    },
    restart(downMs) {
      upAtMs = clock.monotonicMs() + downMs;
      this.cutWatches();
      this.compact();
    },
    setFaultRate(rate) {
      faultRate = rate;
    },
    state: () => new Map([...objects].map(([name, { metadata }]) => [name, metadata.resourceVersion])),
    openWatches: () => watches.size,
  };
}

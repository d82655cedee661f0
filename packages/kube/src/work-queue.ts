/**
 * Keys waiting to be reconciled, with client-go's promises: a key is never given to two workers at once, a key touched while
 * it is worked on comes again afterwards, and many touches before that are one.
 */

import { type BackoffBounds, backoffMsOf, type Random } from './backoff.ts';
import { type Clock, systemClock } from './clock.ts';
import { queueBackoffMsMax, queueBackoffMsMin } from './limits.ts';
import { type MetricsSink, noMetrics } from './metrics.ts';

/** A change somebody made goes before a periodic look. */
export type Priority = 'change' | 'resync';

export interface WorkQueueOptions {
  /** Label `name` of the metrics. */
  readonly name: string;
  readonly clock?: Clock;
  readonly random?: Random;
  readonly metrics?: MetricsSink;
  readonly backoff?: BackoffBounds;
}

export interface WorkQueue {
  /** Keys waiting for a worker, delayed ones not counted. */
  readonly depth: number;
  add(key: string, priority?: Priority): void;
  /** Adds after a delay; of two delays for one key the shorter holds. */
  addAfter(key: string, delayMs: number): void;
  /** Adds after the key's own exponential back-off. */
  addRateLimited(key: string): void;
  /** Clears the key's back-off. */
  forget(key: string): void;
  /** Repeats since the last `forget`. */
  retriesOf(key: string): number;
  /** Next key, now its caller's until `done`; undefined once the queue is shut down and empty. */
  take(): Promise<string | undefined>;
  done(key: string): void;
  /** Takes no more keys and drops delayed ones; keys already waiting are still given out. */
  shutDown(): void;
}

/** An empty queue. */
export function createWorkQueue(options: WorkQueueOptions): WorkQueue {
  const { clock = systemClock, random = Math.random, metrics = noMetrics } = options;
  const backoff = options.backoff ?? { minMs: queueBackoffMsMin, maxMs: queueBackoffMsMax };
  const labels = { name: options.name };
  /** Waiting or touched while processing, with the time of the first touch. */
  const dirty = new Map<string, { priority: Priority; sinceUnixMs: number }>();
  const processing = new Map<string, number>();
  const waiting: Record<Priority, Set<string>> = { change: new Set(), resync: new Set() };
  const delayed = new Map<string, { dueUnixMs: number; cancel: () => void }>();
  const retries = new Map<string, number>();
  const takers: ((key: string | undefined) => void)[] = [];
  let open = true;

  const depth = (): number => waiting.change.size + waiting.resync.size;

  const hand = (key: string): void => {
    const touched = dirty.get(key);
    const now = clock.nowUnixMs();
    dirty.delete(key);
    processing.set(key, now);
    if (touched !== undefined) metrics.observe('workqueue_queue_duration_seconds', labels, (now - touched.sinceUnixMs) / 1000);
  };

  const next = (): string | undefined => {
    for (const priority of ['change', 'resync'] as const) {
      const first = waiting[priority].values().next();
      if (first.done) continue;
      waiting[priority].delete(first.value);
      return first.value;
    }
    return undefined;
  };

  const dispatch = (): void => {
    while (takers.length > 0) {
      const key = next();
      if (key === undefined && open) break;
      if (key !== undefined) hand(key);
      takers.shift()?.(key);
    }
    metrics.gauge('workqueue_depth', labels, depth());
  };

  const add = (key: string, priority: Priority = 'change'): void => {
    if (!open) return;
    const touched = dirty.get(key);
    if (touched !== undefined) {
      if (touched.priority === priority || priority === 'resync') return;
      touched.priority = priority;
      if (waiting.resync.delete(key)) waiting.change.add(key);
      return;
    }
    metrics.count('workqueue_adds_total', labels, 1);
    dirty.set(key, { priority, sinceUnixMs: clock.nowUnixMs() });
    if (!processing.has(key)) waiting[priority].add(key);
    dispatch();
  };

  const addAfter = (key: string, delayMs: number): void => {
    if (!open) return;
    if (delayMs <= 0) {
      add(key);
      return;
    }
    const dueUnixMs = clock.nowUnixMs() + delayMs;
    const earlier = delayed.get(key);
    if (earlier !== undefined && earlier.dueUnixMs <= dueUnixMs) return;
    earlier?.cancel();
    const cancel = clock.setTimer(delayMs, () => {
      delayed.delete(key);
      add(key);
    });
    delayed.set(key, { dueUnixMs, cancel });
  };

  return {
    get depth() {
      return depth();
    },
    add,
    addAfter,
    addRateLimited(key) {
      const attempt = (retries.get(key) ?? 0) + 1;
      retries.set(key, attempt);
      metrics.count('workqueue_retries_total', labels, 1);
      addAfter(key, backoffMsOf(attempt, backoff, random));
    },
    forget: (key) => void retries.delete(key),
    retriesOf: (key) => retries.get(key) ?? 0,
    take() {
      return new Promise((resolve) => {
        takers.push(resolve);
        dispatch();
      });
    },
    done(key) {
      const sinceUnixMs = processing.get(key);
      if (sinceUnixMs === undefined) return;
      processing.delete(key);
      metrics.observe('workqueue_work_duration_seconds', labels, (clock.nowUnixMs() - sinceUnixMs) / 1000);
      const touched = dirty.get(key);
      if (touched !== undefined) waiting[touched.priority].add(key);
      dispatch();
    },
    shutDown() {
      open = false;
      for (const { cancel } of delayed.values()) cancel();
      delayed.clear();
      dispatch();
    },
  };
}

/**
 * Keys waiting to be reconciled, with client-go's promises: a key is never given to two workers at once, a key touched while
 * it is worked on comes again afterwards, and many touches before that are one.
 */

import { type BackoffBounds, backoffMsOf, type Random } from './backoff.ts';
import { type Clock, systemClock } from './clock.ts';
import { queueBackoffMsMax, queueBackoffMsMin, resyncWaitMsMax, retryAfterHonouredMsMax, unfinishedReportMs } from './limits.ts';
import { type MetricsSink, noMetrics } from './metrics.ts';

/** A change somebody made goes before a periodic look, unless that has waited too long already. */
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
  /** Adds after a delay; of two delays for one key the shorter holds, and the higher priority. */
  addAfter(key: string, delayMs: number, priority?: Priority): void;
  /** Adds after the key's own exponential back-off, and not before `atLeastMs` where a server has asked for that. */
  addRateLimited(key: string, atLeastMs?: number): void;
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
  return new KeyQueue(options);
}

class KeyQueue implements WorkQueue {
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #metrics: MetricsSink;
  readonly #backoff: BackoffBounds;
  readonly #labels: { readonly name: string };
  /** Waiting or touched while processing, with the time of the first touch. */
  readonly #dirty = new Map<string, { priority: Priority; sinceMs: number }>();
  /** Worked on, with when that began; oldest first. */
  readonly #processing = new Map<string, number>();
  readonly #waiting: Record<Priority, Set<string>> = { change: new Set(), resync: new Set() };
  readonly #delayed = new Map<string, { dueMs: number; priority: Priority; cancel: () => void }>();
  readonly #retries = new Map<string, number>();
  readonly #takers: ((key: string | undefined) => void)[] = [];
  #cancelReport: (() => void) | undefined;
  #open = true;

  constructor(options: WorkQueueOptions) {
    this.#clock = options.clock ?? systemClock;
    this.#random = options.random ?? Math.random;
    this.#metrics = options.metrics ?? noMetrics;
    this.#backoff = options.backoff ?? { minMs: queueBackoffMsMin, maxMs: queueBackoffMsMax };
    this.#labels = { name: options.name };
  }

  get depth(): number {
    return this.#waiting.change.size + this.#waiting.resync.size;
  }

  add(key: string, priority: Priority = 'change'): void {
    if (!this.#open) return;
    const touched = this.#dirty.get(key);
    if (touched !== undefined) {
      if (touched.priority === priority || priority === 'resync') return;
      touched.priority = priority;
      if (this.#waiting.resync.delete(key)) this.#waiting.change.add(key);
      return;
    }
    this.#metrics.count('workqueue_adds_total', this.#labels, 1);
    this.#dirty.set(key, { priority, sinceMs: this.#clock.monotonicMs() });
    if (!this.#processing.has(key)) this.#waiting[priority].add(key);
    this.#dispatch();
  }

  addAfter(key: string, delayMs: number, priority: Priority = 'change'): void {
    if (!this.#open) return;
    if (delayMs <= 0) {
      this.add(key, priority);
      return;
    }
    const dueMs = this.#clock.monotonicMs() + delayMs;
    const earlier = this.#delayed.get(key);
    const joined = earlier?.priority === 'change' ? 'change' : priority;
    if (earlier !== undefined && earlier.dueMs <= dueMs) {
      earlier.priority = joined;
      return;
    }
    earlier?.cancel();
    const cancel = this.#clock.setTimer(delayMs, () => {
      const due = this.#delayed.get(key);
      this.#delayed.delete(key);
      this.add(key, due?.priority);
    });
    this.#delayed.set(key, { dueMs, priority: joined, cancel });
  }

  addRateLimited(key: string, atLeastMs = 0): void {
    const attempt = this.retriesOf(key) + 1;
    this.#retries.set(key, attempt);
    this.#metrics.count('workqueue_retries_total', this.#labels, 1);
    const waitMs = Math.max(backoffMsOf(attempt, this.#backoff, this.#random), Math.min(atLeastMs, retryAfterHonouredMsMax));
    this.addAfter(key, waitMs, 'resync');
  }

  forget(key: string): void {
    this.#retries.delete(key);
  }

  retriesOf(key: string): number {
    return this.#retries.get(key) ?? 0;
  }

  take(): Promise<string | undefined> {
    return new Promise((resolve) => {
      this.#takers.push(resolve);
      this.#dispatch();
    });
  }

  done(key: string): void {
    const sinceMs = this.#processing.get(key);
    if (sinceMs === undefined) return;
    this.#processing.delete(key);
    this.#metrics.observe('workqueue_work_duration_seconds', this.#labels, (this.#clock.monotonicMs() - sinceMs) / 1000);
    if (this.#processing.size === 0) this.#endReports();
    const touched = this.#dirty.get(key);
    if (touched !== undefined) this.#waiting[touched.priority].add(key);
    this.#dispatch();
  }

  shutDown(): void {
    this.#open = false;
    for (const { cancel } of this.#delayed.values()) cancel();
    this.#delayed.clear();
    this.#dispatch();
  }

  #dispatch(): void {
    while (this.#takers.length > 0) {
      const key = this.#next();
      if (key === undefined && this.#open) break;
      if (key !== undefined) this.#hand(key);
      this.#takers.shift()?.(key);
    }
    this.#metrics.gauge('workqueue_depth', this.#labels, this.depth);
  }

  #next(): string | undefined {
    const { change, resync } = this.#waiting;
    const [looked] = resync;
    const [changed] = change;
    const isOverdue =
      looked !== undefined && this.#clock.monotonicMs() - (this.#dirty.get(looked)?.sinceMs ?? Number.POSITIVE_INFINITY) >= resyncWaitMsMax;
    const key = changed === undefined || isOverdue ? looked : changed;
    if (key !== undefined && !change.delete(key)) resync.delete(key);
    return key;
  }

  #hand(key: string): void {
    const touched = this.#dirty.get(key);
    const now = this.#clock.monotonicMs();
    this.#dirty.delete(key);
    this.#processing.set(key, now);
    this.#cancelReport ??= this.#reportLater();
    if (touched !== undefined) this.#metrics.observe('workqueue_queue_duration_seconds', this.#labels, (now - touched.sinceMs) / 1000);
  }

  /** Work that does not end shows in no histogram, so it is reported while it lasts. */
  #reportLater(): () => void {
    return this.#clock.setTimer(unfinishedReportMs, () => {
      this.#reportUnfinished();
      this.#cancelReport = this.#reportLater();
    });
  }

  #reportUnfinished(): void {
    const now = this.#clock.monotonicMs();
    const seconds = [...this.#processing.values()].map((sinceMs) => (now - sinceMs) / 1000);
    const sum = seconds.reduce((total, one) => total + one, 0);
    this.#metrics.gauge('workqueue_unfinished_work_seconds', this.#labels, sum);
    this.#metrics.gauge('workqueue_longest_running_processor_seconds', this.#labels, Math.max(0, ...seconds));
  }

  #endReports(): void {
    this.#cancelReport?.();
    this.#cancelReport = undefined;
    this.#reportUnfinished();
  }
}

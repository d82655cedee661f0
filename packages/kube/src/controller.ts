/** Runs one reconcile function over keys: level-triggered, several workers, never two on one key. */

import { isApiError } from './api-error.ts';
import type { Random } from './backoff.ts';
import { type Clock, sleep, systemClock } from './clock.ts';
import { reconcileTimeoutMs, shutdownGraceMs } from './limits.ts';
import { type Log, silentLog } from './log.ts';
import { type MetricsSink, noMetrics, type ReconcileRun } from './metrics.ts';
import type { Change } from './mirror.ts';
import type { Reflector } from './reflector.ts';
import type { KubeObject } from './resource.ts';
import { createWorkQueue, type Priority, type WorkQueue } from './work-queue.ts';

/**
 * Thrown by a reconcile whose input cannot succeed as it stands: it is not retried before the object changes.
 */
export class TerminalError extends Error {
  override readonly name = 'TerminalError';
}

export interface ReconcileContext {
  readonly key: string;
  /** Aborted when the controller stops, leadership is lost, or the time for one reconcile is over. */
  readonly signal: AbortSignal;
  /** Names this run in the log. */
  readonly reconcileId: string;
  /** Failed runs of this key before this one. */
  readonly retries: number;
  readonly log: Log;
}

/** Nothing: done until the next change. `requeueAfterMs`: look again then, without counting as a failure. */
export type ReconcileResult = void | { readonly requeueAfterMs: number };

export interface ControllerOptions {
  /** Label of metrics and logs. */
  readonly name: string;
  readonly reconcile: (key: string, context: ReconcileContext) => Promise<ReconcileResult>;
  /** Keys reconciled at once. Default 1. */
  readonly workers?: number;
  readonly timeoutMs?: number;
  readonly clock?: Clock;
  readonly random?: Random;
  readonly metrics?: MetricsSink;
  readonly log?: Log;
}

/** Which keys an object's change touches; most often its own or its owner's. */
export type KeysOf<T extends KubeObject> = (change: Change<T>) => readonly string[];

export interface Controller {
  readonly name: string;
  /** Enqueues the keys of every change from now on. The caller starts and stops the reflector. */
  watch<T extends KubeObject>(reflector: Reflector<T>, keysOf: KeysOf<T>): void;
  enqueue(key: string, priority?: Priority): void;
  enqueueAfter(key: string, delayMs: number): void;
  /** Waits until every watched reflector has synced, then works. Resolves when the workers run. */
  start(signal?: AbortSignal): Promise<void>;
  /** Takes no more keys, waits for running reconciles up to the grace time, then aborts them. */
  stop(): Promise<void>;
  /** False while a reconcile has been running longer than twice its time-out. */
  healthy(): boolean;
  stats(): { readonly depth: number; readonly active: number; readonly reconciles: number; readonly errors: number };
}

/** Does nothing until `start`; keys enqueued before wait. */
export function createController(options: ControllerOptions): Controller {
  return new KeyedController(options);
}

class KeyedController implements Controller {
  readonly name: string;
  readonly #options: ControllerOptions;
  readonly #timeoutMs: number;
  readonly #clock: Clock;
  readonly #metrics: MetricsSink;
  readonly #log: Log;
  readonly #queue: WorkQueue;
  readonly #labels: { readonly controller: string };
  readonly #stopping = new AbortController();
  readonly #reflectors: Reflector<KubeObject>[] = [];
  readonly #unsubscribes: (() => void)[] = [];
  /** Keys worked on, with when that began. */
  readonly #active = new Map<string, number>();
  readonly #counts = { reconciles: 0, errors: 0 };
  #running: Promise<unknown> = Promise.resolve();
  #draining = false;

  constructor(options: ControllerOptions) {
    const { name, timeoutMs = reconcileTimeoutMs, clock = systemClock, metrics = noMetrics, log = silentLog } = options;
    this.name = name;
    this.#options = options;
    this.#timeoutMs = timeoutMs;
    this.#clock = clock;
    this.#metrics = metrics;
    this.#log = log;
    this.#labels = { controller: name };
    this.#queue = createWorkQueue({ name, clock, random: options.random ?? Math.random, metrics });
  }

  watch<T extends KubeObject>(reflector: Reflector<T>, keysOf: KeysOf<T>): void {
    this.#reflectors.push(reflector);
    let isReplay = true;
    this.#unsubscribes.push(
      reflector.subscribe((change) => {
        // What a start lists has most likely not changed: a person's change in the meantime goes first.
        for (const key of keysOf(change)) this.#queue.add(key, reflector.hasSynced() && !isReplay ? 'change' : 'resync');
      }),
    );
    isReplay = false;
  }

  enqueue(key: string, priority?: Priority): void {
    this.#queue.add(key, priority);
  }

  enqueueAfter(key: string, delayMs: number): void {
    this.#queue.addAfter(key, delayMs, 'resync');
  }

  async start(signal?: AbortSignal): Promise<void> {
    const { workers = 1 } = this.#options;
    await Promise.all(this.#reflectors.map((reflector) => reflector.waitForSync(signal)));
    this.#metrics.gauge('controller_runtime_max_concurrent_reconciles', this.#labels, workers);
    this.#running = Promise.all(Array.from({ length: workers }, () => this.#work()));
  }

  async stop(): Promise<void> {
    for (const unsubscribe of this.#unsubscribes) unsubscribe();
    this.#draining = true;
    this.#queue.shutDown();
    const grace = new AbortController();
    const cutOff = sleep(this.#clock, shutdownGraceMs, grace.signal).then((passed) => {
      if (passed) this.#log.warn({ ...this.#labels, active: [...this.#active.keys()] }, 'reconciles still running; aborting them');
    });
    await Promise.race([this.#running, cutOff]);
    this.#stopping.abort(new Error(`controller ${this.name} stops`));
    grace.abort();
  }

  healthy(): boolean {
    return [...this.#active.values()].every((startedMs) => this.#clock.monotonicMs() - startedMs < 2 * this.#timeoutMs);
  }

  stats(): ReturnType<Controller['stats']> {
    return { depth: this.#queue.depth, active: this.#active.size, ...this.#counts };
  }

  async #work(): Promise<void> {
    for (let key = await this.#queue.take(); key !== undefined; key = await this.#queue.take()) {
      if (this.#draining) this.#queue.done(key);
      else await this.#runOne(key);
    }
  }

  async #runOne(key: string): Promise<void> {
    const startedMs = this.#clock.monotonicMs();
    const deadline = new AbortController();
    const cancelDeadline = this.#clock.setTimer(this.#timeoutMs, () =>
      deadline.abort(new Error(`reconcile of ${key} ran longer than ${this.#timeoutMs} ms`)),
    );
    const reconcileId = `${this.name}-${++this.#counts.reconciles}`;
    const signal = AbortSignal.any([deadline.signal, this.#stopping.signal]);
    const run: { result: ReconcileRun['result'] } = { result: 'aborted' };
    this.#active.set(key, startedMs);
    this.#metrics.gauge('controller_runtime_active_workers', this.#labels, this.#active.size);
    try {
      const context = { key, signal, reconcileId, retries: this.#queue.retriesOf(key), log: this.#log };
      const result = await this.#options.reconcile(key, context);
      run.result = result === undefined ? 'success' : 'requeue_after';
      if (result === undefined) this.#settle(key, 'success');
      else this.#settle(key, 'requeue_after', result.requeueAfterMs);
    } catch (error) {
      if (!this.#stopping.signal.aborted) {
        run.result = 'error';
        this.#onError(key, error);
      }
    } finally {
      cancelDeadline();
      this.#active.delete(key);
      this.#metrics.gauge('controller_runtime_active_workers', this.#labels, this.#active.size);
      const seconds = (this.#clock.monotonicMs() - startedMs) / 1000;
      this.#metrics.observe('controller_runtime_reconcile_time_seconds', this.#labels, seconds);
      this.#metrics.reconciled?.({ ...this.#labels, key, reconcileId, seconds, ...run });
      this.#queue.done(key);
    }
  }

  #settle(key: string, result: 'success' | 'requeue_after' | 'error', requeueAfterMs = 0): void {
    this.#metrics.count('controller_runtime_reconcile_total', { ...this.#labels, result }, 1);
    if (result === 'error') this.#queue.addRateLimited(key, requeueAfterMs);
    else this.#queue.forget(key);
    if (result === 'requeue_after') this.#queue.addAfter(key, requeueAfterMs, 'resync');
  }

  #onError(key: string, error: unknown): void {
    this.#counts.errors++;
    this.#metrics.count('controller_runtime_reconcile_errors_total', this.#labels, 1);
    if (error instanceof TerminalError) {
      this.#metrics.count('controller_runtime_terminal_reconcile_errors_total', this.#labels, 1);
      this.#metrics.count('controller_runtime_reconcile_total', { ...this.#labels, result: 'error' }, 1);
      this.#queue.forget(key);
      this.#log.error({ key, error: error.message }, 'reconcile gave up until the object changes');
      return;
    }
    this.#settle(key, 'error', isApiError(error) ? error.retryAfterMs : undefined);
    const facts = { key, retries: this.#queue.retriesOf(key), error: error instanceof Error ? error.message : String(error) };
    this.#log.warn({ ...facts, stack: error instanceof Error ? error.stack : undefined }, 'reconcile failed; it will be tried again');
  }
}

/** Maps an object to its own key. */
export const ownKey: KeysOf<KubeObject> = ({ object: { metadata } }) => [
  metadata.namespace ? `${metadata.namespace}/${metadata.name}` : metadata.name,
];

/** Maps an object to the key of its controlling owner of this kind, in the same namespace. */
export function ownerKey(ownerKind: string): KeysOf<KubeObject> {
  return ({ object: { metadata } }) =>
    (metadata.ownerReferences ?? [])
      .filter((owner) => owner.controller === true && owner.kind === ownerKind)
      .map((owner) => (metadata.namespace ? `${metadata.namespace}/${owner.name}` : owner.name));
}

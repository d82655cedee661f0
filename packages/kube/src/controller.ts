/** Runs one reconcile function over keys: level-triggered, several workers, never two on one key. */

import type { Random } from './backoff.ts';
import { type Clock, sleep, systemClock } from './clock.ts';
import { reconcileTimeoutMs, shutdownGraceMs } from './limits.ts';
import { type Log, silentLog } from './log.ts';
import { type MetricsSink, noMetrics } from './metrics.ts';
import type { Change } from './mirror.ts';
import type { Reflector } from './reflector.ts';
import type { KubeObject } from './resource.ts';
import { createWorkQueue, type Priority } from './work-queue.ts';

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
  const { name, reconcile, workers = 1, timeoutMs = reconcileTimeoutMs } = options;
  const { clock = systemClock, random = Math.random, metrics = noMetrics, log = silentLog } = options;
  const queue = createWorkQueue({ name, clock, random, metrics });
  const labels = { controller: name };
  const stopping = new AbortController();
  const reflectors: Reflector<KubeObject>[] = [];
  const unsubscribes: (() => void)[] = [];
  const active = new Map<string, number>();
  const counts = { reconciles: 0, errors: 0 };
  let running: Promise<unknown> = Promise.resolve();
  let draining = false;

  const settle = (key: string, result: 'success' | 'requeue_after' | 'error', requeueAfterMs = 0): void => {
    metrics.count('controller_runtime_reconcile_total', { ...labels, result }, 1);
    if (result === 'error') queue.addRateLimited(key);
    else queue.forget(key);
    if (result === 'requeue_after') queue.addAfter(key, requeueAfterMs);
  };

  const onError = (key: string, error: unknown, runLog: Log): void => {
    counts.errors++;
    metrics.count('controller_runtime_reconcile_errors_total', labels, 1);
    if (error instanceof TerminalError) {
      metrics.count('controller_runtime_terminal_reconcile_errors_total', labels, 1);
      metrics.count('controller_runtime_reconcile_total', { ...labels, result: 'error' }, 1);
      queue.forget(key);
      runLog.error({ key, error: error.message }, 'reconcile gave up until the object changes');
      return;
    }
    settle(key, 'error');
    const facts = { key, retries: queue.retriesOf(key), error: error instanceof Error ? error.message : String(error) };
    runLog.warn({ ...facts, stack: error instanceof Error ? error.stack : undefined }, 'reconcile failed; it will be tried again');
  };

  const runOne = async (key: string): Promise<void> => {
    const startedUnixMs = clock.nowUnixMs();
    const deadline = new AbortController();
    const cancelDeadline = clock.setTimer(timeoutMs, () =>
      deadline.abort(new Error(`reconcile of ${key} ran longer than ${timeoutMs} ms`)),
    );
    const reconcileId = `${name}-${++counts.reconciles}`;
    const signal = AbortSignal.any([deadline.signal, stopping.signal]);
    active.set(key, startedUnixMs);
    metrics.gauge('controller_runtime_active_workers', labels, active.size);
    try {
      const result = await reconcile(key, { key, signal, reconcileId, retries: queue.retriesOf(key), log });
      if (result === undefined) settle(key, 'success');
      else settle(key, 'requeue_after', result.requeueAfterMs);
    } catch (error) {
      if (!stopping.signal.aborted) onError(key, error, log);
    } finally {
      cancelDeadline();
      active.delete(key);
      metrics.gauge('controller_runtime_active_workers', labels, active.size);
      metrics.observe('controller_runtime_reconcile_time_seconds', labels, (clock.nowUnixMs() - startedUnixMs) / 1000);
      queue.done(key);
    }
  };

  const work = async (): Promise<void> => {
    for (let key = await queue.take(); key !== undefined; key = await queue.take()) {
      if (draining) queue.done(key);
      else await runOne(key);
    }
  };

  return {
    name,
    watch(reflector, keysOf) {
      reflectors.push(reflector);
      unsubscribes.push(
        reflector.subscribe((change) => {
          for (const key of keysOf(change)) queue.add(key);
        }),
      );
    },
    enqueue: (key, priority) => queue.add(key, priority),
    enqueueAfter: (key, delayMs) => queue.addAfter(key, delayMs),
    async start(signal) {
      await Promise.all(reflectors.map((reflector) => reflector.waitForSync(signal)));
      metrics.gauge('controller_runtime_max_concurrent_reconciles', labels, workers);
      running = Promise.all(Array.from({ length: workers }, work));
    },
    async stop() {
      for (const unsubscribe of unsubscribes) unsubscribe();
      draining = true;
      queue.shutDown();
      const grace = new AbortController();
      const cutOff = sleep(clock, shutdownGraceMs, grace.signal).then((passed) => {
        if (passed) log.warn({ controller: name, active: [...active.keys()] }, 'reconciles still running; aborting them');
      });
      await Promise.race([running, cutOff]);
      stopping.abort(new Error(`controller ${name} stops`));
      grace.abort();
    },
    healthy: () => [...active.values()].every((startedUnixMs) => clock.nowUnixMs() - startedUnixMs < 2 * timeoutMs),
    stats: () => ({ depth: queue.depth, active: active.size, ...counts }),
  };
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

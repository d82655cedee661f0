/** One active replica at a time, by a Lease: client-go's algorithm, and a guard against a stalled event loop. */

import { isApiError } from './api-error.ts';
import type { Random } from './backoff.ts';
import { type Clock, microTimeOf, sleep, systemClock } from './clock.ts';
import { type Lease, leases } from './core-resources.ts';
import type { KubeClient } from './kube-client.ts';
import { leaseDurationMs, leaseRenewDeadlineMs, leaseRetryPeriodMs } from './limits.ts';
import { type Log, silentLog } from './log.ts';
import { type MetricsSink, noMetrics } from './metrics.ts';

export interface LeaderElectorOptions {
  readonly client: Pick<KubeClient, 'find' | 'create' | 'update'>;
  /** Where the Lease lives and what it is called. */
  readonly namespace: string;
  readonly name: string;
  /** Unique per process: `<pod name>_<random>`. */
  readonly identity: string;
  readonly leaseDurationMs?: number;
  readonly renewDeadlineMs?: number;
  readonly retryPeriodMs?: number;
  readonly clock?: Clock;
  readonly random?: Random;
  readonly metrics?: MetricsSink;
  readonly log?: Log;
  /** Called on becoming leader; the signal aborts the moment leadership ends. */
  readonly onStartedLeading: (signal: AbortSignal) => void;
  /** Called after leadership ended, whatever the reason. Most callers exit. */
  readonly onStoppedLeading?: (reason: string) => void;
}

export interface LeaderElector {
  start(): void;
  /** Gives the Lease back, so that another replica need not wait for it to expire. */
  stop(): Promise<void>;
  /** Leader, with a Lease renewed within the renew deadline: to be asked before anything destructive. */
  isLeader(): boolean;
  /** Holder of the Lease as last seen. */
  holder(): string | undefined;
}

interface Observed {
  readonly lease: Lease;
  /** When we saw this record first: other machines' clocks are not compared with ours. */
  readonly sinceUnixMs: number;
}

/** Campaigns from `start` to `stop`; after losing leadership it campaigns again. */
export function createLeaderElector(options: LeaderElectorOptions): LeaderElector {
  const { client, namespace, name, identity, clock = systemClock, random = Math.random } = options;
  const { metrics = noMetrics, log = silentLog } = options;
  const durationMs = options.leaseDurationMs ?? leaseDurationMs;
  const renewDeadlineMs = options.renewDeadlineMs ?? leaseRenewDeadlineMs;
  const retryPeriodMs = options.retryPeriodMs ?? leaseRetryPeriodMs;
  const lagMsMax = renewDeadlineMs / 3;
  const stopping = new AbortController();
  let observed: Observed | undefined;
  let renewedUnixMs = 0;
  let leading: AbortController | undefined;
  let running: Promise<void> | undefined;

  const observe = (lease: Lease): void => {
    if (observed?.lease.metadata.resourceVersion === lease.metadata.resourceVersion) return;
    observed = { lease, sinceUnixMs: clock.nowUnixMs() };
  };

  const isHeldByOther = (): boolean => {
    const spec = observed?.lease.spec;
    if (observed === undefined || !spec?.holderIdentity || spec.holderIdentity === identity) return false;
    return clock.nowUnixMs() < observed.sinceUnixMs + (spec.leaseDurationSeconds ?? 0) * 1000;
  };

  const specOf = (now: number): Lease['spec'] => {
    const previous = observed?.lease.spec;
    const kept = previous?.holderIdentity === identity;
    return {
      holderIdentity: identity,
      leaseDurationSeconds: Math.ceil(durationMs / 1000),
      acquireTime: kept && previous?.acquireTime ? previous.acquireTime : microTimeOf(now),
      renewTime: microTimeOf(now),
      leaseTransitions: (previous?.leaseTransitions ?? 0) + (kept || previous === undefined ? 0 : 1),
    };
  };

  /** Takes or renews the Lease; false when another holds it or was faster. */
  const tryAcquire = async (): Promise<boolean> => {
    const startedUnixMs = clock.nowUnixMs();
    // Bounded: a renewal that hangs past the deadline must not look like one that came through.
    const bounded = new AbortController();
    const cancel = clock.setTimer(renewDeadlineMs, () => bounded.abort());
    const call = { signal: AbortSignal.any([bounded.signal, stopping.signal]) };
    try {
      const current = await client.find(leases, { namespace, name }, call);
      if (current !== undefined) observe(current);
      else observed = undefined;
      if (isHeldByOther()) return false;
      const metadata = current?.metadata ?? { namespace, name };
      const body = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata, spec: specOf(startedUnixMs) };
      observe(current === undefined ? await client.create(leases, body, call) : await client.update(leases, body, call));
      renewedUnixMs = startedUnixMs;
      return true;
    } catch (error) {
      if (!isApiError(error, 'Conflict') && !isApiError(error, 'AlreadyExists')) {
        log.warn({ lease: name, error: error instanceof Error ? error.message : String(error) }, 'the Lease could not be read or written');
      }
      return false;
    } finally {
      cancel();
    }
  };

  const release = async (): Promise<void> => {
    const lease = observed?.lease;
    if (lease?.spec?.holderIdentity !== identity) return;
    const now = microTimeOf(clock.nowUnixMs());
    const spec = { ...lease.spec, holderIdentity: '', leaseDurationSeconds: 1, renewTime: now, acquireTime: now };
    const body = { apiVersion: lease.apiVersion, kind: lease.kind, metadata: lease.metadata, spec };
    const bounded = new AbortController();
    const cancel = clock.setTimer(retryPeriodMs, () => bounded.abort());
    try {
      observe(await client.update(leases, body, { signal: bounded.signal }));
    } catch (error) {
      log.warn({ lease: name, error: error instanceof Error ? error.message : String(error) }, 'the Lease was not given back; it expires');
    } finally {
      cancel();
    }
  };

  /** Renews until that fails for the renew deadline or the event loop stalls; says why it ended. */
  const hold = async (): Promise<string> => {
    for (;;) {
      const wakeUnixMs = clock.nowUnixMs() + retryPeriodMs;
      if (!(await sleep(clock, retryPeriodMs, stopping.signal))) return 'stopping';
      const lagMs = clock.nowUnixMs() - wakeUnixMs;
      metrics.gauge('leader_election_event_loop_lag_seconds', { name }, lagMs / 1000);
      if (lagMs > lagMsMax) return `the event loop stalled for ${lagMs} ms, more than ${Math.floor(lagMsMax)} ms`;
      await tryAcquire();
      const holder = observed?.lease.spec?.holderIdentity;
      if (holder !== identity) return `the Lease is held by ${holder || 'nobody'}`;
      const ageMs = clock.nowUnixMs() - renewedUnixMs;
      if (ageMs >= renewDeadlineMs) return `the Lease was not renewed for ${ageMs} ms`;
    }
  };

  const lead = async (): Promise<void> => {
    const reign = new AbortController();
    leading = reign;
    // The deadline is watched by its own timer too: a renewal that hangs must not keep a reign alive.
    const watchDeadline = (): (() => void) =>
      clock.setTimer(retryPeriodMs, () => {
        if (clock.nowUnixMs() - renewedUnixMs >= renewDeadlineMs) reign.abort(new Error('the Lease was not renewed in time'));
        else if (!reign.signal.aborted) cancelWatch = watchDeadline();
      });
    let cancelWatch = watchDeadline();
    metrics.gauge('leader_election_master_status', { name }, 1);
    log.info({ lease: name, identity }, 'leading');
    options.onStartedLeading(reign.signal);
    const reason = await hold();
    cancelWatch();
    leading = undefined;
    reign.abort(new Error(reason));
    metrics.gauge('leader_election_master_status', { name }, 0);
    log.warn({ lease: name, identity, reason }, 'not leading any more');
    await release();
    options.onStoppedLeading?.(reason);
  };

  const run = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      if (await tryAcquire()) await lead();
      await sleep(clock, Math.round(retryPeriodMs * (1 + 0.2 * random())), stopping.signal);
    }
  };

  return {
    start() {
      running ??= run();
    },
    async stop() {
      stopping.abort();
      await running;
    },
    isLeader: () => leading !== undefined && !leading.signal.aborted && clock.nowUnixMs() - renewedUnixMs < renewDeadlineMs,
    holder: () => observed?.lease.spec?.holderIdentity || undefined,
  };
}

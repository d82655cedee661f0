/** One active replica at a time, by a Lease: client-go's algorithm, and a guard against a stalled event loop. */

import { isApiError } from './api-error.ts';
import type { Random } from './backoff.ts';
import { type Clock, microTimeOf, sleep, systemClock } from './clock.ts';
import { type Lease, leases } from './core-resources.ts';
import type { CallOptions, KubeClient } from './kube-client.ts';
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
  /** When we saw this record first, by our own monotonic clock: other machines' clocks are not compared with ours. */
  readonly sinceMs: number;
}

/** Campaigns from `start` to `stop`; after losing leadership it campaigns again. */
export function createLeaderElector(options: LeaderElectorOptions): LeaderElector {
  return new LeaseElector(options);
}

class LeaseElector implements LeaderElector {
  readonly #options: LeaderElectorOptions;
  readonly #clock: Clock;
  readonly #metrics: MetricsSink;
  readonly #log: Log;
  readonly #durationMs: number;
  readonly #renewDeadlineMs: number;
  readonly #retryPeriodMs: number;
  readonly #stopping = new AbortController();
  #observed: Observed | undefined;
  /** Monotonic: a wall clock that is set back must not keep a reign alive, one set forward must not end it. */
  #renewedMs = Number.NEGATIVE_INFINITY;
  #reign: AbortController | undefined;
  #running: Promise<void> | undefined;

  constructor(options: LeaderElectorOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#metrics = options.metrics ?? noMetrics;
    this.#log = options.log ?? silentLog;
    this.#durationMs = options.leaseDurationMs ?? leaseDurationMs;
    this.#renewDeadlineMs = options.renewDeadlineMs ?? leaseRenewDeadlineMs;
    this.#retryPeriodMs = options.retryPeriodMs ?? leaseRetryPeriodMs;
  }

  start(): void {
    this.#running ??= this.#run();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
  }

  isLeader(): boolean {
    return this.#reign !== undefined && !this.#reign.signal.aborted && this.#renewalAgeMs() < this.#renewDeadlineMs;
  }

  holder(): string | undefined {
    return this.#observed?.lease.spec?.holderIdentity || undefined;
  }

  async #run(): Promise<void> {
    const random = this.#options.random ?? Math.random;
    while (!this.#stopping.signal.aborted) {
      if (await this.#tryAcquire()) await this.#lead();
      await sleep(this.#clock, Math.round(this.#retryPeriodMs * (1 + 0.2 * random())), this.#stopping.signal);
    }
  }

  async #lead(): Promise<void> {
    const { name, identity, onStartedLeading, onStoppedLeading } = this.#options;
    const reign = new AbortController();
    this.#reign = reign;
    const endWatch = this.#watchDeadline(reign);
    this.#metrics.gauge('leader_election_master_status', { name }, 1);
    this.#log.info({ lease: name, identity }, 'leading');
    onStartedLeading(reign.signal);
    const reason = await this.#hold(reign.signal);
    endWatch();
    this.#reign = undefined;
    reign.abort(new Error(reason));
    this.#metrics.gauge('leader_election_master_status', { name }, 0);
    this.#log.warn({ lease: name, identity, reason }, 'not leading any more');
    await this.#release();
    onStoppedLeading?.(reason);
  }

  /** Renews until that fails for the renew deadline or the event loop stalls; says why it ended. */
  async #hold(reign: AbortSignal): Promise<string> {
    const { name, identity } = this.#options;
    const lagMsMax = this.#renewDeadlineMs / 3;
    for (;;) {
      const wakeMs = this.#clock.monotonicMs() + this.#retryPeriodMs;
      if (!(await sleep(this.#clock, this.#retryPeriodMs, this.#stopping.signal))) return 'stopping';
      const lagMs = this.#clock.monotonicMs() - wakeMs;
      this.#metrics.gauge('leader_election_event_loop_lag_seconds', { name }, lagMs / 1000);
      if (lagMs > lagMsMax) return `the event loop stalled for ${Math.round(lagMs)} ms, more than ${Math.floor(lagMsMax)} ms`;
      await this.#tryAcquire();
      // A renewal that succeeds after the deadline does not bring the reign back that the deadline has ended.
      if (reign.aborted) return 'the Lease was not renewed in time';
      const holder = this.#observed?.lease.spec?.holderIdentity;
      if (holder !== identity) return `the Lease is held by ${holder || 'nobody'}`;
      const ageMs = this.#renewalAgeMs();
      if (ageMs >= this.#renewDeadlineMs) return `the Lease was not renewed for ${Math.round(ageMs)} ms`;
    }
  }

  /** Ends the reign at the deadline by a timer of its own: a renewal that hangs must not keep it alive. */
  #watchDeadline(reign: AbortController): () => void {
    let cancel = (): void => {};
    const look = (): void => {
      cancel = this.#clock.setTimer(this.#retryPeriodMs, () => {
        if (this.#renewalAgeMs() >= this.#renewDeadlineMs) reign.abort(new Error('the Lease was not renewed in time'));
        else if (!reign.signal.aborted) look();
      });
    };
    look();
    return () => cancel();
  }

  /** A leader renews what it wrote last without reading it first, as client-go does; when that is not what stands there, it reads. */
  async #tryAcquire(): Promise<boolean> {
    const held = this.isLeader() ? this.#observed?.lease : undefined;
    if (held !== undefined) {
      const renewed = await this.#tryWrite(() => Promise.resolve(held));
      if (renewed !== 'outdated') return renewed === 'ours';
    }
    const { client, namespace, name } = this.#options;
    return (await this.#tryWrite((call) => client.find(leases, { namespace, name }, call))) === 'ours';
  }

  /** Takes or renews the Lease that is read so. `outdated`: another was faster, or it is gone. */
  async #tryWrite(read: (call: CallOptions) => Promise<Lease | undefined>): Promise<'ours' | 'not ours' | 'outdated'> {
    const { client, namespace, name } = this.#options;
    const startedMs = this.#clock.monotonicMs();
    const startedUnixMs = this.#clock.nowUnixMs();
    let isOurs = false;
    try {
      await this.#bounded(this.#renewDeadlineMs, async (signal) => {
        const call = { signal: AbortSignal.any([signal, this.#stopping.signal]) };
        const current = await read(call);
        if (current !== undefined) this.#observe(current);
        else this.#observed = undefined;
        if (this.#isHeldByOther()) return;
        const metadata = current?.metadata ?? { namespace, name };
        const body = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata, spec: this.#specOf(startedUnixMs) };
        this.#observe(current === undefined ? await client.create(leases, body, call) : await client.update(leases, body, call));
        this.#renewedMs = startedMs;
        isOurs = true;
      });
      return isOurs ? 'ours' : 'not ours';
    } catch (error) {
      if (['Conflict', 'AlreadyExists', 'NotFound'].some((reason) => isApiError(error, reason))) return 'outdated';
      this.#warn(error, 'the Lease could not be read or written');
      return 'not ours';
    }
  }

  async #release(): Promise<void> {
    const { client, identity } = this.#options;
    const lease = this.#observed?.lease;
    if (lease?.spec?.holderIdentity !== identity) return;
    const now = microTimeOf(this.#clock.nowUnixMs());
    const spec = { ...lease.spec, holderIdentity: '', leaseDurationSeconds: 1, renewTime: now, acquireTime: now };
    const body = { apiVersion: lease.apiVersion, kind: lease.kind, metadata: lease.metadata, spec };
    try {
      await this.#bounded(this.#retryPeriodMs, async (signal) => this.#observe(await client.update(leases, body, { signal })));
    } catch (error) {
      this.#warn(error, 'the Lease was not given back; it expires');
    }
  }

  /** A call that hangs past its time must not look like one that came through. */
  async #bounded(timeoutMs: number, call: (signal: AbortSignal) => Promise<void>): Promise<void> {
    const timeout = new AbortController();
    const cancel = this.#clock.setTimer(timeoutMs, () => timeout.abort());
    try {
      await call(timeout.signal);
    } finally {
      cancel();
    }
  }

  #observe(lease: Lease): void {
    if (this.#observed?.lease.metadata.resourceVersion === lease.metadata.resourceVersion) return;
    this.#observed = { lease, sinceMs: this.#clock.monotonicMs() };
  }

  #isHeldByOther(): boolean {
    const spec = this.#observed?.lease.spec;
    if (this.#observed === undefined || !spec?.holderIdentity || spec.holderIdentity === this.#options.identity) return false;
    return this.#clock.monotonicMs() < this.#observed.sinceMs + (spec.leaseDurationSeconds ?? 0) * 1000;
  }

  #specOf(nowUnixMs: number): Lease['spec'] {
    const { identity } = this.#options;
    const previous = this.#observed?.lease.spec;
    const isKept = previous?.holderIdentity === identity;
    return {
      holderIdentity: identity,
      leaseDurationSeconds: Math.ceil(this.#durationMs / 1000),
      acquireTime: isKept && previous?.acquireTime ? previous.acquireTime : microTimeOf(nowUnixMs),
      renewTime: microTimeOf(nowUnixMs),
      leaseTransitions: (previous?.leaseTransitions ?? 0) + (isKept || previous === undefined ? 0 : 1),
    };
  }

  #renewalAgeMs(): number {
    return this.#clock.monotonicMs() - this.#renewedMs;
  }

  #warn(error: unknown, message: string): void {
    this.#log.warn({ lease: this.#options.name, error: error instanceof Error ? error.message : String(error) }, message);
  }
}

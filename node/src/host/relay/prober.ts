import { errorFields, type Instruments, type Logger, type probeMetrics } from '@civitas/telemetry';
import { PROBE_LOG_FAILURES } from './limits.ts';
import { GatewayError, type NetworkClient } from './network-client.ts';
import { ProbeFailed, probeLink, probeNetwork } from './probe.ts';

/** What is tried in each round. */
export interface ProbeTargets {
  readonly networks: readonly NetworkClient[];
  readonly directions: readonly { readonly source: NetworkClient; readonly destination: NetworkClient }[];
}

export interface ProberOptions {
  readonly targets: () => ProbeTargets;
  readonly metrics: Instruments<typeof probeMetrics>;
  readonly log: Logger;
  readonly nowMs: () => number;
}

interface Tried {
  readonly count: (result: 'ok' | 'failed') => void;
  readonly took: (seconds: number) => void;
  /** Its series, at nought. */
  readonly begin: () => void;
  readonly forget: () => void;
  readonly labels: Readonly<Record<string, string>>;
  /** @returns whether there was something to try. */
  readonly attempt: () => Promise<boolean>;
}

/** Tries every network and every direction once an interval; a try that is still under way is not doubled. */
export class Prober {
  readonly #options: ProberOptions;
  readonly #underWay = new Set<string>();
  readonly #failureCounts = new Map<string, number>();
  readonly #shown = new Map<string, () => void>();
  #timer: NodeJS.Timeout | undefined;
  #intervalMs: number | undefined;

  constructor(options: ProberOptions) {
    this.#options = options;
  }

  /** @param intervalMs undefined: none are made. */
  configure(intervalMs: number | undefined): void {
    if (intervalMs === this.#intervalMs) return;
    this.#intervalMs = intervalMs;
    clearInterval(this.#timer);
    if (intervalMs !== undefined) this.#timer = setInterval(() => void this.round(), intervalMs);
  }

  stop(): void {
    this.configure(undefined);
  }

  /** One try of everything; resolves once each has ended, and never rejects. */
  async round(): Promise<void> {
    const { networks, directions } = this.#options.targets();
    const tried = new Map<string, Tried>(networks.map((network) => [network.chainId, this.#operationAt(network)]));
    for (const { source, destination } of directions)
      tried.set(`${source.chainId} ${destination.chainId}`, this.#packetBetween(source, destination));
    this.#show(tried);
    await Promise.all([...tried].map(([name, target]) => this.#try(name, target)));
  }

  /** What is served is told from nought on; what is no longer served is no longer told. */
  #show(tried: ReadonlyMap<string, Tried>): void {
    for (const [name, forget] of this.#shown) {
      if (tried.has(name)) continue;
      forget();
      this.#shown.delete(name);
      this.#failureCounts.delete(name);
    }
    for (const [name, { begin, forget }] of tried) {
      if (!this.#shown.has(name)) begin();
      this.#shown.set(name, forget);
    }
  }

  #operationAt(network: NetworkClient): Tried {
    const { metrics } = this.#options;
    const labels = { network: network.chainId };
    return {
      labels,
      count: (result) => metrics.operations.inc({ ...labels, result }),
      took: (seconds) => metrics.operationSeconds.set(labels, seconds),
      begin: () => metrics.operations.begin(labels),
      forget: () => {
        metrics.operations.forget(labels);
        metrics.operationSeconds.forget(labels);
      },
      attempt: async () => {
        await probeNetwork(network);
        return true;
      },
    };
  }

  #packetBetween(source: NetworkClient, destination: NetworkClient): Tried {
    const { metrics } = this.#options;
    const labels = { source: source.chainId, destination: destination.chainId };
    return {
      labels,
      count: (result) => metrics.packets.inc({ ...labels, result }),
      took: (seconds) => metrics.packetSeconds.set(labels, seconds),
      begin: () => metrics.packets.begin(labels),
      forget: () => {
        metrics.packets.forget(labels);
        metrics.packetSeconds.forget(labels);
      },
      attempt: () => probeLink(source, destination),
    };
  }

  async #try(name: string, { labels, count, took, attempt }: Tried): Promise<void> {
    if (this.#underWay.has(name)) return;
    this.#underWay.add(name);
    const { nowMs } = this.#options;
    const startedMs = nowMs();
    try {
      if (!(await attempt())) return;
      count('ok');
      this.#failureCounts.delete(name);
    } catch (error) {
      count('failed');
      this.#note(name, labels, error);
    } finally {
      this.#underWay.delete(name);
    }
    took((nowMs() - startedMs) / 1000);
  }

  #note(name: string, labels: Tried['labels'], error: unknown): void {
    const failureCount = (this.#failureCounts.get(name) ?? 0) + 1;
    this.#failureCounts.set(name, failureCount);
    if (failureCount % PROBE_LOG_FAILURES !== 1) return;
    const why = error instanceof GatewayError || error instanceof ProbeFailed ? { code: error.code } : errorFields(error);
    this.#options.log.warn('probe-failed', { ...labels, ...why, failureCount });
  }
}

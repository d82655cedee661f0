import type { RelayConfig, RelayNetwork } from '@civitas/deployment';
import { errorFields, type Instruments, type Logger, type relayMetrics, type Tracing } from '@civitas/telemetry';
import { Direction } from './direction.ts';
import { BACKOFF_MS_MAX, BACKOFF_MS_MIN } from './limits.ts';
import { GatewayError, type NetworkClient } from './network-client.ts';
import type { ProbeTargets } from './prober.ts';

export interface RelayOptions {
  /** Opens a channel to a network; rejects while its certificates are not there yet. */
  readonly openNetwork: (network: RelayNetwork) => Promise<NetworkClient>;
  readonly holder: string;
  readonly metrics: Instruments<typeof relayMetrics>;
  readonly log: Logger;
  readonly tracing: Tracing;
  readonly nowUnixMs: () => number;
  /** 0 … 1, for jitter. */
  readonly random: () => number;
}

/** Exponential with full jitter: the pause before try `failureCount` + 1, ms. */
export function backoffMs(failureCount: number, random: () => number): number {
  const bound = Math.min(BACKOFF_MS_MAX, BACKOFF_MS_MIN * 2 ** Math.min(failureCount, 20));
  return BACKOFF_MS_MIN + random() * (bound - BACKOFF_MS_MIN);
}

/** A pause that can be cut short. */
class Pause {
  #end: () => void = () => undefined;

  for(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.#end(), ms);
      this.#end = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  end(): void {
    this.#end();
  }
}

/** Runs passes over a direction one after another: at once when something happened, later and later while it fails. */
class DirectionLoop {
  readonly direction: Direction;
  readonly #options: RelayOptions;
  readonly #pause = new Pause();
  #isDue = true;
  #isStopped = false;
  #failureCount = 0;
  #restMs = BACKOFF_MS_MAX;
  readonly labels: { readonly source: string; readonly destination: string };
  readonly done: Promise<void>;

  constructor(direction: Direction, options: RelayOptions, labels: { source: string; destination: string }) {
    this.direction = direction;
    this.labels = labels;
    this.#options = options;
    this.done = this.#run(labels);
  }

  trigger(): void {
    this.#isDue = true;
    // While a gateway fails, new blocks must not turn the back-off into a hammer.
    if (this.#failureCount === 0) this.#pause.end();
  }

  stop(): void {
    this.#isStopped = true;
    this.#pause.end();
  }

  async #run(labels: { source: string; destination: string }): Promise<void> {
    while (!this.#isStopped) {
      if (!this.#isDue) await this.#pause.for(this.#restMs);
      if (this.#isStopped) return;
      this.#isDue = false;
      try {
        this.#restMs = await this.direction.pass();
        this.#failureCount = 0;
      } catch (error) {
        if (this.#isStopped) return;
        this.#failureCount += 1;
        this.#note(error, labels);
        await this.#pause.for(backoffMs(this.#failureCount, this.#options.random));
        this.#isDue = true;
      }
    }
  }

  #note(error: unknown, labels: { source: string; destination: string }): void {
    const { metrics, log } = this.#options;
    if (!(error instanceof GatewayError)) {
      metrics.errors.inc({ ...labels, reason: 'fault' });
      log.error('relay-fault', { ...labels, ...errorFields(error) });
      return;
    }
    metrics.errors.inc({ ...labels, reason: error.isUnavailable ? 'unavailable' : 'refused' });
    const fields = { ...labels, code: error.code, failureCount: this.#failureCount };
    if (this.#failureCount === 1 || this.#failureCount % 20 === 0) log.warn('relay-pass-failed', fields);
    else log.debug('relay-pass-failed', fields);
  }
}

interface ServedNetwork {
  readonly config: RelayNetwork;
  readonly client: NetworkClient;
  isStopped: boolean;
}

/** All links of one relay process; what it serves follows the configuration without a restart. */
export class Relay {
  readonly #options: RelayOptions;
  readonly #networks = new Map<string, ServedNetwork>();
  readonly #directions = new Map<string, DirectionLoop>();
  #reconfiguring: Promise<void> = Promise.resolve();

  constructor(options: RelayOptions) {
    this.#options = options;
  }

  /** Networks with an open channel. */
  get networkCount(): number {
    return this.#networks.size;
  }

  /** Networks and directions that are served now. */
  probeTargets(): ProbeTargets {
    return {
      networks: [...this.#networks.values()].map(({ client }) => client),
      directions: [...this.#directions.values()].map(({ direction }) => direction.ends),
    };
  }

  refreshMetrics(): void {
    for (const { direction } of this.#directions.values()) direction.refreshMetrics();
  }

  /**
   * Takes up a configuration: opens and closes what changed, leaves the rest running. What is closed has ended when this returns.
   * @returns whether all of it could be taken up.
   */
  configure(config: RelayConfig): Promise<boolean> {
    const taken = this.#reconfiguring.then(() => this.#configure(config));
    this.#reconfiguring = taken.then(
      () => undefined,
      () => undefined,
    );
    return taken;
  }

  async stop(): Promise<void> {
    await this.#reconfiguring;
    const loops = [...this.#directions.values()];
    for (const loop of loops) loop.stop();
    for (const name of [...this.#networks.keys()]) this.#closeNetwork(name);
    await Promise.all(loops.map(({ done }) => done));
  }

  async #configure(config: RelayConfig): Promise<boolean> {
    const wanted = new Map(config.networks.map((network) => [network.network, network]));
    for (const [name, { config: current }] of this.#networks) {
      if (JSON.stringify(wanted.get(name)) !== JSON.stringify(current)) this.#closeNetwork(name);
    }
    let isComplete = true;
    for (const [name, network] of wanted) {
      if (this.#networks.has(name)) continue;
      const opened = await this.#options.openNetwork(network).catch((error: unknown) => {
        this.#options.log.warn('network-not-opened', { network: name, ...errorFields(error) });
        return undefined;
      });
      if (opened === undefined) isComplete = false;
      else this.#serve(network, opened, config.pollMs);
    }
    await this.#openDirections(config);
    return isComplete;
  }

  #serve(config: RelayNetwork, client: NetworkClient, pollMs: number): void {
    const served: ServedNetwork = { config, client, isStopped: false };
    this.#networks.set(config.network, served);
    void this.#follow(served, pollMs);
  }

  /** Follows what happens on a network's links, and once a poll what is open on them whether or not it was heard of. */
  async #follow(served: ServedNetwork, pollMs: number): Promise<void> {
    const { client } = served;
    let activity = 0;
    let failureCount = 0;
    while (!served.isStopped) {
      try {
        const news = await client.wake(activity, pollMs);
        activity = news.activity;
        failureCount = 0;
        for (const peer of news.outgoing) this.#loopOf(client.chainId, peer)?.trigger();
        for (const peer of news.incoming) this.#loopOf(peer, client.chainId)?.trigger();
      } catch {
        failureCount += 1;
        await new Pause().for(Math.min(pollMs, backoffMs(failureCount, this.#options.random)));
      }
    }
  }

  #loopOf(source: string, destination: string): DirectionLoop | undefined {
    return [...this.#directions.values()].find(({ direction }) => direction.goes(source, destination));
  }

  #closeNetwork(name: string): void {
    const served = this.#networks.get(name);
    if (served === undefined) return;
    this.#networks.delete(name);
    served.isStopped = true;
    for (const [key, loop] of this.#directions) {
      if (loop.direction.touches(served.config.chainId)) this.#closeDirection(key, loop);
    }
    served.client.close();
  }

  /** Waits for the last pass of what it closes: a paused link is then left alone. */
  async #openDirections(config: RelayConfig): Promise<void> {
    const wanted = new Map<string, readonly [string, string]>();
    for (const { from, to, paused } of config.links) {
      if (paused || !this.#networks.has(from) || !this.#networks.has(to)) continue;
      wanted.set(`${from} ${to}`, [from, to]).set(`${to} ${from}`, [to, from]);
    }
    const unwanted = [...this.#directions].filter(([key]) => !wanted.has(key));
    for (const [key, loop] of unwanted) this.#closeDirection(key, loop);
    for (const [key, [from, to]] of wanted) if (!this.#directions.has(key)) this.#openDirection(key, from, to);
    await Promise.all(unwanted.map(([, { done }]) => done));
  }

  #closeDirection(key: string, loop: DirectionLoop): void {
    loop.stop();
    this.#directions.delete(key);
    // A pass that is under way still counts; one that was opened again meanwhile goes on counting.
    void loop.done.then(() => {
      if (this.#directions.has(key)) return;
      for (const family of Object.values(this.#options.metrics)) family.forget(loop.labels);
    });
  }

  #openDirection(key: string, from: string, to: string): void {
    const source = this.#networks.get(from)?.client;
    const destination = this.#networks.get(to)?.client;
    if (source === undefined || destination === undefined) return;
    const findNetwork = (chainId: string): NetworkClient | undefined =>
      [...this.#networks.values()].find(({ client }) => client.chainId === chainId)?.client;
    const { holder, metrics, log, tracing, nowUnixMs } = this.#options;
    const direction = new Direction({ source, destination, findNetwork, holder, metrics, log, tracing, nowUnixMs });
    const labels = { source: source.chainId, destination: destination.chainId };
    for (const family of Object.values(this.#options.metrics)) family.begin(labels);
    this.#directions.set(key, new DirectionLoop(direction, this.#options, labels));
    log.info('direction-served', labels);
  }
}

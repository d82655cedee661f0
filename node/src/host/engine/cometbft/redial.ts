import type { PeerDocument } from '@civitas/deployment';
import { EngineFault } from './engine-fault.ts';
import { REDIAL_AFTER_MS } from './limits.ts';

export interface RedialOptions {
  readonly ownNodeId: string;
  /** As the operator names them now. */
  readonly peers: () => Promise<readonly PeerDocument[]>;
  /** Has the engine dial `id@host:port`; resolves once it has begun to. */
  readonly dial: (addresses: readonly string[]) => Promise<void>;
  /** Told when other peers are missing than before, by their nodes' names. */
  readonly onMissing: (nodes: readonly string[]) => void;
}

/**
 * Has the engine dial the peers that it misses, for as long as it misses them. By itself CometBFT does so for two minutes, then after
 * pauses that grow threefold, and after a day no more (p2p/switch.go, `reconnectToPeer`): a network whose links were down for half an
 * hour would stand still for as long again after they are back.
 */
export class Redial {
  readonly #options: RedialOptions;
  #sinceMs: number | undefined;
  #missing = '';
  #isDialling = false;

  constructor(options: RedialOptions) {
    this.#options = options;
  }

  /** @param connected ids of the peers that the engine has. @param atMs monotonic. */
  async observe(atMs: number, connected: readonly string[]): Promise<void> {
    const { ownNodeId, peers, dial } = this.#options;
    if (this.#isDialling) return;
    this.#isDialling = true;
    try {
      const missing = (await peers()).filter(({ nodeId }) => nodeId !== ownNodeId && !connected.includes(nodeId));
      if (missing.length === 0) this.#sinceMs = undefined;
      else this.#sinceMs ??= atMs;
      this.#tell(missing);
      if (this.#sinceMs === undefined || atMs - this.#sinceMs < REDIAL_AFTER_MS) return;
      this.#sinceMs = atMs;
      await dial(missing.map(({ nodeId, host, p2pPort }) => `${nodeId}@${host}:${p2pPort}`));
    } catch (error) {
      // An engine that does not answer is seen by those who look at it; it is asked again.
      if (!(error instanceof EngineFault)) throw error;
    } finally {
      this.#isDialling = false;
    }
  }

  #tell(missing: readonly PeerDocument[]): void {
    const nodes = missing.map(({ node }) => node);
    if (nodes.join() === this.#missing) return;
    this.#missing = nodes.join();
    this.#options.onMissing(nodes);
  }
}

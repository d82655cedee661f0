import type { PeerDocument } from '@civitas/deployment';
import { EngineFault } from './engine-fault.ts';
import { REDIAL_AFTER_MS, REDIAL_EVERY_MS } from './limits.ts';

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
 * Has the engine dial the peers that it has missed for long, for as long as it misses them. By itself CometBFT does so for two to three
 * minutes, then after pauses that grow threefold, and after a day no more (p2p/switch.go, `reconnectToPeer`): a network whose links were
 * down for half an hour would stand still for as long again after they are back.
 *
 * Not before its own tries are over, and only those that stand before this node in the peers document: two engines that dial each other
 * in the same moment refuse both connections (dial-order.ts), and a pod that is made anew dials everybody itself.
 */
export class Redial {
  readonly #options: RedialOptions;
  readonly #missingSinceMs = new Map<string, number>();
  #dialledMs = Number.NEGATIVE_INFINITY;
  #missing = '';
  #isDialling = false;

  constructor(options: RedialOptions) {
    this.#options = options;
  }

  /** @param connected ids of the peers that the engine has. @param atMs monotonic. */
  async observe(atMs: number, connected: readonly string[]): Promise<void> {
    if (this.#isDialling) return;
    this.#isDialling = true;
    try {
      const due = this.#due(await this.#options.peers(), atMs, connected);
      if (due.length === 0 || atMs - this.#dialledMs < REDIAL_EVERY_MS) return;
      this.#dialledMs = atMs;
      await this.#options.dial(due.map(({ nodeId, host, p2pPort }) => `${nodeId}@${host}:${p2pPort}`));
    } catch (error) {
      // An engine that does not answer is seen by those who look at it; it is asked again.
      if (!(error instanceof EngineFault)) throw error;
    } finally {
      this.#isDialling = false;
    }
  }

  /** Those before this node that have been missing for long. */
  #due(peers: readonly PeerDocument[], atMs: number, connected: readonly string[]): readonly PeerDocument[] {
    const { ownNodeId } = this.#options;
    const missing = peers.filter(({ nodeId }) => nodeId !== ownNodeId && !connected.includes(nodeId));
    for (const nodeId of this.#missingSinceMs.keys())
      if (!missing.some((peer) => peer.nodeId === nodeId)) this.#missingSinceMs.delete(nodeId);
    for (const { nodeId } of missing) if (!this.#missingSinceMs.has(nodeId)) this.#missingSinceMs.set(nodeId, atMs);
    this.#tell(missing);
    const own = peers.findIndex(({ nodeId }) => nodeId === ownNodeId);
    const earlier = new Set(peers.slice(0, Math.max(0, own)));
    return missing.filter((peer) => earlier.has(peer) && atMs - (this.#missingSinceMs.get(peer.nodeId) ?? atMs) >= REDIAL_AFTER_MS);
  }

  #tell(missing: readonly PeerDocument[]): void {
    const nodes = missing.map(({ node }) => node);
    if (nodes.join() === this.#missing) return;
    this.#missing = nodes.join();
    this.#options.onMissing(nodes);
  }
}

import { hexEncode } from '@civitas/canon';
import type { ConsensusNetwork } from '../network/consensus-network.ts';
import { findSignState, type SignState, wentBack } from './sign-state.ts';

const LOOK_MS = 250;

/** Looks at every node of a network all the time, and keeps what can be seen only while it happens. */
export class NetworkWatcher {
  readonly #network: ConsensusNetwork;
  readonly #timer: NodeJS.Timeout;
  readonly #asking = new Set<number>();
  readonly #signStates = new Map<number, SignState>();
  readonly #roots = new Map<number, string>();
  readonly #heights = new Map<number, number>();
  readonly #findings = new Set<string>();
  /** Nodes that said so, ever. */
  readonly halted = new Set<number>();
  readonly catchingUp = new Set<number>();

  constructor(network: ConsensusNetwork) {
    this.#network = network;
    this.#timer = setInterval(() => this.#look(), LOOK_MS);
  }

  /** What was seen that must never be: a sign state that went back, two roots at one height, a height or a time from nowhere. */
  get findings(): readonly string[] {
    return [...this.#findings];
  }

  /** The last height that a node told. */
  heightOf(node: number): number {
    return this.#heights.get(node) ?? 0;
  }

  /** The highest that any node told. */
  get height(): number {
    return Math.max(0, ...this.#heights.values());
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #look(): void {
    for (const node of this.#network.indexes) {
      this.#seeSignState(node);
      if (this.#asking.has(node) || !this.#network.pod(node).isRunning('node')) continue;
      this.#asking.add(node);
      this.#ask(node)
        // A node that is down, stopped or starting tells nothing; that is what the faults are for.
        .catch(() => undefined)
        .finally(() => this.#asking.delete(node));
    }
  }

  #seeSignState(node: number): void {
    const state = findSignState(this.#network.pod(node));
    if (state === undefined) return;
    const earlier = this.#signStates.get(node);
    if (earlier !== undefined && wentBack(earlier, state))
      this.#findings.add(`node ${node}: sign state went from ${JSON.stringify(earlier)} to ${JSON.stringify(state)}`);
    this.#signStates.set(node, state);
  }

  async #ask(node: number): Promise<void> {
    const status = await this.#network.status(node);
    if (status.halted) this.halted.add(node);
    if (status.phase !== 'Serving') return;
    if (!status.caughtUp) this.catchingUp.add(node);
    const height = Number(status.height);
    const root = hexEncode(new Uint8Array(status.root));
    const known = this.#roots.get(height);
    if (known !== undefined && known !== root) this.#findings.add(`node ${node} stands at root ${root} at ${height}, another at ${known}`);
    this.#roots.set(height, root);
    if (height < this.heightOf(node)) this.#findings.add(`node ${node} went from height ${this.heightOf(node)} to ${height}`);
    this.#heights.set(node, height);
    // Every engine but a minority reads this machine's clock, so the median of their votes is never ahead of it.
    if (Number(status.timeUnixMs) > Date.now())
      this.#findings.add(`node ${node}: block ${height} is of ${status.timeUnixMs}, it is ${Date.now()}`);
  }
}

import { WANTED_MS } from './limits.ts';

interface Wanted {
  readonly height: number;
  readonly untilMs: number;
}

/**
 * Headers of peers that organisations wait for, in memory and for a minute: one each organisation and peer, the latest asked for, so that
 * none can crowd out another.
 */
export class WantedHeaders {
  readonly #byPeer = new Map<string, Map<string, Wanted>>();
  readonly #nowMs: () => number;

  /** @param nowMs monotonic. */
  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  want(peer: string, height: number, organisation: string): void {
    const wanted = this.#byPeer.get(peer) ?? new Map<string, Wanted>();
    this.#byPeer.set(peer, wanted.set(organisation, { height, untilMs: this.#nowMs() + WANTED_MS }));
  }

  /** The lowest height wanted above the one the client has; 0 when none is. Forgets what came or is over. */
  heightOf(peer: string, clientHeight: number): number {
    const wanted = this.#byPeer.get(peer);
    if (wanted === undefined) return 0;
    const now = this.#nowMs();
    let lowest = 0;
    for (const [organisation, { height, untilMs }] of wanted) {
      if (height <= clientHeight || untilMs <= now) wanted.delete(organisation);
      else if (lowest === 0 || height < lowest) lowest = height;
    }
    if (wanted.size === 0) this.#byPeer.delete(peer);
    return lowest;
  }
}

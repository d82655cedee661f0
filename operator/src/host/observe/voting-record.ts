import type { ObservedNode } from '../../core/plan/observed-network.ts';
import { voterState } from '../../core/plan/quorum-gate.ts';

interface Voting {
  readonly podUID: string;
  readonly doubtedSinceUnixMs: number | undefined;
}

/** Which pods voted at the head when they were looked at last, and since when that is in doubt. */
export class VotingRecord {
  readonly #pods = new Map<string, Voting>();

  /**
   * Takes note of one look at a node.
   *
   * @param key `namespace/node`.
   * @returns since when its pod, which voted before, cannot be told to; undefined for one that does, that is known not to, or that never did.
   */
  look(key: string, node: ObservedNode, nowUnixMs: number): number | undefined {
    const state = voterState(node);
    const before = this.#pods.get(key);
    const podUID = node.pod?.uid;
    if (state === 'down' || podUID === undefined || (state === 'unclear' && before?.podUID !== podUID)) {
      this.#pods.delete(key);
      return undefined;
    }
    const doubtedSinceUnixMs = state === 'serving' ? undefined : (before?.doubtedSinceUnixMs ?? nowUnixMs);
    this.#pods.set(key, { podUID, doubtedSinceUnixMs });
    return doubtedSinceUnixMs;
  }
}

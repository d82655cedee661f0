import { authorityDueUnixMs } from '../../core/plan/authority-state.ts';
import type { ObservedNetwork } from '../../core/plan/observed-network.ts';
import type { OperatorMetrics } from './operator-metrics.ts';

/** Until when the present step of each roll-over of an authority may take, and how late the latest of them is. */
export class AuthorityDues {
  readonly #dueUnixMs = new Map<string, number>();
  readonly #overdue: OperatorMetrics['authorityOverdue'];

  constructor(overdue: OperatorMetrics['authorityOverdue']) {
    this.#overdue = overdue;
  }

  look({ authorities = [], nowUnixMs, network: { metadata } }: Pick<ObservedNetwork, 'authorities' | 'nowUnixMs' | 'network'>): void {
    const key = `${metadata.namespace}/${metadata.name}`;
    const dueUnixMs = authorityDueUnixMs(authorities);
    if (dueUnixMs === undefined) this.#dueUnixMs.delete(key);
    else this.#dueUnixMs.set(key, dueUnixMs);
    this.#tell(nowUnixMs);
  }

  /** @param key `namespace/name` of a network that is gone. */
  forget(key: string, nowUnixMs: number): void {
    if (this.#dueUnixMs.delete(key)) this.#tell(nowUnixMs);
  }

  #tell(nowUnixMs: number): void {
    const latest = Math.max(0, ...[...this.#dueUnixMs.values()].map((dueUnixMs) => nowUnixMs - dueUnixMs));
    this.#overdue.set({}, latest / 1000);
  }
}

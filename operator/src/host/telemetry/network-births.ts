import type { ObservedNetwork } from '../../core/plan/observed-network.ts';
import type { Verdict } from '../../core/plan/verdict.ts';
import type { OperatorMetrics } from './operator-metrics.ts';

type Born = Pick<ObservedNetwork, 'genesisRecord' | 'nowUnixMs' | 'network'>;

/**
 * How long each network takes from its creation to its first being available. Only one that this operator has seen without a genesis is
 * measured: of any other it cannot know whether it was available before. A change of the leader between the two loses that one.
 */
export class NetworkBirths {
  readonly #unborn = new Set<string>();
  readonly #readySeconds: OperatorMetrics['networkReadySeconds'];

  constructor(readySeconds: OperatorMetrics['networkReadySeconds']) {
    this.#readySeconds = readySeconds;
  }

  look({ genesisRecord, nowUnixMs, network: { metadata } }: Born, verdicts: readonly Verdict[]): void {
    const key = `${metadata.namespace}/${metadata.name}`;
    if (genesisRecord === undefined) this.#unborn.add(key);
    if (!verdicts.some(({ type, status }) => type === 'Available' && status === 'True') || !this.#unborn.delete(key)) return;
    this.#readySeconds.observe({}, Math.max(0, nowUnixMs - Date.parse(metadata.creationTimestamp)) / 1000);
  }

  /** @param key `namespace/name` of one that is gone. */
  forget(key: string): void {
    this.#unborn.delete(key);
  }
}

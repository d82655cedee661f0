/** How an alert or a panel should read the number. */
export type MetricUnit = 'none' | 'seconds' | 'bytes' | 'unix_seconds' | 'ratio';

type Prefix =
  | 'civitas'
  | 'workqueue'
  | 'controller_runtime'
  | 'leader_election'
  | 'reflector'
  | 'rest_client'
  | 'events'
  | 'process'
  | 'nodejs'
  | 'cometbft';

/**
 * One metric family as the catalogue holds it. Label values that are known beforehand are listed, so that their series exist from
 * the start and rates over them are never empty; `*` marks a label whose values come from the configuration (network, node, peer).
 */
export interface MetricDefinition {
  /** Ours; or one of controller-runtime's and client-go's, which stock dashboards know; or one of the runtime's or the engine's own. */
  readonly name: `${Prefix}_${string}`;
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly unit: MetricUnit;
  readonly help: string;
  readonly labels: Readonly<Record<string, '*' | readonly string[]>>;
  /** Upper bounds of a histogram, in its unit, ascending. */
  readonly buckets?: readonly number[];
}

/** Ties the literal names and label names of a catalogue to its type. */
export function catalogueOf<const Catalogue extends Readonly<Record<string, MetricDefinition>>>(catalogue: Catalogue): Catalogue {
  return catalogue;
}

import type { LedgerNetworkSpec } from '../resources/ledger-network.ts';

export type Fate = 'Retain' | 'Delete';

/** What deleting a network takes away. */
export interface DeletionPolicy {
  readonly data: Fate;
  readonly keys: Fate;
  readonly backups: Fate;
}

/** Everything is kept unless the spec says otherwise; keys also while the data are that they belong to. */
export function deletionPolicyOf({ deletionPolicy }: Pick<LedgerNetworkSpec, 'deletionPolicy'>): DeletionPolicy {
  const { data = 'Retain', keys = 'Retain', backups = 'Retain' } = deletionPolicy ?? {};
  return { data, keys: data === 'Delete' ? keys : 'Retain', backups };
}

import type { Contract } from '@civitas/contracts';
import { findInstalledContract } from '../members/records.ts';
import type { RecordSource } from '../state/records.ts';
import type { BlockFacts, LedgerFacts } from './execution.ts';

/** A ledger at a block, as far as contracts are looked up in it. */
export interface LedgerAt {
  readonly ledger: Pick<LedgerFacts, 'contracts' | 'shipped'>;
  readonly block: Pick<BlockFacts, 'height'>;
  readonly records: Pick<RecordSource, 'get'>;
}

/** The contract of that name which this ledger runs: born with it, or taken up since by a decision of its members. */
export function contractInForce({ ledger, block, records }: LedgerAt, name: string): Contract | undefined {
  const born = ledger.contracts.get(name);
  if (born !== undefined) return born;
  const installed = findInstalledContract(records, name);
  return installed === undefined || block.height < installed.sinceHeight ? undefined : ledger.shipped.get(installed.contract);
}

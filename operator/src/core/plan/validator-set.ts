import { genesisFromText } from './genesis-record.ts';
import type { ObservedNetwork } from './observed-network.ts';

/** Consensus keys of the chain's validators: as its ledger has them, else as it was born; none before birth. */
export function validatorKeys(observed: ObservedNetwork): readonly string[] {
  if (observed.validatorSet !== undefined) return observed.validatorSet;
  if (observed.genesisRecord === undefined) return [];
  return genesisFromText(observed.genesisRecord).validators.map(({ publicKey }) => publicKey);
}

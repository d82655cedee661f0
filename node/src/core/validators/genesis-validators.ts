import { base64urlDecode, hexEncode, invariant, type Sha256 } from '@civitas/canon';
import type { GenesisValidator } from '@civitas/deployment';
import { addressOf } from '@civitas/proofs';
import type { Overlay } from '../state/records.ts';
import { SET_CHANGE_KEY, type ValidatorRecord, validatorKey } from './records.ts';

/** The set that signs from block 1 on. */
export function putGenesisValidators(state: Overlay, sha256: Sha256, validators: readonly GenesisValidator[]): void {
  for (const { publicKey, power, node, organisation } of validators) {
    const bytes = base64urlDecode(publicKey);
    invariant(bytes?.length === 32, `genesis: consensus key of ${node} is not 32 bytes`);
    const record: ValidatorRecord = { publicKey, power, node, organisation, status: 'active', sinceHeight: 1, untilHeight: 0 };
    state.put(validatorKey(hexEncode(addressOf(sha256, bytes))), record);
  }
  state.put(SET_CHANGE_KEY, { changedAtHeight: 0, activeFromHeight: 1 });
}

import type { Bytes } from '@civitas/canon';
import { compareKeys } from '../state/keys.ts';
import type { StoredRecord } from '../state/records.ts';
import { keyOfRecord, SET_PREFIX, type ValidatorRecord } from './records.ts';

/** A change of the validator set that a block orders; the engine applies it two heights later (ABCI 2.0). */
export interface ValidatorUpdate {
  /** Ed25519, 32 bytes. */
  readonly publicKey: Bytes;
  /** 0 removes. */
  readonly power: bigint;
}

/** What a block's writes change in the validator set, in the order of the records' keys. */
export function validatorUpdatesOf(writes: ReadonlyMap<string, StoredRecord | undefined>): ValidatorUpdate[] {
  return [...writes]
    .filter(([key]) => key.startsWith(SET_PREFIX))
    .sort(([left], [right]) => compareKeys(left, right))
    .flatMap(([, stored]) => {
      if (stored === undefined) return [];
      const record = stored.record as ValidatorRecord;
      return [{ publicKey: keyOfRecord(record), power: record.status === 'active' ? BigInt(record.power) : 0n }];
    });
}

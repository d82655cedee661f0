import { base64urlDecode, invariant } from '@civitas/canon';
import { recordsBelow } from '../members/records.ts';
import { recordKey } from '../state/keys.ts';
import type { RecordSource } from '../state/records.ts';

export const VALIDATORS = 'network.validators';
export const SET_PREFIX = `${VALIDATORS}/set/`;
export const MISBEHAVIOUR_PREFIX = `${VALIDATORS}/misbehaviour/`;
export const SET_CHANGE_KEY = `${VALIDATORS}/settings/set`;

/** @param address lower-case hexadecimal. */
export const validatorKey = (address: string): string => recordKey(VALIDATORS, 'set', address);
export const misbehaviourKey = (id: string): string => recordKey(VALIDATORS, 'misbehaviour', id);
export const offenderKey = (address: string): string => recordKey(VALIDATORS, 'offenders', address);

/** `network.validators/set/<address>`; never deleted, so that evidence that comes late still names whose key it was. */
export type ValidatorRecord = {
  /** Ed25519 consensus key, base64url. */
  readonly publicKey: string;
  readonly power: number;
  readonly node: string;
  readonly organisation: string;
  readonly status: 'active' | 'removed';
  /** First block that it signs. */
  readonly sinceHeight: number;
  /** First block that it no longer signs; 0 while it is active. */
  readonly untilHeight: number;
};

/** `network.validators/settings/set`: the last change of the set; until `activeFromHeight` is reached it is in flight. */
export type SetChangeRecord = { readonly changedAtHeight: number; readonly activeFromHeight: number };

/** `network.validators/misbehaviour/<height, 12 digits>-<address>`: one fact of evidence that the engine proved to every validator. */
export type MisbehaviourRecord = {
  readonly kind: 'duplicate-vote' | 'light-client-attack';
  /** Address, lower-case hexadecimal. */
  readonly validator: string;
  /** Both '' for an address that was never in this ledger's set. */
  readonly node: string;
  readonly organisation: string;
  readonly power: number;
  readonly totalPower: number;
  /** Of the offence. */
  readonly height: number;
  readonly timeUnixMs: number;
  readonly recordedAtHeight: number;
};

/** `network.validators/offenders/<address>`: how often; a key that stands here is never added again. */
export type OffenderRecord = { readonly count: number; readonly firstHeight: number; readonly lastHeight: number };

// The casts below hold because records under this prefix are written by this module and genesis alone.
export function findValidator(records: RecordSource, address: string): ValidatorRecord | undefined {
  return records.get(validatorKey(address)) as ValidatorRecord | undefined;
}

export function findOffender(records: RecordSource, address: string): OffenderRecord | undefined {
  return records.get(offenderKey(address)) as OffenderRecord | undefined;
}

export function setChangeOf(records: RecordSource): SetChangeRecord | undefined {
  return records.get(SET_CHANGE_KEY) as SetChangeRecord | undefined;
}

/** Every key that is or was in the set. */
export function validatorsOf(records: RecordSource): ValidatorRecord[] {
  return [...recordsBelow(records, SET_PREFIX)].map((record) => record as ValidatorRecord);
}

export function misbehaviourOf(records: RecordSource): MisbehaviourRecord[] {
  return [...recordsBelow(records, MISBEHAVIOUR_PREFIX)].map((record) => record as MisbehaviourRecord);
}

/** What a validator is to a block: contract state never changes by time alone, so this is read, not written. */
export function standingAt(record: ValidatorRecord, height: number): 'joining' | 'active' | 'leaving' | 'removed' {
  if (record.status === 'active') return height < record.sinceHeight ? 'joining' : 'active';
  return height < record.untilHeight ? 'leaving' : 'removed';
}

/** Ed25519 key of a record; records hold checked keys only. */
export function keyOfRecord(record: ValidatorRecord): Uint8Array {
  const publicKey = base64urlDecode(record.publicKey);
  invariant(publicKey?.length === 32, `network.validators: ${record.node} has no key of 32 bytes`);
  return publicKey;
}

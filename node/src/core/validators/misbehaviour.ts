import { type Bytes, hexEncode, invariant } from '@civitas/canon';
import { paddedNumber } from '../state/keys.ts';
import type { Overlay } from '../state/records.ts';
import { findOffender, findValidator, type MisbehaviourRecord, misbehaviourKey, offenderKey } from './records.ts';

/** Evidence as the engine hands it over with a block (ABCI Misbehavior): proven to every validator before it is decided. */
export interface Misbehaviour {
  readonly kind: 'duplicate-vote' | 'light-client-attack';
  /** 20 bytes. */
  readonly validatorAddress: Bytes;
  readonly power: bigint;
  /** Of the offence. */
  readonly height: number;
  readonly timeUnixMs: number;
  /** Of the set at that height. */
  readonly totalPower: bigint;
}

function integerOf(value: bigint): number {
  const integer = Number(value);
  invariant(Number.isSafeInteger(integer) && integer >= 0, `evidence names a power of ${value}`);
  return integer;
}

/** Writes the evidence of one block; what stands there already stays as it is, so that a repeated report changes nothing. */
export function recordMisbehaviour(state: Overlay, height: number, evidence: readonly Misbehaviour[]): void {
  for (const offence of evidence) {
    const validator = hexEncode(offence.validatorAddress);
    const key = misbehaviourKey(`${paddedNumber(offence.height)}-${validator}`);
    if (state.get(key) !== undefined) continue;
    const known = findValidator(state, validator);
    const record: MisbehaviourRecord = {
      kind: offence.kind,
      validator,
      node: known?.node ?? '',
      organisation: known?.organisation ?? '',
      power: integerOf(offence.power),
      totalPower: integerOf(offence.totalPower),
      height: offence.height,
      timeUnixMs: offence.timeUnixMs,
      recordedAtHeight: height,
    };
    state.put(key, record);
    const before = findOffender(state, validator);
    state.put(offenderKey(validator), {
      count: (before?.count ?? 0) + 1,
      firstHeight: Math.min(before?.firstHeight ?? offence.height, offence.height),
      lastHeight: Math.max(before?.lastHeight ?? offence.height, offence.height),
    });
  }
}

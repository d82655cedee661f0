import { recordKey } from '../state/keys.ts';
import type { RecordSource } from '../state/records.ts';
import { FIRST_PROTOCOL } from './limits.ts';

export const PROTOCOL = 'network.protocol';
export const PROTOCOL_KEY: string = recordKey(PROTOCOL, 'settings', 'version');

/** `network.protocol/settings/version`; a chain that was born without and on which nothing was ever decided executes by the first version. */
export type ProtocolRecord = {
  readonly version: number;
  /** First block that was executed by it. */
  readonly sinceHeight: number;
  /** Version that follows and its first block; both 0 while nothing is scheduled. */
  readonly nextVersion: number;
  readonly nextHeight: number;
};

/** Record of a chain whose genesis names its rules. */
export function bornWith(version: number): ProtocolRecord {
  return { version, sinceHeight: 1, nextVersion: 0, nextHeight: 0 };
}

/** What a block is executed by, and what is scheduled after it. */
export interface ProtocolStanding {
  readonly version: number;
  readonly sinceHeight: number;
  readonly next: { readonly version: number; readonly height: number } | undefined;
}

/** What block `height` is executed by: contract state never changes by time alone, so an activation is read, not written. */
export function protocolAt(records: Pick<RecordSource, 'get'>, height: number): ProtocolStanding {
  // Records below this name are written by apply-protocol-change.ts alone.
  const record = records.get(PROTOCOL_KEY) as ProtocolRecord | undefined;
  if (record === undefined) return { version: FIRST_PROTOCOL, sinceHeight: 1, next: undefined };
  const { version, sinceHeight, nextVersion, nextHeight } = record;
  if (nextVersion === 0) return { version, sinceHeight, next: undefined };
  if (height >= nextHeight) return { version: nextVersion, sinceHeight: nextHeight, next: undefined };
  return { version, sinceHeight, next: { version: nextVersion, height: nextHeight } };
}

/**
 * Version as headers carry it (CometBFT's app version). The first one stands there as 0: chains were born with that before versions were
 * counted.
 */
export function appVersionOf(version: number): bigint {
  return version === FIRST_PROTOCOL ? 0n : BigInt(version);
}

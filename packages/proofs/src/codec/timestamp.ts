import { type Bytes, concatBytes, invariant } from '@civitas/canon';
import { FieldReader, varintField, WireError } from './wire.ts';

/** Time as CometBFT carries it: seconds since 1970 UTC (may be negative) and 0 … 999,999,999 ns. */
export interface Timestamp {
  readonly seconds: bigint;
  readonly nanos: number;
}

/** Go's zero time, 0001-01-01T00:00:00Z: the time of an absent signature. */
export const ZERO_TIME: Timestamp = { seconds: -62_135_596_800n, nanos: 0 };
// 9999-12-31T23:59:59Z, the last second google.protobuf.Timestamp allows.
const SECONDS_MAX = 253_402_300_799n;
export const TIMESTAMP_BYTES_MAX = 24;

export function encodeTimestamp(time: Timestamp): Bytes {
  return concatBytes(varintField(1, time.seconds), varintField(2, time.nanos));
}

/** @throws WireError */
export function decodeTimestamp(bytes: Bytes): Timestamp {
  const reader = new FieldReader(bytes);
  const time = { seconds: reader.int64(1), nanos: reader.int31(2) };
  reader.end();
  if (time.seconds < ZERO_TIME.seconds || time.seconds > SECONDS_MAX || time.nanos > 999_999_999) throw new WireError('time out of range');
  return time;
}

/** @returns negative, 0 or positive. */
export function compareTimestamps(left: Timestamp, right: Timestamp): number {
  if (left.seconds !== right.seconds) return left.seconds < right.seconds ? -1 : 1;
  return left.nanos - right.nanos;
}

/** Milliseconds since 1970, floored: the only clock contracts and links see. */
export function unixMsOf(time: Timestamp): number {
  const ms = time.seconds * 1000n + BigInt(Math.floor(time.nanos / 1_000_000));
  return Number(ms);
}

export function unixNanosOf(time: Timestamp): bigint {
  return time.seconds * 1_000_000_000n + BigInt(time.nanos);
}

/** @param nanos since 1970, not negative. */
export function timestampOfUnixNanos(nanos: bigint): Timestamp {
  invariant(nanos >= 0n, 'time before 1970');
  return { seconds: nanos / 1_000_000_000n, nanos: Number(nanos % 1_000_000_000n) };
}

/** @param unixMs integer, not negative. */
export function timestampOfUnixMs(unixMs: number): Timestamp {
  return timestampOfUnixNanos(BigInt(unixMs) * 1_000_000n);
}

import { type Timestamp, timestampOfUnixMs, ZERO_TIME } from '@civitas/proofs';

const SHAPE = /^(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2})(?:\.(\d{1,9}))?Z$/;

/** RFC 3339 in UTC with nanoseconds, as Go prints time: no digit after the last that counts. */
export function rfc3339Of({ seconds, nanos }: Timestamp): string {
  const whole = new Date(Number(seconds) * 1000).toISOString().slice(0, 19);
  const fraction = nanos === 0 ? '' : `.${String(nanos).padStart(9, '0').replace(/0+$/, '')}`;
  return `${whole}${fraction}Z`;
}

/** Reads what Go prints; undefined for anything else. */
export function findRfc3339(text: string): Timestamp | undefined {
  const [, whole, fraction = ''] = SHAPE.exec(text) ?? [];
  if (whole === undefined) return undefined;
  // Date reads years below 100 as others than Go's zero time means.
  if (text === '0001-01-01T00:00:00Z') return ZERO_TIME;
  const unixMs = Date.parse(`${whole}Z`);
  if (!Number.isFinite(unixMs) || unixMs < 0) return undefined;
  return { ...timestampOfUnixMs(unixMs), nanos: Number(fraction.padEnd(9, '0')) };
}

import { refused } from '@civitas/contracts';
import type { Execution } from '../ledger/execution.ts';
import { QUOTA_WINDOW_MS } from './limits.ts';
import type { CounterRecord, TermsRecord } from './records.ts';

type Window = CounterRecord['sentWindow'];

/** The window after one more packet, or QUOTA when the terms allow no more in this minute. */
export function countPacket(
  execution: Execution,
  window: Window,
  terms: TermsRecord,
  packetBytes: number,
): { ok: true; window: Window } | ReturnType<typeof refused> {
  const { timeUnixMs } = execution.block;
  const isOver = timeUnixMs >= window.startUnixMs + QUOTA_WINDOW_MS;
  const current = isOver ? { startUnixMs: timeUnixMs, packets: 0, bytes: 0 } : window;
  const next = { ...current, packets: current.packets + 1, bytes: current.bytes + packetBytes };
  if (next.packets > terms.packetsPerMinute)
    return refused('QUOTA', { quota: 'packetsPerMinute', packetsPerMinute: terms.packetsPerMinute }, 'retry');
  if (next.bytes > terms.bytesPerMinute)
    return refused('QUOTA', { quota: 'bytesPerMinute', bytesPerMinute: terms.bytesPerMinute }, 'retry');
  return { ok: true, window: next };
}

export function allows(ports: readonly string[], port: string): boolean {
  return ports.includes('*') || ports.includes(port);
}

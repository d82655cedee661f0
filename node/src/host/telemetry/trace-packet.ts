import type { Receipt } from '@civitas/proofs';
import type { Tracing } from '@civitas/telemetry';
import { packetTraceOf } from './packet-trace.ts';

const SPANS: Readonly<Record<string, 'packet' | 'packet.acknowledge' | 'packet.timeout'>> = {
  delivered: 'packet',
  acknowledged: 'packet.acknowledge',
  timed_out: 'packet.timeout',
};

/** What a relay did for a packet; the trace of the packet begins with its being sent and links to the operation that carried it. */
export function tracePacket(
  tracing: Tracing,
  packet: { readonly source: string; readonly destination: string; readonly sequence: number; readonly sentAtUnixMs: number },
  done: { readonly result: string; readonly receipt: Pick<Receipt, 'operation' | 'height'>; readonly endUnixMs: number },
): void {
  const { source, destination, sequence, sentAtUnixMs } = packet;
  const { result, receipt, endUnixMs } = done;
  const name = SPANS[result];
  if (name === undefined) return;
  const operation = packetTraceOf(source, destination, sequence);
  if (!tracing.samples(operation)) return;
  const startUnixMs = sentAtUnixMs === 0 ? endUnixMs : Math.min(endUnixMs, sentAtUnixMs);
  const attributes = { source, destination, height: receipt.height };
  tracing.record({ name, operation, startUnixMs, endUnixMs, attributes, links: [receipt.operation] });
}

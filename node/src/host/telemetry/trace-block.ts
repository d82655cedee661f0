import { parseReceipt, type Receipt } from '@civitas/proofs';
import type { Tracing } from '@civitas/telemetry';
import type { CommittedBlock } from '../ledger/ledger-host.ts';
import { packetTraceOf } from './packet-trace.ts';

function packetsOf(chainId: string, { events }: Receipt): Uint8Array[] {
  return events.flatMap(({ contract, name, data: { peer, sequence } }) =>
    contract === 'links' && name === 'Sent' && typeof peer === 'string' && typeof sequence === 'number'
      ? [packetTraceOf(chainId, peer, sequence)]
      : [],
  );
}

/** What this node did for each traced operation of a block that has just become durable: executed it, and wrote it down. */
export function traceBlock(
  tracing: Tracing,
  chainId: string,
  { receipts, height, seconds }: Pick<CommittedBlock, 'receipts' | 'height' | 'seconds'>,
  endUnixMs: number,
): void {
  const startUnixMs = endUnixMs - seconds.total * 1000;
  const executedUnixMs = Math.min(endUnixMs, startUnixMs + seconds.execute * 1000);
  for (const { operationHash, bytes } of receipts) {
    if (!tracing.samples(operationHash)) continue;
    const parsed = parseReceipt(bytes);
    const receipt = parsed.ok ? parsed.value : undefined;
    const failure = receipt?.outcome.ok === false ? { failure: receipt.outcome.refusal.code } : {};
    const span = { operation: operationHash, attributes: { height, operations: receipts.length }, ...failure };
    const links = receipt === undefined ? [] : packetsOf(chainId, receipt);
    tracing.record({ ...span, name: 'block.execute', startUnixMs, endUnixMs: executedUnixMs, links });
    tracing.record({
      ...span,
      name: 'block.persist',
      startUnixMs: Math.max(executedUnixMs, endUnixMs - seconds.persist * 1000),
      endUnixMs,
    });
  }
}

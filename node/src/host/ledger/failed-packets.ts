import { base64urlDecode, base64urlEncode, type JsonObject, type Result } from '@civitas/canon';
import { parseReceipt } from '@civitas/proofs';
import type { Bundle } from '../../core/ledger/bundle.ts';
import type { BlockEffects, BlockReceipt } from '../../core/ledger/execute-block.ts';
import { StoreFault } from '../../core/ledger/refusal.ts';
import { failuresIn, type PacketFailure } from '../../core/links/failed-packet.ts';
import { findBody, packetOf } from '../../core/links/records.ts';
import type { RecordSource } from '../../core/state/records.ts';
import type { FailedPacketWrite } from '../store/failed-packets.ts';
import type { FailedPacket } from './ledger-host.ts';

/** A packet that failed, as the store keeps it. */
type FailedPacketRecord = Omit<FailedPacket, 'operationHash'> & { readonly operationHash: string };

function recordOf(
  before: RecordSource,
  { peer, payload, ...failure }: PacketFailure,
  ended: { readonly height: number; readonly timeUnixMs: number; readonly operationHash: Uint8Array },
): FailedPacketWrite | undefined {
  const body = findBody(before, peer, failure.sequence);
  if (body === undefined) return undefined;
  const { timeoutUnixMs, payloads } = packetOf(body.packet);
  const failed = payloads[payload];
  const record: FailedPacketRecord = {
    ...failure,
    sourcePort: failed?.sourcePort ?? '',
    port: failed?.port ?? '',
    sentAtHeight: body.sentAtHeight,
    sentAtUnixMs: body.sentAtUnixMs,
    timeoutUnixMs,
    endedAtHeight: ended.height,
    endedAtUnixMs: ended.timeUnixMs,
    operationHash: base64urlEncode(ended.operationHash),
  };
  return { peer, record };
}

function failuresOf(bundle: Bundle, receipt: BlockReceipt, position: number): PacketFailure[] {
  const signed = bundle.operations[position];
  const operation = signed?.operation;
  signed?.forgetOperation();
  const parsed = parseReceipt(receipt.bytes);
  return operation?.ok && parsed.ok ? failuresIn(operation.value, parsed.value) : [];
}

/**
 * Own packets that a block ended badly. What was sent is read from the state before the block, for its end deletes it.
 *
 * @param bundles of the block, in its order.
 */
export function failedPacketsIn(
  effects: Pick<BlockEffects, 'block' | 'receipts'>,
  bundles: readonly Result<Bundle>[],
  before: RecordSource,
): FailedPacketWrite[] {
  const { height, timeUnixMs } = effects.block;
  return effects.receipts.flatMap((receipts, at) => {
    const bundle = bundles[at];
    if (bundle?.ok !== true) return [];
    return receipts.flatMap((receipt, position) => {
      if (!receipt.failsPackets) return [];
      const ended = { height, timeUnixMs, operationHash: receipt.operationHash };
      return failuresOf(bundle.value, receipt, position).flatMap((failure) => recordOf(before, failure, ended) ?? []);
    });
  });
}

/** A stored packet that failed. @throws StoreFault when it does not name its operation. */
export function failedPacketOf(stored: JsonObject): FailedPacket {
  // The cast holds because this module alone writes them.
  const record = stored as JsonObject & FailedPacketRecord;
  const operationHash = base64urlDecode(record.operationHash);
  if (operationHash === undefined) throw new StoreFault('a failed packet does not name its operation');
  return { ...record, operationHash };
}

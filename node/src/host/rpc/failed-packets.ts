import { accept, type Result, refuse } from '@civitas/canon';
import {
  type ListFailedPacketsRequest,
  type ListFailedPacketsResponse,
  PacketEnd,
  type FailedPacket as WireFailedPacket,
} from '@civitas/proto/civitas/node/v1/link';
import type { FailedPacket, LedgerHost } from '../ledger/ledger-host.ts';
import { FAILED_PAGE_DEFAULT, FAILED_PAGE_MAX } from './limits.ts';

const ENDS: Readonly<Record<FailedPacket['end'], PacketEnd>> = {
  refused: PacketEnd.PACKET_END_REFUSED,
  'not-received': PacketEnd.PACKET_END_NOT_RECEIVED,
  'not-answered': PacketEnd.PACKET_END_NOT_ANSWERED,
};

function wireOf(packet: FailedPacket): WireFailedPacket {
  const { end, code, reason, retriable, sourcePort, port, operationHash, senderFault } = packet;
  return {
    sequence: BigInt(packet.sequence),
    end: ENDS[end],
    ...{ code, reason, retriable, sourcePort, port, operationHash, senderFault },
    sentAtHeight: BigInt(packet.sentAtHeight),
    sentAtUnixMs: BigInt(packet.sentAtUnixMs),
    timeoutUnixMs: BigInt(packet.timeoutUnixMs),
    endedAtHeight: BigInt(packet.endedAtHeight),
    endedAtUnixMs: BigInt(packet.endedAtUnixMs),
  };
}

/** The newest packets to a peer that failed. @returns MALFORMED for a limit above FAILED_PAGE_MAX. */
export function listFailedPackets(ledger: LedgerHost, { peer, limit }: ListFailedPacketsRequest): Result<ListFailedPacketsResponse> {
  if (limit > FAILED_PAGE_MAX) return refuse('MALFORMED', { field: 'limit', expected: `1 … ${FAILED_PAGE_MAX}` });
  const count = limit === 0 ? FAILED_PAGE_DEFAULT : limit;
  return accept({ packets: ledger.links.failed(peer, count).map(wireOf) });
}

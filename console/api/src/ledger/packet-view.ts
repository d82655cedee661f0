import { isJsonObject, type JsonObject, parseCanonical } from '@civitas/canon';
import type { FailedPacket, Packet } from '@civitas/console-contract';
import { type OutgoingPacket, PacketEnd, type FailedPacket as WireFailedPacket } from '@civitas/proto/civitas/node/v1/link';
import { ANSWER_BYTES_MAX } from './limits.ts';

const textIn = (object: JsonObject | undefined, field: string): string => {
  const value = object?.[field];
  return typeof value === 'string' ? value : '';
};

/** A canonical JSON object that a ledger gave; an empty one for what is none. */
export function objectOf(bytes: Uint8Array): JsonObject {
  const parsed = parseCanonical(bytes, ANSWER_BYTES_MAX);
  return parsed.ok && isJsonObject(parsed.value) ? parsed.value : {};
}

/** An entry of an outbox as people see it. */
export function packetOf(of: { network: string; peer: string; nowUnixMs: number }, entry: OutgoingPacket): Packet {
  const packet = objectOf(entry.packet);
  const { payloads, timeoutUnixMs } = packet;
  const first = Array.isArray(payloads) ? payloads[0] : undefined;
  const payload = first !== undefined && isJsonObject(first) ? first : undefined;
  const timeout = typeof timeoutUnixMs === 'number' ? timeoutUnixMs : 0;
  const deferred = Number(entry.deferredUntilUnixMs);
  return {
    network: of.network,
    peer: of.peer,
    sequence: Number(entry.sequence),
    sentAtHeight: Number(entry.sentAtHeight),
    sentAtUnixMs: Number(entry.sentAtUnixMs),
    timeoutUnixMs: timeout,
    ...(deferred === 0 ? {} : { deferredUntilUnixMs: deferred }),
    sourcePort: textIn(payload, 'sourcePort'),
    destinationPort: textIn(payload, 'port'),
    state: timeout <= of.nowUnixMs ? 'late' : deferred > of.nowUnixMs ? 'deferred' : 'in-flight',
  };
}

const ENDS: Readonly<Record<number, FailedPacket['end']>> = {
  [PacketEnd.PACKET_END_REFUSED]: 'refused',
  [PacketEnd.PACKET_END_NOT_RECEIVED]: 'not-received',
  [PacketEnd.PACKET_END_NOT_ANSWERED]: 'not-answered',
};

/** A packet that failed as people see it. */
export function failedPacketOf(ends: { network: string; peer: string }, packet: WireFailedPacket): FailedPacket {
  const { code, reason, retriable, sourcePort, port, senderFault } = packet;
  return {
    ...ends,
    sequence: Number(packet.sequence),
    end: ENDS[packet.end] ?? 'unknown',
    ...{ code, reason, retriable, sourcePort, destinationPort: port, senderFault },
    sentAtUnixMs: Number(packet.sentAtUnixMs),
    timeoutUnixMs: Number(packet.timeoutUnixMs),
    endedAtHeight: Number(packet.endedAtHeight),
    endedAtUnixMs: Number(packet.endedAtUnixMs),
    operation: Buffer.from(packet.operationHash).toString('hex'),
  };
}

import { base64urlEncode, encodeCanonical, type JsonObject } from '@civitas/canon';
import { type Context, checkArgs, type OutgoingPacket, type Packet, refused } from '@civitas/contracts';
import type { Execution } from '../ledger/execution.ts';
import { activeClient } from './client.ts';
import { PACKET_BYTES_MAX, PAYLOADS_MAX, TIMEOUT_AHEAD_MS_MAX } from './limits.ts';
import { allows, countPacket } from './quota.ts';
import {
  type BodyRecord,
  bodyKey,
  counterKey,
  counterOf,
  findLane,
  findTerms,
  jsonOf,
  laneKey,
  outKey,
  type TermsRecord,
} from './records.ts';
import { PacketSchema } from './schema.ts';

type Sent = ReturnType<Context['send']>;
type Refused = ReturnType<typeof refused>;

function checkOutgoing(execution: Execution, outgoing: OutgoingPacket, terms: TermsRecord): Refused | undefined {
  const now = execution.block.timeUnixMs;
  const { timeoutUnixMs, payloads } = outgoing;
  if (!Number.isSafeInteger(timeoutUnixMs) || timeoutUnixMs <= now || timeoutUnixMs > now + TIMEOUT_AHEAD_MS_MAX) {
    return refused('TIMEOUT_RANGE', { timeoutUnixMs, timeUnixMs: now, aheadMsMax: TIMEOUT_AHEAD_MS_MAX });
  }
  if (payloads.length < 1 || payloads.length > PAYLOADS_MAX) return refused('LIMIT', { limit: 'payloads', payloadsMax: PAYLOADS_MAX });
  const forbidden = payloads.find(({ port }) => !allows(terms.portsOut, port));
  if (forbidden !== undefined) return refused('PORT_NOT_ALLOWED', { peer: outgoing.destination, port: forbidden.port, direction: 'out' });
  return undefined;
}

function packetFrom(execution: Execution, contract: string, outgoing: OutgoingPacket, sequence: number): Packet {
  return {
    source: execution.ledger.chainId,
    destination: outgoing.destination,
    sequence,
    timeoutUnixMs: outgoing.timeoutUnixMs,
    payloads: outgoing.payloads.map(({ port, version, encoding, value }) => ({ sourcePort: contract, port, version, encoding, value })),
    lane: outgoing.lane ?? '',
    flow: outgoing.flow ?? '',
    purpose: outgoing.purpose ?? '',
    basis: outgoing.basis ?? '',
    requires: (outgoing.requires ?? []).map(({ peer, headerHeight }) => ({ peer, headerHeight })),
  };
}

/** Hash of a packet's canonical bytes: what is committed to. */
export function packetHashOf(execution: Execution, packet: JsonObject): string {
  return base64urlEncode(execution.ledger.crypto.sha256(encodeCanonical(packet)));
}

/**
 * Writes a packet's commitment and body in this block.
 *
 * @returns CLIENT_UNKNOWN, CLIENT_FROZEN, CLIENT_NOT_ACTIVE, TIMEOUT_RANGE, PORT_NOT_ALLOWED, LANE_BUSY, QUOTA, LIMIT or ARGS_INVALID.
 */
export function sendPacket(execution: Execution, contract: string, outgoing: OutgoingPacket): Sent {
  const peer = outgoing.destination;
  const client = activeClient(execution, peer);
  if (!client.ok) return client;
  const terms = findTerms(execution.records, peer);
  if (terms === undefined) return refused('CLIENT_UNKNOWN', { peer });
  const wrong = checkOutgoing(execution, outgoing, terms);
  if (wrong !== undefined) return wrong;
  const counter = counterOf(execution.records, peer);
  const sequence = counter.lastSequence + 1;
  const packet = jsonOf(packetFrom(execution, contract, outgoing, sequence));
  const formed = checkArgs(PacketSchema, packet);
  if (!formed.ok) return formed;
  const packetBytes = encodeCanonical(packet).length;
  if (packetBytes > PACKET_BYTES_MAX) return refused('LIMIT', { limit: 'packetBytes', packetBytes, packetBytesMax: PACKET_BYTES_MAX });
  const lane = outgoing.lane ?? '';
  const held = lane === '' ? undefined : findLane(execution.records, peer, lane);
  if (held !== undefined && held.openSequence > 0) return refused('LANE_BUSY', { lane, openSequence: held.openSequence }, 'retry');
  const counted = countPacket(execution, counter.sentWindow, terms, packetBytes);
  if (!counted.ok) return counted;
  const { height, timeUnixMs } = execution.block;
  const body: BodyRecord = { packet, sentAtHeight: height, sentAtUnixMs: timeUnixMs, deferredUntilUnixMs: 0 };
  execution.put(bodyKey(peer, sequence), body);
  execution.put(outKey(peer, sequence), { commitment: packetHashOf(execution, packet) });
  if (lane !== '') execution.put(laneKey(peer, lane), { openSequence: sequence, skips: held?.skips ?? [] });
  execution.put(counterKey(peer), { ...counter, lastSequence: sequence, inFlight: counter.inFlight + 1, sentWindow: counted.window });
  execution.emit('links', 'Sent', { peer, sequence });
  return { ok: true, sequence };
}

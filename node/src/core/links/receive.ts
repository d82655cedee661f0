import { encodeCanonical, type JsonObject } from '@civitas/canon';
import {
  type Acknowledgement,
  acknowledgementOfRefusal,
  checkArgs,
  done,
  type Outcome,
  type Packet,
  type PacketPayload,
  type PayloadAcknowledgement,
  type PortAnswer,
  type ReceivedPacket,
  refused,
} from '@civitas/contracts';
import { contractInForce } from '../ledger/contract-in-force.ts';
import type { Execution } from '../ledger/execution.ts';
import { guarded } from '../ledger/guarded.ts';
import { systemMethod } from '../ledger/system-module.ts';
import { activeClient } from './client.ts';
import { ACKNOWLEDGEMENT_BYTES_MAX, PACKET_BYTES_MAX } from './limits.ts';
import { allows, countPacket } from './quota.ts';
import {
  acknowledgementKey,
  counterKey,
  counterOf,
  findHeader,
  findReceipt,
  findTerms,
  jsonOf,
  outKey,
  packetOf,
  type ReceiptRecord,
  receiptKey,
  type TermsRecord,
} from './records.ts';
import { ReceiveArgs } from './schema.ts';
import { packetHashOf } from './send.ts';
import { type NeededHeaders, underHeaders } from './updates.ts';
import { verifyUnderHeader } from './verify-foreign.ts';

const error = (code: string, facts: JsonObject = {}): PayloadAcknowledgement => ({ status: 'error', code, retriable: false, facts });

export function receivedPacketOf(packet: Packet, packetHash: string, payload: PacketPayload): ReceivedPacket {
  const { payloads: _, ...facts } = packet;
  return { packet: facts, packetHash, sourcePort: payload.sourcePort };
}

function executePayload(
  execution: Execution,
  terms: TermsRecord,
  received: ReceivedPacket,
  payload: PacketPayload,
): PayloadAcknowledgement {
  const { port: name, version, value } = payload;
  if (!allows(terms.portsIn, name)) return error('PORT_NOT_ALLOWED', { port: name });
  const ports = contractInForce(execution, name)?.ports;
  const port = ports !== undefined && Object.hasOwn(ports, version) ? ports[version] : undefined;
  if (port?.receive === undefined) return error('UNKNOWN_PORT', { port: name, version });
  const checked = checkArgs(port.payload, value);
  if (!checked.ok) return acknowledgementOfRefusal(checked.refusal);
  let answer: PortAnswer | undefined;
  const outcome = guarded(
    () => {
      answer = port.receive?.(execution.ledger.contextOf(execution, name), received, checked.value);
      return done();
    },
    { contract: name, method: 'receive' },
  );
  if (!outcome.ok) return acknowledgementOfRefusal(outcome.refusal);
  if (answer === undefined) return error('CONTRACT_FAULT', { contract: name });
  if (answer.status === 'deferred' && answer.dueUnixMs <= execution.block.timeUnixMs)
    return error('CONTRACT_FAULT', { contract: name, reason: 'due-has-passed' });
  return answer;
}

/** The acknowledgement of a port's answer; `keep` is the port's word to this runtime and never travels. */
function acknowledgementOf(answer: PortAnswer): PayloadAcknowledgement {
  if (answer.status !== 'error') return answer;
  const { status, code, retriable, facts } = answer;
  return { status, code, retriable, facts };
}

/** All payloads in one savepoint: one error undoes them together, and every other payload says so. */
function executePayloads(execution: Execution, terms: TermsRecord, packet: Packet, packetHash: string): PayloadAcknowledgement[] {
  const answers: PayloadAcknowledgement[] = [];
  const outcome = execution.savepoint((inner) => {
    for (const payload of packet.payloads) {
      const answer = executePayload(inner, terms, receivedPacketOf(packet, packetHash, payload), payload);
      answers.push(acknowledgementOf(answer));
      // A lone payload may keep what it wrote beside its error: a recorded denial. Among others it would break "together or not at all".
      const kept = 'keep' in answer && answer.keep && packet.payloads.length === 1;
      if (answer.status === 'error' && !kept) return refused(answer.code, {});
    }
    const acknowledgementBytes = encodeCanonical(jsonOf({ packetHash, payloads: answers })).length;
    return acknowledgementBytes <= ACKNOWLEDGEMENT_BYTES_MAX ? done() : refused('LIMIT', { limit: 'acknowledgementBytes' });
  });
  if (outcome.ok) return answers;
  const failed = answers.findIndex(({ status }) => status === 'error');
  return packet.payloads.map((_, index) => {
    const own = answers[index];
    if (index === failed && own !== undefined) return own;
    return failed < 0 ? acknowledgementOfRefusal(outcome.refusal) : error('UNDONE', { payload: failed });
  });
}

function checkPacket(execution: Execution, peer: string, packet: Packet): Outcome {
  const { chainId } = execution.ledger;
  if (packet.source !== peer || packet.destination !== chainId) {
    return refused('PACKET_MISROUTED', { source: packet.source, destination: packet.destination });
  }
  const { timeUnixMs } = execution.block;
  if (timeUnixMs >= packet.timeoutUnixMs)
    return refused('PACKET_TIMED_OUT', { sequence: packet.sequence, timeoutUnixMs: packet.timeoutUnixMs, timeUnixMs });
  const packetBytes = encodeCanonical(jsonOf(packet)).length;
  return packetBytes <= PACKET_BYTES_MAX
    ? done()
    : refused('LIMIT', { limit: 'packetBytes', packetBytes, packetBytesMax: PACKET_BYTES_MAX });
}

interface Delivery {
  readonly peer: string;
  readonly headerHeight: number;
  readonly packet: JsonObject;
  readonly proof: JsonObject;
}

function receiveOne(execution: Execution, { peer, headerHeight, packet: json, proof }: Delivery): Outcome {
  const packet = packetOf(json);
  const { sequence } = packet;
  const packetHash = packetHashOf(execution, json);
  const before = findReceipt(execution.records, peer, sequence);
  if (before !== undefined && before.packetHash === packetHash) {
    return done({ sequence, status: 'duplicate', acknowledgement: execution.records.get(acknowledgementKey(peer, sequence)) ?? null });
  }
  const formed = checkPacket(execution, peer, packet);
  if (!formed.ok) return formed;
  const key = outKey(execution.ledger.chainId, sequence);
  const proven = verifyUnderHeader(execution, { peer, headerHeight, proof }, key, { commitment: packetHash });
  if (!proven.ok) return proven;
  // A relay that leaves a required header out may delay a packet, never have it denied.
  const missing = packet.requires.find((one) => findHeader(execution.records, one.peer, one.headerHeight) === undefined);
  if (missing !== undefined) return refused('HEADER_UNKNOWN', { peer: missing.peer, headerHeight: missing.headerHeight }, 'sync');
  if (before !== undefined) return refused('RECEIPT_CONFLICT', { peer, sequence }, 'report');
  const terms = findTerms(execution.records, peer);
  if (terms === undefined) return refused('CLIENT_UNKNOWN', { peer });
  const counter = counterOf(execution.records, peer);
  const counted = countPacket(execution, counter.receivedWindow, terms, encodeCanonical(json).length);
  if (!counted.ok) return counted;
  execution.put(counterKey(peer), { ...counter, received: counter.received + 1, receivedWindow: counted.window });
  const payloads = executePayloads(execution, terms, packet, packetHash);
  const acknowledgement: Acknowledgement = { packetHash, payloads };
  const { height, timeUnixMs } = execution.block;
  const receipt: ReceiptRecord = { packetHash, height, timeUnixMs, ports: packet.payloads.map(({ port }) => port) };
  execution.put(receiptKey(peer, sequence), receipt);
  execution.put(acknowledgementKey(peer, sequence), jsonOf(acknowledgement));
  execution.emit('links', 'Received', { peer, sequence, statuses: payloads.map(({ status }) => status) });
  return done({ sequence, status: 'received', acknowledgement: jsonOf(acknowledgement) });
}

/** One result a packet; the operation is refused with the first reason when none of them got through. */
export function settleEach<T>(execution: Execution, items: readonly T[], settle: (inner: Execution, item: T) => Outcome): Outcome {
  const outcomes = items.map((item) => execution.savepoint((inner) => settle(inner, item)));
  const first = outcomes[0];
  if (first !== undefined && outcomes.every(({ ok }) => !ok)) return first;
  return done({
    results: outcomes.map((outcome) =>
      outcome.ok ? outcome.result : { status: 'refused', code: outcome.refusal.code, facts: outcome.refusal.facts },
    ),
  });
}

/** `receive`: packets of one peer with their proofs under one of its headers. */
export const receive = systemMethod({
  summary: 'Receives packets whose commitment a verified header proves; executes them and keeps receipt and acknowledgement.',
  args: ReceiveArgs,
  roles: ['relay'],
  refusals: [
    'CLIENT_UNKNOWN',
    'CLIENT_FROZEN',
    'CLIENT_NOT_ACTIVE',
    'HEADER_UNKNOWN',
    'PROOF_MALFORMED',
    'PROOF_INVALID',
    'PACKET_MISROUTED',
    'PACKET_TIMED_OUT',
    'QUOTA',
  ],
  run(execution, { peer, headerHeight, packets, updates }) {
    const needed: NeededHeaders[] = [{ peer, headerHeight }, ...packets.flatMap(({ packet }) => packet.requires)];
    return underHeaders(execution, { updates, needed, client: () => activeClient(execution, peer) }, () =>
      settleEach(execution, packets, (inner, { packet, proof }) => receiveOne(inner, { peer, headerHeight, packet, proof })),
    );
  },
});

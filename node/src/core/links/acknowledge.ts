import type { JsonObject } from '@civitas/canon';
import { type Acknowledgement, done, type Outcome, refused } from '@civitas/contracts';
import type { Execution } from '../ledger/execution.ts';
import { systemMethod } from '../ledger/system-module.ts';
import { activeClient } from './client.ts';
import { settleEach } from './receive.ts';
import { acknowledgementKey, acknowledgementOf, bodyKey, findBody, findClient, packetOf } from './records.ts';
import { AcknowledgeArgs } from './schema.ts';
import { packetHashOf } from './send.ts';
import { closePacket, type OpenPacket, tellSender } from './settle.ts';
import { underHeaders } from './updates.ts';
import { verifyUnderHeader } from './verify-foreign.ts';

/** An acknowledgement as a relay shows it, with its proof under a header of the peer. */
export interface ShownAcknowledgement {
  readonly peer: string;
  readonly headerHeight: number;
  readonly sequence: number;
  readonly acknowledgement: JsonObject;
  readonly proof: JsonObject;
}

/** Checks that the peer's record of our packet is this acknowledgement: ACKNOWLEDGEMENT_MISMATCH or verifyUnderHeader's codes. */
export function verifyAcknowledgement(execution: Execution, open: OpenPacket, shown: ShownAcknowledgement): Outcome {
  const acknowledgement = acknowledgementOf(shown.acknowledgement);
  const packetHash = packetHashOf(execution, open.body.packet);
  const count = packetOf(open.body.packet).payloads.length;
  if (acknowledgement.packetHash !== packetHash || acknowledgement.payloads.length !== count) {
    return refused('ACKNOWLEDGEMENT_MISMATCH', { peer: shown.peer, sequence: shown.sequence });
  }
  const { peer, headerHeight, proof } = shown;
  return verifyUnderHeader(
    execution,
    { peer, headerHeight, proof },
    acknowledgementKey(execution.ledger.chainId, shown.sequence),
    shown.acknowledgement,
  );
}

/** Latest due time of the payloads still deferred, 0 when every answer is final. */
export function dueOf(acknowledgement: Acknowledgement): number {
  return acknowledgement.payloads.reduce((due, answer) => (answer.status === 'deferred' ? Math.max(due, answer.dueUnixMs) : due), 0);
}

function tell(execution: Execution, open: OpenPacket, acknowledgement: Acknowledgement): void {
  packetOf(open.body.packet).payloads.forEach((payload, index) => {
    const answer = acknowledgement.payloads[index];
    if (answer !== undefined)
      tellSender(execution, open, payload, (port, context, sent, value) => port.acknowledged?.(context, sent, value, answer));
  });
}

function acknowledgeOne(execution: Execution, shown: ShownAcknowledgement): Outcome {
  const { peer, sequence } = shown;
  const body = findBody(execution.records, peer, sequence);
  if (body === undefined) return done({ sequence, status: 'duplicate' });
  const open: OpenPacket = { peer, sequence, body };
  const proven = verifyAcknowledgement(execution, open, shown);
  if (!proven.ok) return proven;
  const acknowledgement = acknowledgementOf(shown.acknowledgement);
  const due = dueOf(acknowledgement);
  if (due > 0) {
    if (body.deferredUntilUnixMs > 0) return done({ sequence, status: 'duplicate' });
    execution.put(bodyKey(peer, sequence), { ...body, deferredUntilUnixMs: due });
    tell(execution, open, acknowledgement);
    execution.emit('links', 'Deferred', { peer, sequence, dueUnixMs: due });
    return done({ sequence, status: 'deferred', dueUnixMs: due });
  }
  tell(execution, open, acknowledgement);
  closePacket(execution, open, 'acknowledged');
  execution.emit('links', 'Acknowledged', { peer, sequence, statuses: acknowledgement.payloads.map(({ status }) => status) });
  return done({ sequence, status: 'acknowledged' });
}

/** A tombstoned peer still settles what it had received: its last headers stay valid. */
export function settlingClient(execution: Execution, peer: string): Outcome {
  if (findClient(execution.records, peer)?.status === 'Tombstoned') return done();
  const client = activeClient(execution, peer);
  return client.ok ? done() : client;
}

/** `acknowledge`: answers of one peer to our packets, with their proofs. */
export const acknowledge = systemMethod({
  summary: 'Settles packets by their proven acknowledgement; a deferred one is noted with its due time.',
  args: AcknowledgeArgs,
  roles: ['relay'],
  refusals: [
    'CLIENT_UNKNOWN',
    'CLIENT_FROZEN',
    'CLIENT_NOT_ACTIVE',
    'HEADER_UNKNOWN',
    'PROOF_MALFORMED',
    'PROOF_INVALID',
    'ACKNOWLEDGEMENT_MISMATCH',
  ],
  run(execution, { peer, headerHeight, packets, updates }) {
    const shown = { updates, needed: [{ peer, headerHeight }], client: () => settlingClient(execution, peer) };
    return underHeaders(execution, shown, () =>
      settleEach(execution, packets, (inner, { sequence, acknowledgement, proof }) =>
        acknowledgeOne(inner, { peer, headerHeight, sequence, acknowledgement, proof }),
      ),
    );
  },
});

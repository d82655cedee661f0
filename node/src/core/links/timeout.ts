import type { JsonObject } from '@civitas/canon';
import { done, type Outcome, refused } from '@civitas/contracts';
import type { Execution } from '../ledger/execution.ts';
import { systemMethod } from '../ledger/system-module.ts';
import { dueOf, settlingClient, verifyAcknowledgement } from './acknowledge.ts';
import { settleEach } from './receive.ts';
import { acknowledgementOf, findBody, findClient, findHeader, packetOf, receiptKey } from './records.ts';
import { TimeoutArgs } from './schema.ts';
import { closePacket, type OpenPacket, tellSender } from './settle.ts';
import { underHeaders } from './updates.ts';
import { verifyUnderHeader } from './verify-foreign.ts';

interface ShownTimeout {
  readonly peer: string;
  readonly headerHeight: number;
  readonly sequence: number;
  readonly proof: JsonObject;
  readonly acknowledgement: JsonObject | undefined;
}

/** A receive needs a block time below the timeout, and every later block has a later time: the two exclude each other. */
function checkAbsent(execution: Execution, open: OpenPacket, shown: ShownTimeout): Outcome {
  const { peer, headerHeight, proof, sequence } = shown;
  const headerTime = findHeader(execution.records, peer, headerHeight)?.timeUnixMs ?? 0;
  const { timeoutUnixMs } = packetOf(open.body.packet);
  const client = findClient(execution.records, peer);
  // A tombstone lifts the time condition only, and only under the root it was set at.
  const isEnded = client?.status === 'Tombstoned' && client.endedAtHeight === headerHeight;
  if (headerTime < timeoutUnixMs && !isEnded)
    return refused('NOT_TIMED_OUT', { sequence, timeoutUnixMs, headerTimeUnixMs: headerTime }, 'retry');
  return verifyUnderHeader(execution, { peer, headerHeight, proof }, receiptKey(execution.ledger.chainId, sequence), undefined);
}

/** A deferred answer may only become final in a block whose time is below its due time. */
function checkPastDue(execution: Execution, open: OpenPacket, shown: ShownTimeout & { readonly acknowledgement: JsonObject }): Outcome {
  const due = dueOf(acknowledgementOf(shown.acknowledgement));
  const headerTime = findHeader(execution.records, shown.peer, shown.headerHeight)?.timeUnixMs ?? 0;
  if (due === 0 || headerTime < due)
    return refused('NOT_TIMED_OUT', { sequence: shown.sequence, dueUnixMs: due, headerTimeUnixMs: headerTime }, 'retry');
  return verifyAcknowledgement(execution, open, shown);
}

function timeoutOne(execution: Execution, shown: ShownTimeout): Outcome {
  const { peer, sequence, headerHeight, acknowledgement } = shown;
  const body = findBody(execution.records, peer, sequence);
  if (body === undefined) return done({ sequence, status: 'duplicate' });
  if (findHeader(execution.records, peer, headerHeight) === undefined) return refused('HEADER_UNKNOWN', { peer, headerHeight }, 'sync');
  const open: OpenPacket = { peer, sequence, body };
  const proven =
    acknowledgement === undefined ? checkAbsent(execution, open, shown) : checkPastDue(execution, open, { ...shown, acknowledgement });
  if (!proven.ok) return proven;
  for (const payload of packetOf(body.packet).payloads) {
    tellSender(execution, open, payload, (port, context, sent, value) => port.timedOut?.(context, sent, value));
  }
  closePacket(execution, open, 'timedOut');
  execution.emit('links', 'TimedOut', { peer, sequence, form: acknowledgement === undefined ? 'absent' : 'past-due' });
  return done({ sequence, status: 'timed-out' });
}

/** `timeout`: packets that the peer can no longer receive, or no longer answer. */
export const timeout = systemMethod({
  summary: 'Ends packets that a header past their timeout proves unreceived, or past their due time proves unanswered.',
  args: TimeoutArgs,
  roles: ['relay'],
  refusals: [
    'CLIENT_UNKNOWN',
    'CLIENT_FROZEN',
    'CLIENT_NOT_ACTIVE',
    'HEADER_UNKNOWN',
    'PROOF_MALFORMED',
    'PROOF_INVALID',
    'NOT_TIMED_OUT',
    'ACKNOWLEDGEMENT_MISMATCH',
  ],
  run(execution, { peer, headerHeight, packets, updates }) {
    const shown = { updates, needed: [{ peer, headerHeight }], client: () => settlingClient(execution, peer) };
    return underHeaders(execution, shown, () =>
      settleEach(execution, packets, (inner, { sequence, proof, acknowledgement }) =>
        timeoutOne(inner, { peer, headerHeight, sequence, proof, acknowledgement }),
      ),
    );
  },
});

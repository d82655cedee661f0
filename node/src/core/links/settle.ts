import type { JsonObject } from '@civitas/canon';
import { type Context, done, type Outcome, type PacketPayload, type Port, type ReceivedPacket } from '@civitas/contracts';
import { contractInForce } from '../ledger/contract-in-force.ts';
import type { Execution } from '../ledger/execution.ts';
import { guarded } from '../ledger/guarded.ts';
import { LANE_SKIPS_MAX } from './limits.ts';
import { receivedPacketOf } from './receive.ts';
import { type BodyRecord, bodyKey, counterKey, counterOf, findLane, laneKey, outKey, packetOf } from './records.ts';
import { packetHashOf } from './send.ts';

/** An own packet that waits for its answer. */
export interface OpenPacket {
  readonly peer: string;
  readonly sequence: number;
  readonly body: BodyRecord;
}

type Hear = (port: Port, context: Context, sent: ReceivedPacket, value: JsonObject) => void;

/**
 * Tells the contract that sent a payload what became of it. A handler that refuses or throws is undone and noted,
 * never in the way: the peer has decided, and a packet that could not be settled would stay open for ever.
 */
export function tellSender(execution: Execution, open: OpenPacket, payload: PacketPayload, hear: Hear): void {
  const name = payload.sourcePort;
  const port = contractInForce(execution, name)?.ports[payload.version];
  if (port === undefined) return;
  const packet = packetOf(open.body.packet);
  const sent = receivedPacketOf(packet, packetHashOf(execution, open.body.packet), payload);
  const outcome: Outcome = guarded(
    () =>
      execution.savepoint((inner) => {
        hear(port, inner.ledger.contextOf(inner, name), sent, payload.value);
        return done();
      }),
    { contract: name, method: 'settle' },
  );
  if (!outcome.ok)
    execution.emit('links', 'HandlerFault', { peer: open.peer, sequence: open.sequence, contract: name, code: outcome.refusal.code });
}

/** Deletes commitment and body: after this the source can no longer prove that it ever sent the packet (ICS-04 v2). */
export function closePacket(execution: Execution, open: OpenPacket, how: 'acknowledged' | 'timedOut'): void {
  const { peer, sequence, body } = open;
  execution.delete(outKey(peer, sequence));
  execution.delete(bodyKey(peer, sequence));
  const counter = counterOf(execution.records, peer);
  execution.put(counterKey(peer), { ...counter, inFlight: counter.inFlight - 1, [how]: counter[how] + 1 });
  const { lane } = packetOf(body.packet);
  if (lane === '') return;
  const skips = findLane(execution.records, peer, lane)?.skips ?? [];
  const noted = how === 'timedOut' ? [...skips, sequence].slice(-LANE_SKIPS_MAX) : skips;
  execution.put(laneKey(peer, lane), { openSequence: 0, skips: noted });
}

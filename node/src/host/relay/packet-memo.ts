import type { JsonObject } from '@civitas/canon';
import type { OutgoingPacket } from '@civitas/proto/civitas/node/v1/link';
import type { relayMetrics } from '@civitas/telemetry';
import { DEFERRED_ASKED_MAX } from './limits.ts';
import type { NetworkHeader } from './network-client.ts';
import type { OpenPacketView } from './plan-packet.ts';

/** What an open packet waits for, as people are told. */
export type PendingStep = (typeof relayMetrics)['pending']['labels']['step'][number];

/** What is remembered of an open packet between passes: it only spares questions. */
export interface PacketMemo {
  deliveredAtHeight: number;
  answer: OpenPacketView['answer'];
  /** Height of the header under which the answer was last asked for; 0 when it is to be asked anew. */
  askedAtHeight: number;
  waitsFor: PendingStep;
  loggedAtUnixMs: number;
  sentAtUnixMs: number;
  /** A packet never changes: read once, and kept while passes look at it. */
  packet: JsonObject | undefined;
}

export function emptyMemo(): PacketMemo {
  return {
    deliveredAtHeight: 0,
    answer: undefined,
    askedAtHeight: 0,
    waitsFor: 'receive',
    loggedAtUnixMs: 0,
    sentAtUnixMs: 0,
    packet: undefined,
  };
}

/**
 * Packets whose answer is to be asked for under a header: at first sight, when something was delivered that now has a proof, and until the
 * answer is final. A deferred answer that is not due is asked after once a header, and of thousands of them not all in one pass.
 */
export function sequencesToAsk(
  outgoing: readonly OutgoingPacket[],
  memoOf: (sequence: number) => PacketMemo,
  head: Pick<NetworkHeader, 'height' | 'timeUnixMs'>,
): readonly number[] {
  const asked: number[] = [];
  const deferred: { readonly sequence: number; readonly askedAtHeight: number }[] = [];
  for (const entry of outgoing) {
    const sequence = Number(entry.sequence);
    const { answer, askedAtHeight, deliveredAtHeight } = memoOf(sequence);
    const mayHaveAnswer = askedAtHeight === 0 || deliveredAtHeight > 0 || answer !== undefined;
    if (!mayHaveAnswer || deliveredAtHeight >= head.height) continue;
    const isWaiting = answer !== undefined && answer.dueUnixMs > head.timeUnixMs && entry.deferredUntilUnixMs > 0n;
    if (!isWaiting) asked.push(sequence);
    else if (askedAtHeight < head.height) deferred.push({ sequence, askedAtHeight });
  }
  deferred.sort((a, b) => a.askedAtHeight - b.askedAtHeight);
  return [...asked, ...deferred.slice(0, DEFERRED_ASKED_MAX).map(({ sequence }) => sequence)];
}

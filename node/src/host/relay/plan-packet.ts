import type { JsonObject } from '@civitas/canon';

/** What the relay knows of one open packet; all of it read from the two ledgers. */
export interface OpenPacketView {
  readonly sequence: number;
  readonly sentAtHeight: number;
  readonly timeoutUnixMs: number;
  /** 0 while the source has not heard that the answer is deferred. */
  readonly deferredUntilUnixMs: number;
  /** The destination's answer under its newest header; undefined when there is none. */
  readonly answer: { readonly acknowledgement: JsonObject; readonly dueUnixMs: number } | undefined;
  /** Height at which this process delivered it; 0 when it did not. */
  readonly deliveredAtHeight: number;
}

export interface Heads {
  readonly source: { readonly height: number };
  /** `isLast`: the source has ended this network, and takes no header after this one. */
  readonly destination: { readonly height: number; readonly timeUnixMs: number; readonly isLast: boolean };
}

export type PacketStep =
  | { readonly step: 'receive' | 'acknowledge' | 'timeout' | 'past-due' }
  | { readonly step: 'wait'; readonly for: 'receive' | 'acknowledge' | 'deferred' | 'timeout'; readonly why: string };

/** Latest due time of the payloads still deferred in an acknowledgement; 0 when every answer is final. */
export function dueOf(acknowledgement: JsonObject): number {
  const { payloads } = acknowledgement;
  if (!Array.isArray(payloads)) return 0;
  const dues = payloads.map((answer: unknown) => {
    const { status, dueUnixMs } = answer as { status?: unknown; dueUnixMs?: unknown };
    return status === 'deferred' && typeof dueUnixMs === 'number' ? dueUnixMs : 0;
  });
  return Math.max(0, ...dues);
}

/** The next thing to do for a packet (links.md section 3). Whatever it says, the ledgers check it again by proof. */
export function planPacket(packet: OpenPacketView, heads: Heads): PacketStep {
  const { answer } = packet;
  if (answer !== undefined) {
    if (answer.dueUnixMs === 0) return { step: 'acknowledge' };
    if (heads.destination.timeUnixMs >= answer.dueUnixMs) return { step: 'past-due' };
    if (packet.deferredUntilUnixMs === 0) return { step: 'acknowledge' };
    return { step: 'wait', for: 'deferred', why: 'the answer is deferred' };
  }
  // A tombstone lifts the time condition: what its header does not show will never be received.
  if (heads.destination.isLast) return { step: 'timeout' };
  if (packet.deliveredAtHeight >= heads.destination.height && packet.deliveredAtHeight > 0) {
    return { step: 'wait', for: 'acknowledge', why: 'the header that proves the answer is not there yet' };
  }
  if (heads.destination.timeUnixMs >= packet.timeoutUnixMs) return { step: 'timeout' };
  if (packet.sentAtHeight >= heads.source.height)
    return { step: 'wait', for: 'receive', why: 'the header that proves the packet is not there yet' };
  return { step: 'receive' };
}

import type { JsonObject, Refusal } from '@civitas/canon';

/** One payload of a packet. `value` is canonical JSON; private content is a salted commitment inside it, never the content. */
export interface PacketPayload {
  /** Contract that sent it, without version, and so the one that hears of acknowledgement and timeout: `housing.withdrawal`. */
  readonly sourcePort: string;
  /** Contract that receives it, without version: `health.access`. */
  readonly port: string;
  /** Version of the port's payload schema: `v1`. */
  readonly version: string;
  readonly encoding: 'json';
  readonly value: JsonObject;
}

/** A header of a third network that the destination must know before it can check this packet's references. */
export interface RequiredHeader {
  readonly peer: string;
  readonly headerHeight: number;
}

/** What one network tells another (links.md §1). The canonical JSON of exactly these fields is what is committed to. */
export interface Packet {
  readonly source: string;
  readonly destination: string;
  /** 1, 2, 3 … per source and destination. */
  readonly sequence: number;
  /** Destination's block time, unix ms: received strictly before it, timed out at or after it. */
  readonly timeoutUnixMs: number;
  readonly payloads: readonly PacketPayload[];
  /** Ordered lane (account, case) or ''. */
  readonly lane: string;
  /** Flow id or ''. */
  readonly flow: string;
  /** DPV purpose code or ''. */
  readonly purpose: string;
  /** Legal basis or ''. */
  readonly basis: string;
  readonly requires: readonly RequiredHeader[];
}

/** The answer to one payload. `deferred` is followed by a final one, at the latest at its due time (source refuses it after). */
export type PayloadAcknowledgement =
  | { readonly status: 'ok'; readonly value: JsonObject }
  | { readonly status: 'error'; readonly code: string; readonly retriable: boolean; readonly facts: JsonObject }
  | { readonly status: 'deferred'; readonly dueUnixMs: number };

/** The acknowledgement of a packet: one answer per payload, in order. It is the record `links/<peer>/ack/<sequence>`. */
export interface Acknowledgement {
  readonly packetHash: string;
  readonly payloads: readonly PayloadAcknowledgement[];
}

/** The error acknowledgement that carries a refusal to the source. */
export function acknowledgementOfRefusal(refusal: Refusal): PayloadAcknowledgement {
  return { status: 'error', code: refusal.code, retriable: refusal.then === 'retry', facts: refusal.facts };
}

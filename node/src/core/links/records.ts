import type { JsonObject } from '@civitas/canon';
import type { Acknowledgement, Packet } from '@civitas/contracts';
import { escapeId, paddedNumber } from '../state/keys.ts';
import type { RecordSource } from '../state/records.ts';

export const LINKS_PREFIX = 'links/';
export const clientKey = (peer: string): string => `links/${peer}/client`;
/** @param thaws Of the client: each begins a history of its own. */
export const headersPrefix = (peer: string, thaws = 0): string => `links/${peer}/at${thaws === 0 ? '' : `-${thaws}`}/`;
export const headerKey = (peer: string, height: number, thaws = 0): string => headersPrefix(peer, thaws) + paddedNumber(height);
export const validatorsKey = (peer: string, hash: string): string => `links/${peer}/validators/${hash}`;
export const termsKey = (peer: string): string => `links/${peer}/terms`;
export const counterKey = (peer: string): string => `links/${peer}/counter`;
export const outKey = (peer: string, sequence: number): string => `links/${peer}/out/${paddedNumber(sequence)}`;
export const bodiesPrefix = (peer: string): string => `links/${peer}/body/`;
export const bodyKey = (peer: string, sequence: number): string => bodiesPrefix(peer) + paddedNumber(sequence);
export const receiptKey = (peer: string, sequence: number): string => `links/${peer}/in/${paddedNumber(sequence)}`;
export const acknowledgementKey = (peer: string, sequence: number): string => `links/${peer}/ack/${paddedNumber(sequence)}`;
export const laneKey = (peer: string, lane: string): string => `links/${peer}/lane/${escapeId(lane)}`;

/** What a written key says to a relay: a packet sent to a peer, an answer to one of its packets, or nothing. */
export function linkWriteOf(key: string): { readonly peer: string; readonly space: 'out' | 'ack' } | undefined {
  if (!key.startsWith(LINKS_PREFIX)) return undefined;
  const [, peer = '', space] = key.split('/');
  return space === 'out' || space === 'ack' ? { peer, space } : undefined;
}

/** `links/<peer>/client`. Stale is not a status here: it follows from the latest header's time when it is read. */
export type ClientRecord = {
  readonly chainId: string;
  readonly genesisHash: string;
  readonly status: 'Active' | 'Frozen' | 'Superseded' | 'Tombstoned';
  /** 0 before the first header. */
  readonly latestHeight: number;
  readonly latestTimeUnixMs: number;
  readonly nextValidatorsHash: string;
  readonly trustPeriodMs: number;
  readonly clockDriftMs: number;
  /** Height at which it was frozen or tombstoned, 0 otherwise. */
  readonly endedAtHeight: number;
  /** How often members thawed it and it forgot what it had trusted before; absent for never. */
  readonly thaws?: number;
};

/**
 * `links/<peer>/at/<height>`, and after the n-th thaw `links/<peer>/at-<n>/<height>`: a verified header. Height 0 stands for the genesis
 * validators and has no app hash.
 */
export type HeaderRecord = {
  readonly appHash: string;
  readonly headerHash: string;
  readonly nextValidatorsHash: string;
  readonly timeSeconds: number;
  readonly timeNanos: number;
  readonly timeUnixMs: number;
};

/** `links/<peer>/validators/<hash>`: a set that a verified header names. */
export type ValidatorsRecord = { readonly validators: readonly { readonly publicKey: string; readonly power: number }[] };

/** `links/<peer>/terms`. */
export type TermsRecord = {
  readonly portsIn: readonly string[];
  readonly portsOut: readonly string[];
  readonly packetsPerMinute: number;
  readonly bytesPerMinute: number;
  readonly policyVersion: number;
};

type Window = { readonly startUnixMs: number; readonly packets: number; readonly bytes: number };

/** `links/<peer>/counter`. */
export type CounterRecord = {
  readonly lastSequence: number;
  readonly inFlight: number;
  readonly received: number;
  readonly acknowledged: number;
  readonly timedOut: number;
  readonly sentWindow: Window;
  readonly receivedWindow: Window;
};

/** `links/<peer>/body/<sequence>`. */
export type BodyRecord = {
  readonly packet: JsonObject;
  readonly sentAtHeight: number;
  readonly sentAtUnixMs: number;
  /** Due time of the peer's deferred answer, 0 before it is known here. */
  readonly deferredUntilUnixMs: number;
};

/** `links/<peer>/in/<sequence>`. */
export type ReceiptRecord = {
  readonly packetHash: string;
  readonly height: number;
  readonly timeUnixMs: number;
  /** Ports of its payloads, in order: who may give the final answer of which. */
  readonly ports: readonly string[];
};

/** `links/<peer>/lane/<key>`: at most one packet of a lane is open, so that none overtakes another. */
export type LaneRecord = { readonly openSequence: number; readonly skips: readonly number[] };

// The casts below hold because records under links/ are written by this module alone.
export const findClient = (records: RecordSource, peer: string): ClientRecord | undefined =>
  records.get(clientKey(peer)) as ClientRecord | undefined;
export const findHeader = (records: RecordSource, peer: string, height: number): HeaderRecord | undefined =>
  records.get(headerKey(peer, height, findClient(records, peer)?.thaws)) as HeaderRecord | undefined;
export const findTerms = (records: RecordSource, peer: string): TermsRecord | undefined =>
  records.get(termsKey(peer)) as TermsRecord | undefined;
export const findBody = (records: RecordSource, peer: string, sequence: number): BodyRecord | undefined =>
  records.get(bodyKey(peer, sequence)) as BodyRecord | undefined;
export const findReceipt = (records: RecordSource, peer: string, sequence: number): ReceiptRecord | undefined =>
  records.get(receiptKey(peer, sequence)) as ReceiptRecord | undefined;
export const findLane = (records: RecordSource, peer: string, lane: string): LaneRecord | undefined =>
  records.get(laneKey(peer, lane)) as LaneRecord | undefined;

export function counterOf(records: RecordSource, peer: string): CounterRecord {
  const window: Window = { startUnixMs: 0, packets: 0, bytes: 0 };
  const fresh = { lastSequence: 0, inFlight: 0, received: 0, acknowledged: 0, timedOut: 0, sentWindow: window, receivedWindow: window };
  return (records.get(counterKey(peer)) as CounterRecord | undefined) ?? fresh;
}

/** A packet or acknowledgement as the JSON object it is; their schemas are checked where they enter. */
export const packetOf = (record: JsonObject): Packet => record as JsonObject & Packet;
export const acknowledgementOf = (record: JsonObject): Acknowledgement => record as JsonObject & Acknowledgement;
export const jsonOf = (value: Packet | Acknowledgement): JsonObject => ({ ...value }) as JsonObject;

/** Chain ids of the peers this ledger has a client of, in order. */
export function peersOf(records: RecordSource): string[] {
  const peers: string[] = [];
  let after: string | undefined;
  for (;;) {
    const [next] = records.scan({ prefix: LINKS_PREFIX, limit: 1, ...(after === undefined ? {} : { after }) });
    const peer = next?.key.split('/')[1];
    if (peer === undefined) return peers;
    peers.push(peer);
    // '0' is the character after '/': past every key of this peer.
    after = `${LINKS_PREFIX}${peer}0`;
  }
}

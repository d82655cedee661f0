import { accept, encodeCanonical, type Result, refuse } from '@civitas/canon';
import { proofToJson } from '@civitas/proofs';
import {
  type AcquireLeaseRequest,
  type AcquireLeaseResponse,
  type DeliverRequest,
  type DeliverResponse,
  type HeadersRequest,
  type HeadersResponse,
  type LinkProof,
  type LinkServiceServer,
  type ListFailedPacketsRequest,
  type ListPeersResponse,
  type OutboxRequest,
  type OutboxResponse,
  ProofSpace,
  type ProveRequest,
  type ProveResponse,
  type WakeRequest,
  type WakeResponse,
} from '@civitas/proto/civitas/node/v1/link';
import type { LedgerHost, LinkPeer } from '../ledger/ledger-host.ts';
import type { LinkNews } from '../ledger/link-activity.ts';
import { listFailedPackets } from './failed-packets.ts';
import type { Guard, ServiceRule } from './guard.ts';
import type { LedgerDoor } from './ledger-door.ts';
import { HEADERS_MAX, LEASE_HOLDER_CHARS_MAX, LEASE_MS, OUTBOX_PAGE_MAX, PROOFS_MAX, WAKE_WAIT_MS_MAX } from './limits.ts';

/** Digits of a sequence or height in a key, so that text order is numeric order. */
const SEQUENCE_DIGITS = 12;
const NOTHING = new Uint8Array(0);

const SPACES: Readonly<Record<number, 'out' | 'ack' | 'in'>> = {
  [ProofSpace.PROOF_SPACE_PACKET]: 'out',
  [ProofSpace.PROOF_SPACE_ACKNOWLEDGEMENT]: 'ack',
  [ProofSpace.PROOF_SPACE_RECEIPT]: 'in',
};

function checkPeer(ledger: LedgerHost, peer: string): Result<true> {
  const known = ledger.links.peers().some(({ chainId }) => chainId === peer);
  return known ? accept(true) : refuse('NOT_FOUND', { what: 'light client', peer });
}

function linkProof(ledger: LedgerHost, key: string, headerHeight: number): LinkProof {
  const proven = ledger.prove(key, headerHeight === 0 ? undefined : headerHeight);
  // A record that changed since that header is proven by the next one.
  if (proven === undefined) return { found: false, value: NOTHING, proof: NOTHING };
  return {
    found: proven.value !== undefined,
    value: proven.value === undefined ? NOTHING : encodeCanonical(proven.value),
    proof: encodeCanonical(proofToJson(proven.proof)),
  };
}

/** Proves `links/<peer>/<space>/<sequence>`, present or absent, for many sequences under one header. */
function prove(ledger: LedgerHost, request: ProveRequest): Result<ProveResponse> {
  const space = SPACES[request.space];
  if (space === undefined) return refuse('MALFORMED', { field: 'space', expected: 'packet, acknowledgement or receipt' });
  if (request.sequences.length < 1 || request.sequences.length > PROOFS_MAX)
    return refuse('MALFORMED', { field: 'sequences', expected: `1 … ${PROOFS_MAX}` });
  const peer = checkPeer(ledger, request.peer);
  if (!peer.ok) return peer;
  const prefix = `links/${request.peer}/${space}/`;
  const proofs = request.sequences.map((sequence) =>
    linkProof(ledger, prefix + sequence.toString().padStart(SEQUENCE_DIGITS, '0'), Number(request.headerHeight)),
  );
  return accept({ proofs });
}

function listPeers({ ledger, wanted }: LedgerDoor): Result<ListPeersResponse> {
  const peers = ledger.links.peers().map((peer) => ({
    chainId: peer.chainId,
    status: peer.status,
    clientHeight: BigInt(peer.clientHeight),
    clientTimeUnixMs: BigInt(peer.clientTimeUnixMs),
    lastSequence: BigInt(peer.lastSequence),
    inFlight: peer.inFlight,
    oldestSentAtUnixMs: BigInt(peer.oldestSentAtUnixMs),
    wantedHeight: BigInt(wanted.heightOf(peer.chainId, peer.clientHeight)),
  }));
  return accept({ peers });
}

function outbox(ledger: LedgerHost, request: OutboxRequest): Result<OutboxResponse> {
  if (request.limit < 1 || request.limit > OUTBOX_PAGE_MAX)
    return refuse('MALFORMED', { field: 'limit', expected: `1 … ${OUTBOX_PAGE_MAX}` });
  const peer = checkPeer(ledger, request.peer);
  if (!peer.ok) return peer;
  const packets = ledger.links.outbox(request.peer, Number(request.afterSequence), request.limit).map((entry) => ({
    sequence: BigInt(entry.sequence),
    packet: entry.packet,
    sentAtHeight: BigInt(entry.sentAtHeight),
    sentAtUnixMs: BigInt(entry.sentAtUnixMs),
    deferredUntilUnixMs: BigInt(entry.deferredUntilUnixMs),
  }));
  return accept({ packets });
}

/** The newest header is the one after the last commit's; a chain at height h has certified headers 1 … h. */
function headers(ledger: LedgerHost, request: HeadersRequest): Result<HeadersResponse> {
  if (request.heights.length > HEADERS_MAX) return refuse('MALFORMED', { field: 'heights', expected: `at most ${HEADERS_MAX}` });
  const lightBlocks: Uint8Array[] = [];
  for (const height of request.heights) {
    const wanted = height === 0n ? ledger.status().height : Number(height);
    const lightBlock = ledger.lightBlock(wanted);
    if (lightBlock === undefined) return refuse('NOT_FOUND', { what: 'header', height: wanted, head: ledger.status().height }, 'retry');
    lightBlocks.push(lightBlock);
  }
  return accept({ lightBlocks });
}

async function deliver(door: LedgerDoor, request: DeliverRequest, organisation: string): Promise<Result<DeliverResponse>> {
  if (request.operation === undefined) return refuse('MALFORMED', { field: 'operation', expected: 'a signed operation' });
  const receipt = await door.admission.submit(request.operation, organisation);
  return receipt.ok ? accept({ receipt: receipt.value.bytes }) : receipt;
}

/** All that is open now, whatever was said of it before: what a relay goes on with when every event was lost. */
function openOf({ ledger, activity, wanted }: LedgerDoor): LinkNews {
  const peers = ledger.links.peers();
  const isAwaited = ({ chainId, clientHeight }: LinkPeer): boolean =>
    clientHeight === 0 || wanted.heightOf(chainId, clientHeight) > clientHeight;
  return {
    activity: activity.since(0).activity,
    outgoing: peers.filter(({ inFlight }) => inFlight > 0).map(({ chainId }) => chainId),
    incoming: peers.filter(isAwaited).map(({ chainId }) => chainId),
  };
}

async function wake(door: LedgerDoor, request: WakeRequest): Promise<Result<WakeResponse>> {
  const { ledger, activity } = door;
  const seen = Number(request.seenActivity);
  if (activity.since(seen).activity === seen) await activity.next(Math.min(request.waitMs, WAKE_WAIT_MS_MAX));
  const since = activity.since(seen);
  const news = since.activity === seen ? openOf(door) : since;
  return accept({
    activity: BigInt(news.activity),
    height: BigInt(ledger.status().height),
    outgoingPeers: [...news.outgoing],
    incomingPeers: [...news.incoming],
  });
}

/** One active relay a link, softly: a lease that is not renewed ends by itself, and a second delivery would be harmless. */
class Leases {
  readonly #leases = new Map<string, { holder: string; endsAtMs: number }>();
  readonly #nowMs: () => number;

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  acquire(request: AcquireLeaseRequest): Result<AcquireLeaseResponse> {
    const { peer, holder } = request;
    if (holder === '' || holder.length > LEASE_HOLDER_CHARS_MAX) {
      return refuse('MALFORMED', { field: 'holder', expected: `1 … ${LEASE_HOLDER_CHARS_MAX} characters` });
    }
    const now = this.#nowMs();
    const lease = this.#leases.get(peer);
    if (lease !== undefined && lease.holder !== holder && lease.endsAtMs > now) {
      return accept({ held: false, holder: lease.holder, remainingMs: Math.ceil(lease.endsAtMs - now) });
    }
    this.#leases.set(peer, { holder, endsAtMs: now + LEASE_MS });
    return accept({ held: true, holder, remainingMs: LEASE_MS });
  }
}

/** LinkService: for the platform's relays, which are trusted with nothing but delay; the console may look. */
export function linkService(guard: Guard, door: () => LedgerDoor, nowMs: () => number): LinkServiceServer {
  const rule: ServiceRule = { service: 'LinkService', accepts: ({ kind }) => kind === 'relay', membership: true };
  // The operator shows on every LedgerLink what the ledgers themselves say of it, the console what is on its way and what proves it.
  const watched: ServiceRule = { ...rule, accepts: ({ kind }) => kind === 'relay' || kind === 'operator' || kind === 'console' };
  const shown: ServiceRule = { ...rule, accepts: ({ kind }) => kind === 'relay' || kind === 'console' };
  const leases = new Leases(nowMs);
  return {
    listPeers: guard.unary(watched, () => listPeers(door())),
    outbox: guard.unary(shown, (request: OutboxRequest) => outbox(door().ledger, request)),
    listFailedPackets: guard.unary(shown, ({ peer, limit }: ListFailedPacketsRequest) => {
      const known = checkPeer(door().ledger, peer);
      return known.ok ? listFailedPackets(door().ledger, { peer, limit }) : known;
    }),
    prove: guard.unary(shown, (request: ProveRequest) => prove(door().ledger, request)),
    headers: guard.unary(shown, (request: HeadersRequest) => headers(door().ledger, request)),
    deliver: guard.unary(rule, (request: DeliverRequest, peer) => deliver(door(), request, peer.organisation)),
    wake: guard.unary(rule, (request: WakeRequest) => wake(door(), request)),
    acquireLease: guard.unary(rule, async (request: AcquireLeaseRequest) => {
      const known = checkPeer(door().ledger, request.peer);
      return known.ok ? leases.acquire(request) : known;
    }),
  };
}

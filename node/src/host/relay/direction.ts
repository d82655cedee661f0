import { base64urlEncode, encodeCanonical, isJsonObject, type Json, type JsonObject, parseCanonical } from '@civitas/canon';
import type { Receipt } from '@civitas/proofs';
import type { OutgoingPacket, Peer } from '@civitas/proto/civitas/node/v1/link';
import type { Instruments, Logger, relayMetrics } from '@civitas/telemetry';
import { type BatchItem, batchesOf, type NeededHeader } from './batch.ts';
import { CLIENT_LAG_MS_MAX, LEASE_RENEW_MS, PAGE_PACKETS, PAGES_MAX, PROOFS_IN_FLIGHT, STUCK_LOG_MS, STUCK_MS } from './limits.ts';
import { mapConcurrently } from './map-concurrently.ts';
import { GatewayError, type LinkProof, type NetworkClient, type NetworkHeader, type ProofQuery } from './network-client.ts';
import { dueOf, type OpenPacketView, type PacketStep, planPacket } from './plan-packet.ts';

export interface DirectionOptions {
  readonly source: NetworkClient;
  readonly destination: NetworkClient;
  /** Client of a third network whose headers a packet asks for; undefined when this relay does not serve it. */
  readonly findNetwork: (chainId: string) => NetworkClient | undefined;
  /** Name of this process in leases. */
  readonly holder: string;
  readonly metrics: Instruments<typeof relayMetrics>;
  readonly log: Logger;
  readonly nowUnixMs: () => number;
}

interface Memo {
  deliveredAtHeight: number;
  answer: OpenPacketView['answer'];
  isAsked: boolean;
  loggedAtUnixMs: number;
}

interface OpenPacket {
  readonly view: OpenPacketView;
  readonly packet: JsonObject;
  readonly sentAtUnixMs: number;
}

interface Pass {
  readonly sourceHead: NetworkHeader;
  readonly destinationHead: NetworkHeader;
  readonly open: readonly { readonly packet: OpenPacket; readonly step: PacketStep }[];
}

type Verb = 'receive' | 'acknowledge' | 'timeout';

function packetJson(outgoing: OutgoingPacket): JsonObject {
  const parsed = parseCanonical(outgoing.packet);
  if (!parsed.ok || !isJsonObject(parsed.value)) throw new Error('a gateway handed out a packet that is not canonical JSON');
  return parsed.value;
}

function resultsOf(receipt: Receipt): readonly JsonObject[] {
  if (!receipt.outcome.ok) return [];
  const { result } = receipt.outcome;
  const results: Json | undefined = isJsonObject(result) ? result['results'] : undefined;
  return Array.isArray(results) ? results.filter((item: Json) => isJsonObject(item)) : [];
}

const NOT_PROVABLE: ReadonlySet<string> = new Set(['PROOF_NOT_YET', 'PRUNED']);

/** Undefined when the record changed since that header: the pass after the next block asks again. */
async function tryProve(network: NetworkClient, space: 'packet' | 'ack' | 'absence', query: ProofQuery): Promise<LinkProof | undefined> {
  try {
    return await network.prove(space, query);
  } catch (error) {
    if (error instanceof GatewayError && NOT_PROVABLE.has(error.code)) return undefined;
    throw error;
  }
}

/**
 * Packets from one network to another. Stateless: every pass reads what is open from the ledgers; what is remembered between passes
 * only spares questions, and losing it costs at most a delivery that answers "duplicate".
 */
export class Direction {
  readonly #options: DirectionOptions;
  readonly #labels: { readonly source: string; readonly destination: string };
  readonly #memos = new Map<number, Memo>();
  #leasedUntilUnixMs = 0;
  #oldestSentAtUnixMs = 0;

  constructor(options: DirectionOptions) {
    this.#options = options;
    this.#labels = { source: options.source.chainId, destination: options.destination.chainId };
  }

  get name(): string {
    return `${this.#labels.source} → ${this.#labels.destination}`;
  }

  touches(chainId: string): boolean {
    return this.#labels.source === chainId || this.#labels.destination === chainId;
  }

  /** Gauges that move with the clock; called before each scrape. */
  refreshMetrics(): void {
    const ageMs = this.#oldestSentAtUnixMs === 0 ? 0 : Math.max(0, this.#options.nowUnixMs() - this.#oldestSentAtUnixMs);
    this.#options.metrics.oldestAge.set(this.#labels, ageMs / 1000);
  }

  /** Brings every open packet one step further. @throws GatewayError when a gateway did not answer or refused. */
  async pass(): Promise<void> {
    const { source, destination, metrics } = this.#options;
    const [sourcePeers, destinationPeers] = await Promise.all([source.peers(), destination.peers()]);
    const outgoing = sourcePeers.find(({ chainId }) => chainId === destination.chainId);
    const incoming = destinationPeers.find(({ chainId }) => chainId === source.chainId);
    // A link is there once both sides hold a client of the other.
    if (outgoing === undefined || incoming === undefined) return;
    this.#oldestSentAtUnixMs = Number(outgoing.oldestSentAtUnixMs);
    if (!(await this.#holdLease())) return;
    const startedUnixMs = this.#options.nowUnixMs();
    const pass = await this.#observe();
    const [didReceive] = await Promise.all([this.#receive(pass), this.#settle(pass)]);
    await this.#freshen(pass, incoming, didReceive);
    metrics.passSeconds.observe(this.#labels, (this.#options.nowUnixMs() - startedUnixMs) / 1000);
  }

  async #holdLease(): Promise<boolean> {
    const now = this.#options.nowUnixMs();
    if (now < this.#leasedUntilUnixMs) return true;
    const { source, destination, holder, metrics } = this.#options;
    const held = await source.acquireLease(destination.chainId, holder);
    metrics.leaseHeld.set(this.#labels, held ? 1 : 0);
    this.#leasedUntilUnixMs = held ? now + LEASE_RENEW_MS : 0;
    if (!held) metrics.errors.inc({ ...this.#labels, reason: 'lease' });
    return held;
  }

  async #observe(): Promise<Pass> {
    const { source, destination } = this.#options;
    const [sourceHead, destinationHead] = await Promise.all([source.newestHeader(), destination.newestHeader()]);
    const outgoing = await this.#readOutbox();
    const open = await mapConcurrently(outgoing, PROOFS_IN_FLIGHT, async (entry) => {
      const packet = await this.#look(entry, destinationHead);
      return { packet, step: planPacket(packet.view, { source: sourceHead, destination: destinationHead }) };
    });
    const sequences = new Set(open.map(({ packet }) => packet.view.sequence));
    for (const sequence of this.#memos.keys()) if (!sequences.has(sequence)) this.#memos.delete(sequence);
    this.#report(open);
    return { sourceHead, destinationHead, open };
  }

  async #readOutbox(): Promise<OutgoingPacket[]> {
    const { source, destination } = this.#options;
    const packets: OutgoingPacket[] = [];
    for (let page = 0; page < PAGES_MAX; page++) {
      const after = packets.at(-1)?.sequence ?? 0n;
      const next = await source.outbox(destination.chainId, Number(after), PAGE_PACKETS);
      packets.push(...next);
      if (next.length < PAGE_PACKETS) break;
    }
    return packets;
  }

  async #look(outgoing: OutgoingPacket, destinationHead: NetworkHeader): Promise<OpenPacket> {
    const sequence = Number(outgoing.sequence);
    const memo = this.#memoOf(sequence);
    // Asked at first sight, when something was delivered that now has a proof, and until the answer is final.
    const mayHaveAnswer = !memo.isAsked || memo.deliveredAtHeight > 0 || memo.answer !== undefined;
    if (mayHaveAnswer && memo.deliveredAtHeight < destinationHead.height) {
      const query = { peer: this.#options.source.chainId, sequence, headerHeight: destinationHead.height };
      const shown = await tryProve(this.#options.destination, 'ack', query);
      if (shown !== undefined) {
        const { value } = shown;
        memo.answer = value === undefined ? undefined : { acknowledgement: value, dueUnixMs: dueOf(value) };
        memo.isAsked = true;
      }
    }
    const packet = packetJson(outgoing);
    const timeout = packet['timeoutUnixMs'];
    const view: OpenPacketView = {
      sequence,
      sentAtHeight: Number(outgoing.sentAtHeight),
      timeoutUnixMs: typeof timeout === 'number' ? timeout : 0,
      deferredUntilUnixMs: Number(outgoing.deferredUntilUnixMs),
      answer: memo.answer,
      deliveredAtHeight: memo.deliveredAtHeight,
    };
    return { view, packet, sentAtUnixMs: Number(outgoing.sentAtUnixMs) };
  }

  #memoOf(sequence: number): Memo {
    const memo = this.#memos.get(sequence) ?? { deliveredAtHeight: 0, answer: undefined, isAsked: false, loggedAtUnixMs: 0 };
    this.#memos.set(sequence, memo);
    return memo;
  }

  #report(open: Pass['open']): void {
    const { metrics, log, nowUnixMs } = this.#options;
    const waiting = { receive: 0, acknowledge: 0, deferred: 0, timeout: 0 };
    for (const { packet, step } of open) {
      const where = step.step === 'wait' ? step.for : step.step === 'past-due' ? 'timeout' : step.step;
      waiting[where] += 1;
      const memo = this.#memoOf(packet.view.sequence);
      const now = nowUnixMs();
      if (now - packet.sentAtUnixMs < STUCK_MS || now - memo.loggedAtUnixMs < STUCK_LOG_MS || where === 'deferred') continue;
      memo.loggedAtUnixMs = now;
      const why = step.step === 'wait' ? step.why : `next step ${step.step}`;
      log.warn('packet-stuck', { ...this.#labels, sequence: packet.view.sequence, step: where, why, ageMs: now - packet.sentAtUnixMs });
    }
    for (const step of ['receive', 'acknowledge', 'deferred', 'timeout'] as const)
      metrics.pending.set({ ...this.#labels, step }, waiting[step]);
  }

  /** @returns whether the destination's client was brought further on the way. */
  async #receive(pass: Pass): Promise<boolean> {
    const { source, destination } = this.#options;
    const due = pass.open.filter(({ step }) => step.step === 'receive');
    if (due.length === 0) return false;
    const items = await mapConcurrently(due, PROOFS_IN_FLIGHT, async ({ packet }): Promise<BatchItem | undefined> => {
      const query = { peer: destination.chainId, sequence: packet.view.sequence, headerHeight: pass.sourceHead.height };
      const [shown, needs] = await Promise.all([tryProve(source, 'packet', query), this.#requiredHeaders(packet.packet)]);
      if (shown === undefined) return undefined;
      const { found, proof } = shown;
      return found ? { sequence: packet.view.sequence, entry: { packet: packet.packet, proof }, needs } : undefined;
    });
    const head = { peer: source.chainId, header: pass.sourceHead };
    for (const batch of batchesOf(
      head,
      items.filter((item) => item !== undefined),
    )) {
      await this.#deliver(destination, 'receive', batch.args, batch.items);
    }
    return true;
  }

  /** Headers of third networks that the packet's own references are proven under. */
  async #requiredHeaders(packet: JsonObject): Promise<NeededHeader[]> {
    const { requires } = packet;
    if (!Array.isArray(requires)) return [];
    const needs: NeededHeader[] = [];
    for (const { peer, headerHeight } of requires as readonly { peer: string; headerHeight: number }[]) {
      // The destination needs no client of itself, and the link's own header comes with the batch.
      const network = peer === this.#options.destination.chainId ? undefined : this.#options.findNetwork(peer);
      if (network !== undefined) needs.push({ peer, header: await network.headerAt(headerHeight) });
    }
    return needs;
  }

  async #settle(pass: Pass): Promise<void> {
    const { source, destination } = this.#options;
    const head = { peer: destination.chainId, header: pass.destinationHead };
    const prove = async (space: 'ack' | 'absence', { view }: OpenPacket): Promise<BatchItem | undefined> => {
      const { sequence } = view;
      const query = { peer: source.chainId, sequence, headerHeight: pass.destinationHead.height };
      const shown = await tryProve(destination, space, query);
      if (shown === undefined) return undefined;
      const { value, proof } = shown;
      if (space === 'absence') {
        if (value === undefined) return { sequence, entry: { proof, sequence }, needs: [] };
        // Another relay has delivered it since it was looked at.
        this.#memoOf(sequence).isAsked = false;
        return undefined;
      }
      return value === undefined ? undefined : { sequence, entry: { acknowledgement: value, proof, sequence }, needs: [] };
    };
    const settle = async (steps: readonly PacketStep['step'][], space: 'ack' | 'absence', verb: Verb): Promise<void> => {
      const due = pass.open.filter(({ step }) => steps.includes(step.step));
      const items = await mapConcurrently(due, PROOFS_IN_FLIGHT, ({ packet }) => prove(space, packet));
      for (const batch of batchesOf(
        head,
        items.filter((item) => item !== undefined),
      )) {
        const results = await this.#deliver(source, verb, batch.args, batch.items);
        this.#observeRoundTrips(pass, results);
      }
    };
    await settle(['acknowledge'], 'ack', 'acknowledge');
    await settle(['timeout'], 'absence', 'timeout');
    await settle(['past-due'], 'ack', 'timeout');
  }

  #observeRoundTrips(pass: Pass, results: readonly JsonObject[]): void {
    for (const { sequence, status } of results) {
      if (status !== 'acknowledged') continue;
      const sent = pass.open.find(({ packet }) => packet.view.sequence === sequence);
      if (sent === undefined) continue;
      const seconds = Math.max(0, this.#options.nowUnixMs() - sent.packet.sentAtUnixMs) / 1000;
      this.#options.metrics.roundTripSeconds.observe(this.#labels, seconds);
    }
  }

  /** Submits one batch and notes what each packet met. @throws GatewayError when the operation as a whole was refused. */
  async #deliver(at: NetworkClient, verb: Verb, args: JsonObject, items: readonly BatchItem[]): Promise<readonly JsonObject[]> {
    const receipt = await at.deliver(verb, args);
    const { log, metrics } = this.#options;
    if (!receipt.outcome.ok) {
      metrics.packets.inc({ ...this.#labels, result: 'refused' }, items.length);
      const { code, facts } = receipt.outcome.refusal;
      log.warn('relay-operation-refused', { ...this.#labels, verb, code, facts, sequences: items.map(({ sequence }) => sequence) });
      throw new GatewayError(at.network, code, false);
    }
    const results = resultsOf(receipt);
    for (const [index, item] of items.entries()) {
      const result = results[index] ?? {};
      const status = result['status'];
      const counted = RESULT_OF_STATUS[String(status)] ?? 'refused';
      // A second acknowledgement or timeout of one packet is no delivery.
      if (verb === 'receive' || counted !== 'redelivered') metrics.packets.inc({ ...this.#labels, result: counted });
      if (counted === 'refused') log.warn('packet-refused', { ...this.#labels, verb, sequence: item.sequence, code: result['code'] ?? '' });
      else if (verb === 'receive') this.#memoOf(item.sequence).deliveredAtHeight = receipt.height;
    }
    log.debug('relayed', { ...this.#labels, verb, packets: items.length, height: receipt.height, bytes: encodeCanonical(args).length });
    return results;
  }

  /** Keeps the destination's client from growing stale while nothing is sent. */
  async #freshen(pass: Pass, incoming: Peer, didReceive: boolean): Promise<void> {
    const { source, destination, metrics } = this.#options;
    const lagMs = Math.max(0, pass.sourceHead.timeUnixMs - Number(incoming.clientTimeUnixMs));
    metrics.clientLag.set(this.#labels, didReceive || incoming.clientHeight === 0n ? 0 : lagMs / 1000);
    const isUsable = incoming.status === 'Active' || incoming.status === 'Stale';
    if (didReceive || !isUsable || (lagMs < CLIENT_LAG_MS_MAX && incoming.clientHeight > 0n)) return;
    const updates = [{ peer: source.chainId, lightBlocks: [base64urlEncode(pass.sourceHead.lightBlock)] }];
    const receipt = await destination.deliver('update', { updates });
    if (!receipt.outcome.ok) throw new GatewayError(destination.network, receipt.outcome.refusal.code, false);
    metrics.clientUpdates.inc(this.#labels);
  }
}

const RESULT_OF_STATUS: Readonly<Record<string, (typeof relayMetrics)['packets']['labels']['result'][number]>> = {
  received: 'delivered',
  duplicate: 'redelivered',
  acknowledged: 'acknowledged',
  deferred: 'deferred',
  'timed-out': 'timed_out',
};

import { base64urlEncode, type JsonObject } from '@civitas/canon';
import type { OutgoingPacket, Peer } from '@civitas/proto/civitas/node/v1/link';
import { type Instruments, type Logger, type relayMetrics, type Tracing, traceIdOf } from '@civitas/telemetry';
import { tracePacket } from '../telemetry/trace-packet.ts';
import { type Batch, type BatchHead, type BatchItem, batchesOf } from './batch.ts';
import { deliverFollowing } from './follow-sets.ts';
import { BATCHES_IN_FLIGHT, CLIENT_LAG_MS_MAX, LEASE_RENEW_MS, STUCK_LOG_MS, STUCK_MS } from './limits.ts';
import { mapConcurrently } from './map-concurrently.ts';
import { LedgerRefusalError, type LinkProof, type NetworkClient, type NetworkHeader } from './network-client.ts';
import { NOTHING_OPEN, type OutboxPart, OutboxReader } from './outbox-reader.ts';
import { emptyMemo, type PacketMemo, type PendingStep, sequencesToAsk } from './packet-memo.ts';
import { dueOf, type OpenPacketView, type PacketStep, planPacket } from './plan-packet.ts';
import { provePackets } from './prove-packets.ts';
import { packetJson, resultsOf } from './read-answers.ts';
import { Receiving } from './receiving.ts';

export interface DirectionOptions {
  readonly source: NetworkClient;
  readonly destination: NetworkClient;
  /** Client of a third network whose headers a packet asks for; undefined when this relay does not serve it. */
  readonly findNetwork: (chainId: string) => NetworkClient | undefined;
  /** Name of this process in leases. */
  readonly holder: string;
  readonly metrics: Instruments<typeof relayMetrics>;
  readonly log: Logger;
  readonly tracing: Tracing;
  readonly nowUnixMs: () => number;
}

interface OpenPacket {
  readonly view: OpenPacketView;
  readonly packet: JsonObject;
  readonly sentAtUnixMs: number;
}

interface Pass {
  readonly sourceHead: NetworkHeader;
  readonly destinationHead: NetworkHeader & { readonly isLast: boolean };
  readonly open: readonly { readonly packet: OpenPacket; readonly step: PacketStep }[];
  /** Acknowledgements as the destination's header shows them. */
  readonly answers: ReadonlyMap<number, LinkProof>;
}

type Verb = 'receive' | 'acknowledge' | 'timeout';

/** An acknowledgement with its proof; undefined where the header does not show it. */
function answerItem(sequence: number, answers: Pass['answers']): BatchItem | undefined {
  const shown = answers.get(sequence);
  if (shown?.value === undefined) return undefined;
  return { sequence, entry: { acknowledgement: shown.value, proof: shown.proof, sequence }, needs: [] };
}

/** Whether a client takes headers at all. */
function isUsable({ status }: Pick<Peer, 'status'>): boolean {
  return status === 'Active' || status === 'Stale';
}

/** Whether a client is to be brought further though nothing needs it. @param timeUnixMs of the source's newest header, or the wall clock's. */
function isLagging(peer: Pick<Peer, 'clientHeight' | 'clientTimeUnixMs'>, timeUnixMs: number): boolean {
  return peer.clientHeight === 0n || timeUnixMs - Number(peer.clientTimeUnixMs) >= CLIENT_LAG_MS_MAX;
}

/**
 * Packets from one network to another. Stateless: every pass reads what is open from the ledgers; what is remembered between passes
 * only spares questions, and losing it costs at most a delivery that answers "duplicate".
 */
export class Direction {
  readonly #options: DirectionOptions;
  readonly #labels: { readonly source: string; readonly destination: string };
  readonly #memos = new Map<number, PacketMemo>();
  readonly #receiving: Receiving;
  readonly #outbox: OutboxReader;
  #leasedUntilUnixMs = 0;
  #oldestSentAtUnixMs = 0;

  constructor(options: DirectionOptions) {
    this.#options = options;
    this.#labels = { source: options.source.chainId, destination: options.destination.chainId };
    const deliver = (batch: Batch) => this.#deliver(options.destination, 'receive', batch);
    this.#receiving = new Receiving({ ...options, labels: this.#labels, deliver });
    this.#outbox = new OutboxReader(options.source, options.destination.chainId);
  }

  get name(): string {
    return `${this.#labels.source} → ${this.#labels.destination}`;
  }

  get ends(): { readonly source: NetworkClient; readonly destination: NetworkClient } {
    return this.#options;
  }

  goes(source: string, destination: string): boolean {
    return this.#labels.source === source && this.#labels.destination === destination;
  }

  touches(chainId: string): boolean {
    return this.#labels.source === chainId || this.#labels.destination === chainId;
  }

  /** Gauges that move with the clock; called before each scrape. */
  refreshMetrics(): void {
    const ageMs = this.#oldestSentAtUnixMs === 0 ? 0 : Math.max(0, this.#options.nowUnixMs() - this.#oldestSentAtUnixMs);
    this.#options.metrics.oldestAge.set(this.#labels, ageMs / 1000);
  }

  /**
   * Brings every open packet one step further.
   *
   * @returns after how many ms another pass is worth while though nothing is heard.
   * @throws GatewayError when a gateway did not answer or refused.
   */
  async pass(): Promise<number> {
    await this.#pass();
    return this.#receiving.restMs();
  }

  async #pass(): Promise<void> {
    const { source, destination, metrics } = this.#options;
    const [sourcePeers, destinationPeers] = await Promise.all([source.peers(), destination.peers()]);
    const outgoing = sourcePeers.find(({ chainId }) => chainId === destination.chainId);
    const incoming = destinationPeers.find(({ chainId }) => chainId === source.chainId);
    // A link is there once both sides hold a client of the other.
    if (outgoing === undefined || incoming === undefined) return;
    this.#oldestSentAtUnixMs = Number(outgoing.oldestSentAtUnixMs);
    if (!(await this.#holdLease()) || this.#isIdle(outgoing, incoming)) return;
    const startedUnixMs = this.#options.nowUnixMs();
    await this.#carry(await this.#observe(outgoing), incoming);
    metrics.passSeconds.observe(this.#labels, (this.#options.nowUnixMs() - startedUnixMs) / 1000);
  }

  /** A ledger that refuses packets, for days perhaps, still has its client brought further: a stale one would refuse everybody. */
  async #carry(pass: Pass, incoming: Peer): Promise<void> {
    const [received, settled] = await Promise.allSettled([this.#receive(pass), this.#settle(pass)]);
    const failures: readonly unknown[] = [received, settled].flatMap((end) => (end.status === 'rejected' ? [end.reason] : []));
    const fault = failures.find((failure) => !(failure instanceof LedgerRefusalError));
    if (fault !== undefined) throw fault;
    await this.#freshen(pass, incoming, received.status === 'fulfilled' && received.value);
    if (failures.length > 0) throw failures[0];
  }

  /** Nothing to carry and a client that is young enough: no header is fetched. */
  #isIdle(outgoing: Peer, incoming: Peer): boolean {
    const isIdle = outgoing.inFlight === 0 && incoming.wantedHeight === 0n && !isLagging(incoming, this.#options.nowUnixMs());
    if (isIdle) this.#keepMemos([], NOTHING_OPEN);
    return isIdle;
  }

  /** Forgets packets that are no longer open; of those that this pass did not look for, only what they say. */
  #keepMemos(open: Pass['open'], part: OutboxPart): void {
    const sequences = new Set(open.map(({ packet }) => packet.view.sequence));
    const isGone = (sequence: number): boolean => !sequences.has(sequence) && part.covers(sequence);
    for (const [sequence, memo] of this.#memos) {
      if (isGone(sequence)) this.#memos.delete(sequence);
      else if (!sequences.has(sequence)) memo.packet = undefined;
    }
    this.#receiving.forget(isGone);
    this.#report(open);
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

  async #observe(outgoing: Peer): Promise<Pass> {
    const { source, destination } = this.#options;
    const hasOpen = outgoing.inFlight > 0;
    // Of a network that it has ended, a ledger takes proofs under the last header that it knows, and no other header.
    const isLast = hasOpen && outgoing.status === 'Tombstoned';
    const shown = isLast ? destination.headerAt(Number(outgoing.clientHeight)) : destination.newestHeader();
    const [sourceHead, header] = await Promise.all([source.newestHeader(), shown]);
    const destinationHead = { ...header, isLast };
    const part = hasOpen ? await this.#outbox.read() : NOTHING_OPEN;
    const answers = await this.#askAnswers(part.packets, destinationHead);
    const open = part.packets.map((entry) => {
      const packet = this.#openPacketOf(entry);
      return { packet, step: planPacket(packet.view, { source: sourceHead, destination: destinationHead }) };
    });
    this.#keepMemos(open, part);
    return { sourceHead, destinationHead, open, answers };
  }

  async #askAnswers(outgoing: readonly OutgoingPacket[], destinationHead: NetworkHeader): Promise<Pass['answers']> {
    const { source, destination } = this.#options;
    const asked = sequencesToAsk(outgoing, (sequence) => this.#memoOf(sequence), destinationHead);
    const query = { peer: source.chainId, sequences: asked, headerHeight: destinationHead.height };
    const answers = await provePackets(destination, 'ack', query);
    for (const [sequence, { value }] of answers) {
      const memo = this.#memoOf(sequence);
      memo.answer = value === undefined ? undefined : { acknowledgement: value, dueUnixMs: dueOf(value) };
      memo.askedAtHeight = destinationHead.height;
    }
    return answers;
  }

  #openPacketOf(outgoing: OutgoingPacket): OpenPacket {
    const sequence = Number(outgoing.sequence);
    const memo = this.#memoOf(sequence);
    const packet = memo.packet ?? packetJson(outgoing);
    memo.packet = packet;
    memo.sentAtUnixMs = Number(outgoing.sentAtUnixMs);
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

  #memoOf(sequence: number): PacketMemo {
    const memo = this.#memos.get(sequence) ?? emptyMemo();
    this.#memos.set(sequence, memo);
    return memo;
  }

  #report(open: Pass['open']): void {
    const { metrics, log, nowUnixMs } = this.#options;
    for (const { packet, step } of open) {
      const where = step.step === 'wait' ? step.for : step.step === 'past-due' ? 'timeout' : step.step;
      const memo = this.#memoOf(packet.view.sequence);
      memo.waitsFor = where;
      const now = nowUnixMs();
      if (now - packet.sentAtUnixMs < STUCK_MS || now - memo.loggedAtUnixMs < STUCK_LOG_MS || where === 'deferred') continue;
      memo.loggedAtUnixMs = now;
      const why = step.step === 'wait' ? step.why : `next step ${step.step}`;
      const stuck = { ...this.#labels, sequence: packet.view.sequence, flow: packet.packet['flow'] ?? '' };
      log.warn('packet-stuck', { ...stuck, step: where, why, ageMs: now - packet.sentAtUnixMs });
    }
    const waiting: Record<PendingStep, number> = { receive: 0, acknowledge: 0, deferred: 0, timeout: 0 };
    for (const { waitsFor } of this.#memos.values()) waiting[waitsFor] += 1;
    for (const step of ['receive', 'acknowledge', 'deferred', 'timeout'] as const)
      metrics.pending.set({ ...this.#labels, step }, waiting[step]);
  }

  /** @returns whether the destination's client was brought further on the way. */
  #receive({ open, sourceHead }: Pass): Promise<boolean> {
    const due = open
      .filter(({ step }) => step.step === 'receive')
      .map(({ packet }) => ({ sequence: packet.view.sequence, packet: packet.packet }));
    return this.#receiving.receive(due, sourceHead);
  }

  /** Cuts items into operations and submits them side by side. @returns what each packet met. */
  async #deliverAll(
    at: NetworkClient,
    verb: Verb,
    head: BatchHead,
    items: readonly (BatchItem | undefined)[],
  ): Promise<readonly JsonObject[]> {
    const batches = batchesOf(
      head,
      items.filter((item) => item !== undefined),
    );
    return (await mapConcurrently(batches, BATCHES_IN_FLIGHT, (batch) => this.#deliver(at, verb, batch))).flat();
  }

  async #settle(pass: Pass): Promise<void> {
    const { source, destination } = this.#options;
    const head = { peer: destination.chainId, header: pass.destinationHead, isKnown: pass.destinationHead.isLast };
    const answered = (wanted: PacketStep['step']): readonly (BatchItem | undefined)[] =>
      pass.open.filter(({ step }) => step.step === wanted).map(({ packet }) => answerItem(packet.view.sequence, pass.answers));
    const absences = await this.#absences(pass);
    const results = await Promise.all([
      // The same answers that the plan was made from.
      this.#deliverAll(source, 'acknowledge', head, answered('acknowledge')),
      this.#deliverAll(source, 'timeout', head, answered('past-due')),
      this.#deliverAll(source, 'timeout', head, absences),
    ]);
    this.#observeRoundTrips(pass, results.flat());
  }

  /** Proofs that packets past their time were not received. */
  async #absences(pass: Pass): Promise<readonly (BatchItem | undefined)[]> {
    const { source, destination } = this.#options;
    const sequences = pass.open.filter(({ step }) => step.step === 'timeout').map(({ packet }) => packet.view.sequence);
    const query = { peer: source.chainId, sequences, headerHeight: pass.destinationHead.height };
    const proofs = await provePackets(destination, 'receipt', query);
    return sequences.map((sequence) => {
      const shown = proofs.get(sequence);
      if (shown === undefined) return undefined;
      if (!shown.found) return { sequence, entry: { proof: shown.proof, sequence }, needs: [] };
      // Another relay has delivered it since it was looked at.
      Object.assign(this.#memoOf(sequence), { askedAtHeight: 0, deliveredAtHeight: 0 });
      return undefined;
    });
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
  async #deliver(at: NetworkClient, verb: Verb, { args, items }: Batch): Promise<readonly JsonObject[]> {
    const { log, metrics, tracing, source, destination, nowUnixMs } = this.#options;
    const shown = at === destination ? source : destination;
    const receipt = await deliverFollowing({ at, shown, target: Number(args['headerHeight']) }, verb, args);
    const labels = { ...this.#labels, trace_id: traceIdOf(receipt.operation) };
    if (!receipt.outcome.ok) {
      metrics.packets.inc({ ...this.#labels, result: 'refused' }, items.length);
      const { code, facts } = receipt.outcome.refusal;
      log.warn('relay-operation-refused', { ...labels, verb, code, facts, sequences: items.map(({ sequence }) => sequence) });
      throw new LedgerRefusalError(at.network, code, facts);
    }
    const results = resultsOf(receipt);
    for (const [index, item] of items.entries()) {
      const result = results[index] ?? {};
      const status = result['status'];
      const counted = RESULT_OF_STATUS[String(status)] ?? 'refused';
      // A second acknowledgement or timeout of one packet is no delivery.
      if (verb === 'receive' || counted !== 'redelivered') metrics.packets.inc({ ...this.#labels, result: counted });
      const memo = this.#memoOf(item.sequence);
      tracePacket(tracing, { ...this.#labels, ...memo, sequence: item.sequence }, { result: counted, receipt, endUnixMs: nowUnixMs() });
      if (counted === 'refused' && verb === 'receive') this.#receiving.refused(item);
      if (counted === 'refused') log.warn('packet-refused', { ...labels, verb, sequence: item.sequence, code: result['code'] ?? '' });
      else if (verb === 'receive') memo.deliveredAtHeight = receipt.height;
    }
    log.debug('relayed', { ...labels, verb, packets: items.length, height: receipt.height });
    return results;
  }

  /** Keeps the destination's client from growing stale while nothing is sent, and brings a header that somebody waits for. */
  async #freshen(pass: Pass, incoming: Peer, didReceive: boolean): Promise<void> {
    const { source, destination, metrics } = this.#options;
    const lagMs = Math.max(0, pass.sourceHead.timeUnixMs - Number(incoming.clientTimeUnixMs));
    metrics.clientLag.set(this.#labels, didReceive || incoming.clientHeight === 0n ? 0 : lagMs / 1000);
    const isWanted = incoming.wantedHeight > incoming.clientHeight && BigInt(pass.sourceHead.height) >= incoming.wantedHeight;
    if (didReceive || !isUsable(incoming) || !(isWanted || isLagging(incoming, pass.sourceHead.timeUnixMs))) return;
    const updates = [{ peer: source.chainId, lightBlocks: [base64urlEncode(pass.sourceHead.lightBlock)] }];
    const receipt = await deliverFollowing({ at: destination, shown: source, target: pass.sourceHead.height }, 'update', { updates });
    if (!receipt.outcome.ok) throw new LedgerRefusalError(destination.network, receipt.outcome.refusal.code);
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

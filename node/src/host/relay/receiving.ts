import type { JsonObject } from '@civitas/canon';
import type { Logger } from '@civitas/telemetry';
import { type Batch, type BatchHead, type BatchItem, batchesOf } from './batch.ts';
import { HeldPackets } from './held-packets.ts';
import { BATCHES_IN_FLIGHT, HEADER_TRIES_MAX, PACKETS_IN_FLIGHT } from './limits.ts';
import { mapConcurrently } from './map-concurrently.ts';
import { LedgerRefusalError, type LinkProof, type NetworkClient, type NetworkHeader } from './network-client.ts';
import { provePackets } from './prove-packets.ts';
import { fetchRequired, requirementsOf } from './required-headers.ts';

export interface ReceivingOptions {
  readonly source: Pick<NetworkClient, 'chainId' | 'prove'>;
  readonly destination: Pick<NetworkClient, 'chainId'>;
  readonly findNetwork: (chainId: string) => Pick<NetworkClient, 'headerAt'> | undefined;
  readonly labels: { readonly source: string; readonly destination: string };
  /** Submits a batch of packets. @throws LedgerRefusalError when the ledger refused it as a whole. @returns what each packet met. */
  readonly deliver: (batch: Batch) => Promise<readonly JsonObject[]>;
  readonly log: Logger;
  readonly nowUnixMs: () => number;
}

interface SentPacket {
  readonly sequence: number;
  readonly packet: JsonObject;
}

/**
 * Brings packets to the network they are for. What a sender wrote into a packet is no reason to hold up anybody else: a packet that
 * cannot be delivered for a reason of its own waits, ever longer, and the others go on.
 */
export class Receiving {
  readonly #options: ReceivingOptions;
  readonly #held: HeldPackets;
  /** Heights of required headers that the ledger called too old, by the sequence of the packet that asks for them. */
  readonly #tooOld = new Map<number, Set<number>>();

  constructor(options: ReceivingOptions) {
    this.#options = options;
    this.#held = new HeldPackets(options.nowUnixMs);
  }

  /** @returns whether the ledger looked at any of them, under this header. @throws GatewayError when a gateway did not answer or refused. */
  async receive(sent: readonly SentPacket[], header: NetworkHeader): Promise<boolean> {
    const due = sent.filter(({ sequence }) => !this.#held.isHeld(sequence));
    if (due.length === 0) return false;
    const { source, destination } = this.#options;
    const sequences = due.map(({ sequence }) => sequence);
    const proofs = await provePackets(source, 'packet', { peer: destination.chainId, sequences, headerHeight: header.height });
    const items = await mapConcurrently(due, PACKETS_IN_FLIGHT, (one) => this.#itemOf(one, proofs.get(one.sequence)));
    const head = { peer: source.chainId, header };
    const batches = batchesOf(
      head,
      items.filter((item) => item !== undefined),
    );
    const counts = await mapConcurrently(batches, BATCHES_IN_FLIGHT, (batch) => this.#deliver(head, batch));
    return counts.some((count) => count > 0);
  }

  /** The ledger refused this one of a batch. */
  refused({ sequence, isDoubtful }: BatchItem): void {
    if (isDoubtful !== true) return;
    this.#held.hold(sequence);
    this.#tooOld.delete(sequence);
  }

  /** Forgets packets that are no longer open. */
  forget(isGone: (sequence: number) => boolean): void {
    this.#held.forget(isGone);
    for (const sequence of this.#tooOld.keys()) if (isGone(sequence)) this.#tooOld.delete(sequence);
  }

  /** When to look again, though nothing is heard, ms from now. */
  restMs(): number {
    return this.#held.restMs();
  }

  /** A packet with its proof and the headers that it needs besides; undefined where it has to wait. */
  async #itemOf({ sequence, packet }: SentPacket, shown: LinkProof | undefined): Promise<BatchItem | undefined> {
    if (shown?.found !== true) return undefined;
    const { destination, findNetwork } = this.#options;
    // The destination needs no client of itself, and the link's own header comes with the batch.
    const requirements = requirementsOf(packet).filter(({ peer }) => peer !== destination.chainId);
    const { needs, failure } = await fetchRequired(requirements, findNetwork);
    const isWorthATry = failure === undefined || (!failure.isUnavailable && this.#held.tries(sequence) >= HEADER_TRIES_MAX);
    if (!isWorthATry) {
      this.#hold(sequence, failure.code);
      return undefined;
    }
    const brought = needs.filter(({ header }) => this.#tooOld.get(sequence)?.has(header.height) !== true);
    return { sequence, entry: { packet, proof: shown.proof }, needs: brought, isDoubtful: requirements.length > 0 };
  }

  /**
   * Headers of third networks may be refused, and all that comes beside them: then the packets that need none go first, and each of the
   * others by itself.
   *
   * @returns how many packets the ledger looked at.
   */
  async #deliver(head: BatchHead, batch: Batch): Promise<number> {
    try {
      return (await this.#options.deliver(batch)).length;
    } catch (error) {
      const doubtful = batch.items.filter(({ isDoubtful }) => isDoubtful);
      const [alone, ...others] = batch.items;
      if (!(error instanceof LedgerRefusalError) || doubtful.length === 0 || alone === undefined) throw error;
      if (others.length === 0) {
        this.#hold(alone.sequence, error.code);
        this.#noteTooOld(alone, error);
        return 0;
      }
      const sound = batch.items.filter((item) => !doubtful.includes(item));
      const parts = [...batchesOf(head, sound), ...doubtful.flatMap((item) => batchesOf(head, [item]))];
      let count = 0;
      for (const part of parts) count += await this.#deliver(head, part);
      return count;
    }
  }

  /**
   * A ledger refuses a header older than the set of validators that it trusts now, even one that it holds from before: the packet goes
   * without it next time. When it is refused without, the ledger does not hold it, and it is brought again.
   */
  #noteTooOld({ sequence, needs }: BatchItem, { code, facts }: LedgerRefusalError): void {
    const { height } = facts;
    const isBrought = needs.some(({ header }) => header.height === height);
    if (code !== 'HEADER_TOO_OLD' || typeof height !== 'number' || !isBrought) this.#tooOld.delete(sequence);
    else this.#tooOld.set(sequence, (this.#tooOld.get(sequence) ?? new Set()).add(height));
  }

  #hold(sequence: number, code: string): void {
    this.#held.hold(sequence);
    const tries = this.#held.tries(sequence);
    // The first tries are a tenth of a second apart: a gateway may just be one block behind.
    if (tries === 1 || tries > HEADER_TRIES_MAX) {
      this.#options.log.warn('packet-refused', { ...this.#options.labels, verb: 'receive', sequence, code });
    }
  }
}

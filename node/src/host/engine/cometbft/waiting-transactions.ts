import { type Bytes, hexEncode, type Refusal, type Sha256 } from '@civitas/canon';
import { WAITING_BUNDLES_MAX } from '../limits.ts';
import { EngineFault } from './engine-fault.ts';
import { EngineRefusal, engineBusy } from './engine-refusal.ts';
import type { Offered } from './engine-rpc.ts';
import { LOST_AFTER_MS, OFFER_AGAIN_MS_MAX, OFFER_AGAIN_MS_MIN, PLACES_MAX } from './limits.ts';

/** Where a transaction stands. */
export interface Place {
  readonly height: number;
  readonly position: number;
}

interface Waiting {
  readonly transaction: Bytes;
  readonly resolvers: { readonly resolve: (place: Place) => void; readonly reject: (error: unknown) => void }[];
  timer: NodeJS.Timeout | undefined;
}

export interface WaitingTransactionsOptions {
  readonly sha256: Sha256;
  readonly offer: (transaction: Bytes) => Promise<Offered>;
  readonly nowMs: () => number;
}

/**
 * Transactions handed to the engine that stand in no block yet. One that was taken is offered again once in a while, should the engine
 * have lost it; nothing here ever gives one up, because the engine may still order it.
 */
export class WaitingTransactions {
  readonly #options: WaitingTransactionsOptions;
  readonly #waiting = new Map<string, Waiting>();
  /** Of the newest blocks: the engine does not order again what it has just ordered. */
  readonly #places = new Map<string, Place>();
  #fullAtMs = Number.NEGATIVE_INFINITY;
  #isClosed = false;

  constructor(options: WaitingTransactionsOptions) {
    this.#options = options;
  }

  get count(): number {
    return this.#waiting.size;
  }

  /** ENGINE_BUSY while nothing more can be taken. */
  refusalOfMore(): Refusal | undefined {
    const isFull = this.#waiting.size >= WAITING_BUNDLES_MAX || this.#options.nowMs() - this.#fullAtMs < OFFER_AGAIN_MS_MAX;
    return isFull ? engineBusy({ waiting: this.#waiting.size, waitingMax: WAITING_BUNDLES_MAX }) : undefined;
  }

  /** Resolves when a block that holds it is durable. @throws EngineRefusal ENGINE_BUSY when it was not taken. */
  submit(transaction: Bytes): Promise<Place> {
    if (this.#isClosed) return Promise.reject(new Error('the engine is closed'));
    const id = this.#idOf(transaction);
    return new Promise((resolve, reject) => {
      const known = this.#waiting.get(id);
      if (known !== undefined) {
        known.resolvers.push({ resolve, reject });
        return;
      }
      if (this.#waiting.size >= WAITING_BUNDLES_MAX) {
        reject(new EngineRefusal(engineBusy({ waiting: this.#waiting.size, waitingMax: WAITING_BUNDLES_MAX })));
        return;
      }
      const waiting: Waiting = { transaction, resolvers: [{ resolve, reject }], timer: undefined };
      this.#waiting.set(id, waiting);
      void this.#offer(id, waiting, OFFER_AGAIN_MS_MIN);
    });
  }

  /** Ids of a block's transactions, by position; to be given to `committed` once the block is durable. */
  idsOf(transactions: readonly Bytes[]): readonly string[] {
    return transactions.map((transaction) => this.#idOf(transaction));
  }

  committed(height: number, ids: readonly string[]): void {
    for (const [position, id] of ids.entries()) {
      this.#remember(id, { height, position });
      const waiting = this.#waiting.get(id);
      if (waiting === undefined) continue;
      this.#waiting.delete(id);
      clearTimeout(waiting.timer);
      for (const { resolve } of waiting.resolvers) resolve({ height, position });
    }
  }

  close(): void {
    this.#isClosed = true;
    for (const { timer, resolvers } of this.#waiting.values()) {
      clearTimeout(timer);
      for (const { reject } of resolvers) reject(new Error('the engine closed before the bundle was ordered'));
    }
    this.#waiting.clear();
  }

  #idOf(transaction: Bytes): string {
    return hexEncode(this.#options.sha256(transaction));
  }

  #remember(id: string, place: Place): void {
    if (this.#places.size >= PLACES_MAX) {
      const oldest = this.#places.keys().next();
      if (!oldest.done) this.#places.delete(oldest.value);
    }
    if (!this.#places.has(id)) this.#places.set(id, place);
  }

  async #offer(id: string, waiting: Waiting, pauseMs: number): Promise<void> {
    let offered: Offered | 'silent';
    try {
      offered = await this.#options.offer(waiting.transaction);
    } catch (error) {
      if (!(error instanceof EngineFault)) throw error;
      offered = 'silent';
    }
    if (this.#isClosed || this.#waiting.get(id) !== waiting) return;
    const place = this.#places.get(id);
    // The engine remembers it from a block that is durable: it will not order it again.
    if (offered === 'known' && place !== undefined) return this.#settle(id, waiting, place);
    if (offered === 'full') this.#fullAtMs = this.#options.nowMs();
    if (offered === 'refused') {
      this.#waiting.delete(id);
      const error = new EngineRefusal({ code: 'NOT_AUTHORISED', facts: { reason: 'gateway' }, then: 'drop' });
      for (const { reject } of waiting.resolvers) reject(error);
      return;
    }
    const isTaken = offered === 'taken' || offered === 'known';
    waiting.timer = setTimeout(
      () => void this.#offer(id, waiting, isTaken ? OFFER_AGAIN_MS_MIN : Math.min(2 * pauseMs, OFFER_AGAIN_MS_MAX)),
      isTaken ? LOST_AFTER_MS : pauseMs,
    );
  }

  #settle(id: string, waiting: Waiting, place: Place): void {
    this.#waiting.delete(id);
    for (const { resolve } of waiting.resolvers) resolve(place);
  }
}

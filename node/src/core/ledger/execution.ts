import { type CryptoPort, canonicalBytesWithin, encodeCanonical, type JsonObject } from '@civitas/canon';
import type { Caller, Context, Contract, Outcome } from '@civitas/contracts';
import { isKeySized } from '../state/keys.ts';
import { RECORD_BYTES_MAX } from '../state/limits.ts';
import { Overlay, type RecordSource } from '../state/records.ts';
import { EVENT_BYTES_MAX, EVENTS_MAX } from './limits.ts';
import { DoorRefusal } from './refusal.ts';

/** What holds for the life of a ledger. */
export interface LedgerFacts {
  readonly chainId: string;
  readonly city: string;
  readonly domain: string;
  readonly crypto: CryptoPort;
  /** By name without version: what the genesis activates. */
  readonly contracts: ReadonlyMap<string, Contract>;
  /** By `name@vN`: all that this release has, so that members may take them up later. */
  readonly shipped: ReadonlyMap<string, Contract>;
  /** The door a contract gets; kept here so that links can open it for ports. */
  contextOf(execution: Execution, contract: string): Context;
}

export interface BlockFacts {
  readonly height: number;
  readonly timeUnixMs: number;
}

export interface OperationFacts {
  readonly caller: Caller;
  /** base64url. */
  readonly operationHash: string;
  /** base64url. */
  readonly idempotencyKey: string;
}

export interface ContractEvent {
  readonly contract: string;
  readonly name: string;
  readonly data: JsonObject;
}

/** One operation being executed inside one savepoint: what it changes, and what it says. */
export class Execution {
  readonly ledger: LedgerFacts;
  readonly block: BlockFacts;
  readonly operation: OperationFacts;
  readonly depth: number;
  readonly #state: Overlay;
  #events: ContractEvent[] = [];

  constructor(ledger: LedgerFacts, block: BlockFacts, operation: OperationFacts, below: RecordSource, depth = 0) {
    this.ledger = ledger;
    this.block = block;
    this.operation = operation;
    this.depth = depth;
    this.#state = new Overlay(below);
  }

  /** Records by their whole key. */
  get records(): RecordSource {
    return this.#state;
  }

  get state(): Overlay {
    return this.#state;
  }

  get events(): readonly ContractEvent[] {
    return this.#events;
  }

  /** @throws DoorRefusal LIMIT for a key or a record that is too large. */
  put(key: string, record: JsonObject): void {
    if (!isKeySized(key)) throw new DoorRefusal('LIMIT', { limit: 'keyBytes' });
    const bytes = encodeCanonical(record);
    if (bytes.length > RECORD_BYTES_MAX)
      throw new DoorRefusal('LIMIT', { limit: 'recordBytes', recordBytes: bytes.length, recordBytesMax: RECORD_BYTES_MAX });
    this.#state.put(key, record, bytes);
  }

  delete(key: string): void {
    this.#state.delete(key);
  }

  /** @throws DoorRefusal LIMIT for an event too many or too large. */
  emit(contract: string, name: string, data: JsonObject): void {
    if (this.#events.length >= EVENTS_MAX) throw new DoorRefusal('LIMIT', { limit: 'events', eventsMax: EVENTS_MAX });
    const eventBytes = canonicalBytesWithin(data, EVENT_BYTES_MAX);
    if (eventBytes > EVENT_BYTES_MAX) throw new DoorRefusal('LIMIT', { limit: 'eventBytes', eventBytes, eventBytesMax: EVENT_BYTES_MAX });
    this.#events.push({ contract, name, data });
  }

  /** Runs work on changes of its own; they become this execution's when the outcome is ok, and vanish otherwise. */
  savepoint(work: (inner: Execution) => Outcome): Outcome {
    const inner = new Execution(this.ledger, this.block, this.operation, this.#state, this.depth + 1);
    const outcome = work(inner);
    if (!outcome.ok) return outcome;
    inner.#state.mergeInto(this.#state);
    if (this.#events.length + inner.#events.length > EVENTS_MAX) throw new DoorRefusal('LIMIT', { limit: 'events', eventsMax: EVENTS_MAX });
    this.#events = [...this.#events, ...inner.#events];
    return outcome;
  }
}

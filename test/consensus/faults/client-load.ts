import { base64urlEncode } from '@civitas/canon';
import { parseReceipt, type Receipt } from '@civitas/proofs';
import type { SignedOperation } from '@civitas/proto/civitas/ledger/v1/operation';
import type { SubmitResponse } from '@civitas/proto/civitas/node/v1/ledger';
import { type SeededRandom, waitFor } from '@civitas/testkit';
import { Metadata, type ServiceError } from '@grpc/grpc-js';
import { ORGANISATIONS } from '../network/birth.ts';
import { aDocument, type ConsensusNetwork } from '../network/consensus-network.ts';
import type { Answered } from './history.ts';

/** A client gives up on one gateway after this, ms; what became of its operation it then does not know. */
const CLIENT_DEADLINE_MS = 1_500;
/** Pause between two operations of one client, ms, and before it tries another gateway. */
const PACE_MS = 120;
/** Records that clients compete for at one time. */
const RECORDS_OPEN = 4;
/** One operation in so many begins a new record. */
const NEW_RECORD_ONE_IN = 3;

/** An operation, the client that handed it over, and what came of it. */
export interface LoadedOperation {
  readonly recordId: string;
  readonly digest: string;
  readonly submittedAtMs: number;
  /** How often it was handed over; more than once means that its fate was unknown or that it was refused before it was ordered. */
  attempts: number;
  answer?: { readonly receipt: Receipt; readonly answeredAtMs: number };
}

function outcomeOf({ outcome }: Receipt): string {
  if (!outcome.ok) return outcome.refusal.code === 'DUPLICATE' ? 'exists' : outcome.refusal.code;
  const status = (outcome.result as { readonly status?: unknown }).status;
  return status === 'registered' ? 'made' : String(status);
}

/** Clients at every gateway, which compete for records and repeat each operation until they have its receipt. */
export class ClientLoad {
  readonly #network: ConsensusNetwork;
  readonly #random: SeededRandom;
  readonly #clientCount: number;
  readonly #recordIds: string[] = [];
  #operations: LoadedOperation[] = [];
  #running: Promise<void>[] = [];
  #isWanted = false;
  #isAbandoned = false;
  #failure: unknown;
  acknowledged = 0;
  /** Operations that were handed over more than once. */
  repeated = 0;
  /** What gateways answered instead of a receipt, by code. */
  readonly refusals = new Map<string, number>();

  constructor(network: ConsensusNetwork, parts: { readonly random: SeededRandom; readonly clients: number }) {
    this.#network = network;
    this.#random = parts.random;
    this.#clientCount = parts.clients;
  }

  start(): void {
    this.#operations = [];
    this.#recordIds.length = 0;
    this.#isWanted = true;
    this.#running = Array.from({ length: this.#clientCount }, () =>
      this.#client().catch((error: unknown) => {
        this.#failure ??= error;
      }),
    );
  }

  /** Gives up what is open, after a failed run. */
  abandon(): void {
    this.#isWanted = false;
    this.#isAbandoned = true;
  }

  /** Until so many operations that were handed over from now on have their receipts. */
  async progress(count: number, timeoutMs: number): Promise<void> {
    const sinceMs = performance.now();
    const done = (): boolean =>
      this.#operations.filter((operation) => operation.submittedAtMs >= sinceMs && operation.answer !== undefined).length >= count;
    await waitFor(`${count} more receipts`, () => this.#failure !== undefined || done(), timeoutMs);
    this.#assertSound();
  }

  /** Takes up nothing new, and waits until every operation has its receipt. */
  async settle(timeoutMs: number): Promise<readonly LoadedOperation[]> {
    this.#isWanted = false;
    let isSettled = false;
    void Promise.all(this.#running).then(() => {
      isSettled = true;
    });
    await waitFor(
      `receipts of ${this.#operations.filter(({ answer }) => answer === undefined).length} operations`,
      () => isSettled,
      timeoutMs,
    );
    this.#assertSound();
    return this.#operations;
  }

  #assertSound(): void {
    if (this.#failure !== undefined) throw this.#failure;
  }

  async #client(): Promise<void> {
    while (this.#isWanted) {
      await this.#runOne();
      await pause();
    }
  }

  #recordId(): string {
    const isNew = this.#recordIds.length === 0 || this.#random.nextInt(NEW_RECORD_ONE_IN) === 0;
    if (isNew) this.#recordIds.push(base64urlEncode(this.#random.nextBytes(16)));
    return this.#random.pick(this.#recordIds.slice(-RECORDS_OPEN));
  }

  async #runOne(): Promise<void> {
    const request = { ...aDocument(this.#recordId()), organisation: this.#random.pick(ORGANISATIONS) };
    const signed = this.#network.sign(request);
    const operation: LoadedOperation = {
      recordId: String(request.args['id']),
      digest: String(request.args['digest']),
      submittedAtMs: performance.now(),
      attempts: 0,
    };
    this.#operations.push(operation);
    // The same signed bytes, so the same idempotency key, through whichever gateway: until there is an answer.
    while (!this.#isAbandoned) {
      operation.attempts += 1;
      const receipt = await this.#tryOnce(signed, request.organisation);
      if (receipt !== undefined) {
        operation.answer = { receipt, answeredAtMs: performance.now() };
        this.acknowledged += 1;
        if (operation.attempts > 1) this.repeated += 1;
        return;
      }
      await pause();
    }
  }

  /** Undefined when this gateway gave no receipt: refused before it was ordered, or nobody knows. */
  async #tryOnce(operation: SignedOperation, organisation: string): Promise<Receipt | undefined> {
    const gateway = this.#random.pick(this.#network.indexes);
    const client = await this.#network.clients.ledger(this.#network.pod(gateway).clientAddress, organisation);
    const answer = await new Promise<SubmitResponse | ServiceError>((resolve) => {
      client.submit({ operation }, new Metadata(), { deadline: Date.now() + CLIENT_DEADLINE_MS }, (error, response) =>
        resolve(error ?? response),
      );
    });
    if (answer instanceof Error) {
      const code = /^[A-Z_]+$/.test(answer.details) ? answer.details : `gRPC ${answer.code}`;
      this.refusals.set(code, (this.refusals.get(code) ?? 0) + 1);
      return undefined;
    }
    const receipt = parseReceipt(answer.receipt);
    if (!receipt.ok) throw new Error(`a receipt that is none: ${receipt.refusal.code}`);
    return receipt.value;
  }
}

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, PACE_MS));
}

/** The history that the judge reads. @throws for an operation without an answer, or one that came out as nothing that this load can bring about. */
export function historyOf(operations: readonly LoadedOperation[]): readonly Answered[] {
  return operations.map(({ recordId, submittedAtMs, answer }) => {
    if (answer === undefined) throw new Error(`an operation on ${recordId} has no answer`);
    const { receipt, answeredAtMs } = answer;
    const outcome = outcomeOf(receipt);
    if (outcome !== 'made' && outcome !== 'exists') throw new Error(`an operation on ${recordId} came out as ${outcome}`);
    const operationHash = base64urlEncode(receipt.operation);
    return { operationHash, recordId, submittedAtMs, answeredAtMs, height: receipt.height, index: receipt.index, outcome };
  });
}

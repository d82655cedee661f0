import { base64urlEncode } from '@civitas/canon';
import type { LedgerServiceClient, SubmitStreamRequest, SubmitStreamResponse } from '@civitas/proto/civitas/node/v1/ledger.ts';
import type { ClientDuplexStream } from '@grpc/grpc-js';
import { Fault } from '../fault.ts';
import { faultOf, isServiceError, isTransient, refusalOfErrorInfo } from './grpc-error.ts';
import { RETRY_TOTAL_MS, STREAM_OPEN_MAX } from './limits.ts';
import { type Submitted, submittedOf } from './receipt.ts';
import { backoffMs } from './retry.ts';
import type { Signed } from './sign-operation.ts';

interface Waiting {
  readonly tag: bigint;
  readonly signed: Signed;
  readonly resolve: (submitted: Submitted) => void;
  readonly reject: (error: unknown) => void;
  attempt: number;
}

/**
 * Submits many operations over one stream, as the node's credits allow. When the stream breaks it opens another and sends what is
 * unanswered again: an operation that had executed answers with its stored receipt, so nothing doubles.
 */
export class SubmitStream {
  readonly #client: LedgerServiceClient;
  readonly #request: string;
  readonly #queue: Waiting[] = [];
  readonly #open = new Map<bigint, Waiting>();
  #stream: ClientDuplexStream<SubmitStreamRequest, SubmitStreamResponse> | undefined;
  #credits = 0;
  #nextTag = 1n;
  #attempt = 0;
  #brokenSinceMs: number | undefined;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(client: LedgerServiceClient, request: string) {
    this.#client = client;
    this.#request = request;
  }

  /** Resolves once the operation is durable or refused. @throws Fault CALL_FAILED when the node stays away for a minute. */
  async submit(signed: Signed): Promise<Submitted> {
    if (this.#closed) throw new Fault('STREAM_CLOSED', `${this.#request}: the submit stream is closed`);
    return new Promise((resolve, reject) => {
      this.#queue.push({ tag: this.#nextTag++, signed, resolve, reject, attempt: 0 });
      this.#pump();
    });
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#stream?.end();
    this.#failAll(new Fault('STREAM_CLOSED', `${this.#request}: the submit stream was closed`));
  }

  #pump(): void {
    if (this.#closed) return;
    if (this.#stream === undefined) {
      if (this.#timer === undefined) this.#connect();
      return;
    }
    while (this.#credits > 0 && this.#open.size < STREAM_OPEN_MAX) {
      const next = this.#queue.shift();
      if (next === undefined) return;
      this.#credits -= 1;
      this.#open.set(next.tag, next);
      this.#stream.write({ tag: next.tag, operation: next.signed.operation });
    }
  }

  #connect(): void {
    const stream = this.#client.submitStream();
    this.#stream = stream;
    this.#credits = 0;
    stream.on('data', (answer: SubmitStreamResponse) => this.#onAnswer(answer));
    stream.on('error', (error: unknown) => this.#onBroken(stream, error));
    stream.on('end', () => this.#onBroken(stream, undefined));
  }

  #onAnswer(answer: SubmitStreamResponse): void {
    this.#attempt = 0;
    this.#brokenSinceMs = undefined;
    this.#credits += answer.credits;
    const waiting = this.#open.get(answer.tag);
    if (waiting !== undefined && answer.answer !== undefined) {
      this.#open.delete(answer.tag);
      this.#settle(waiting, answer.answer);
    }
    this.#pump();
  }

  #settle(waiting: Waiting, answer: NonNullable<SubmitStreamResponse['answer']>): void {
    if (answer.$case === 'receipt') {
      waiting.resolve(submittedOf(waiting.signed, answer.value));
      return;
    }
    const { refusal, retryAfterMs } = refusalOfErrorInfo(answer.value);
    const pauseMs = backoffMs(waiting.attempt, Math.random(), retryAfterMs);
    waiting.attempt += 1;
    if (refusal.then === 'retry' && waiting.attempt < 12) {
      setTimeout(() => {
        this.#queue.unshift(waiting);
        this.#pump();
      }, pauseMs);
      return;
    }
    const { hash, operation } = waiting.signed;
    waiting.resolve({ ok: false, hash: base64urlEncode(hash), body: operation.body, height: 0, refusal });
  }

  #onBroken(stream: unknown, error: unknown): void {
    if (this.#stream !== stream) return;
    this.#stream = undefined;
    this.#queue.unshift(...this.#open.values());
    this.#open.clear();
    if (this.#closed) return;
    const now = Date.now();
    this.#brokenSinceMs ??= now;
    const transient = error === undefined || (isServiceError(error) && isTransient(error));
    if (!transient || now - this.#brokenSinceMs > RETRY_TOTAL_MS) {
      this.#failAll(
        isServiceError(error) ? faultOf(this.#request, error) : (error ?? new Fault('CALL_FAILED', `${this.#request}: stream ended`)),
      );
      return;
    }
    if (this.#queue.length === 0) return;
    this.#timer = setTimeout(
      () => {
        this.#timer = undefined;
        this.#pump();
      },
      backoffMs(this.#attempt++, Math.random()),
    );
  }

  #failAll(error: unknown): void {
    const all = [...this.#open.values(), ...this.#queue.splice(0)];
    this.#open.clear();
    for (const waiting of all) waiting.reject(error);
  }
}

import { base64urlEncode, SHARED_BATCH_BYTES_MAX } from '@civitas/canon';
import type { LedgerServiceClient, SubmitStreamRequest, SubmitStreamResponse } from '@civitas/proto/civitas/node/v1/ledger.ts';
import { type ClientDuplexStream, Metadata } from '@grpc/grpc-js';
import { Fault, Refused } from '../fault.ts';
import { Gathering } from './gathering.ts';
import { fateUnknown, faultOf, findRefusal, isServiceError, isTransient, refusalOfErrorInfo } from './grpc-error.ts';
import {
  ATTEMPTS_MAX,
  CO_SIGNATURE_BYTES,
  GATHER_OPERATIONS_MAX,
  OPERATION_FRAME_BYTES,
  RETRY_TOTAL_MS,
  STREAM_OPEN_MAX,
} from './limits.ts';
import { type Submitted, submittedOf } from './receipt.ts';
import { backoffMs } from './retry.ts';
import type { CallSigner, PreparedCall } from './sign-operation.ts';

type SubmitCall = ClientDuplexStream<SubmitStreamRequest, SubmitStreamResponse>;

interface Waiting {
  readonly call: PreparedCall;
  readonly resolve: (submitted: Submitted) => void;
  readonly reject: (error: unknown) => void;
  attempt: number;
  /** When it left last, ms, monotonic. */
  leftMs: number;
  /** Whether it left on a stream that broke before it was answered. */
  isFateUnknown: boolean;
}

/** Why a stream ended, and whether another may do better. */
interface Break {
  readonly error: unknown;
  readonly isTransient: boolean;
  readonly retryAfterMs: number;
}

function breakOf(request: string, error: unknown): Break {
  if (error === undefined) return { error: new Fault('CALL_FAILED', `${request}: stream ended`), isTransient: true, retryAfterMs: 0 };
  if (!isServiceError(error)) return { error, isTransient: false, retryAfterMs: 0 };
  const refused = findRefusal(error);
  if (refused === undefined) return { error: faultOf(request, error), isTransient: isTransient(error), retryAfterMs: 0 };
  const { refusal, retryAfterMs } = refused;
  return { error: new Refused(request, refusal), isTransient: refusal.then === 'retry', retryAfterMs };
}

/** Bytes that a call takes in a batch, at most. */
function batchBytesOf({ body, coSignatures }: PreparedCall): number {
  return body.length + OPERATION_FRAME_BYTES + coSignatures.length * CO_SIGNATURE_BYTES;
}

/**
 * Submits many operations over one stream, as the node's credits allow. What comes within a few ms leaves under one signature. When the
 * stream breaks it opens another and sends what is unanswered again: an operation that had executed answers with its stored receipt, so nothing
 * doubles.
 */
export class SubmitStream {
  readonly #client: LedgerServiceClient;
  readonly #signer: CallSigner;
  readonly #request: string;
  readonly #queue: Waiting[] = [];
  readonly #open = new Map<bigint, Waiting>();
  /** Those that the node asked to come again later, each with its timer. */
  readonly #later = new Map<Waiting, NodeJS.Timeout>();
  #stream: SubmitCall | undefined;
  #credits = 0;
  #nextTag = 1n;
  #attempt = 0;
  #brokenSinceMs: number | undefined;
  #timer: NodeJS.Timeout | undefined;
  readonly #gathering = new Gathering();
  #leaving: NodeJS.Timeout | undefined;
  #leavesAtMs = 0;
  #closed = false;

  constructor(client: LedgerServiceClient, signer: CallSigner, request: string) {
    this.#client = client;
    this.#signer = signer;
    this.#request = request;
  }

  /**
   * Resolves once the operation is durable or refused.
   *
   * @throws Fault CALL_FAILED when the node stays away for a minute; FATE_UNKNOWN when the operation left before and was never answered.
   * @throws Refused when the stream itself is refused for good.
   */
  async submit(call: PreparedCall): Promise<Submitted> {
    if (this.#closed) throw new Fault('STREAM_CLOSED', `${this.#request}: the submit stream is closed`);
    return new Promise((resolve, reject) => {
      this.#queue.push({ call, resolve, reject, attempt: 0, leftMs: 0, isFateUnknown: false });
      this.#pump();
    });
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    clearTimeout(this.#leaving);
    this.#stream?.end();
    this.#failAll(new Fault('STREAM_CLOSED', `${this.#request}: the submit stream was closed`));
  }

  #pump(): void {
    if (this.#closed) return;
    if (this.#stream === undefined) {
      if (this.#timer === undefined) this.#connect();
      return;
    }
    const room = this.#room();
    if (room === 0 || this.#queue.length === 0) return;
    if (room >= GATHER_OPERATIONS_MAX && this.#queue.length >= GATHER_OPERATIONS_MAX) {
      this.#send(this.#stream);
      return this.#pump();
    }
    this.#leaveWithin(this.#gathering.waitMs({ unanswered: this.#open.size, waiting: this.#queue.length, room }));
  }

  /** The earliest of the times that were asked for since something left. */
  #leaveWithin(ms: number): void {
    const atMs = performance.now() + ms;
    if (this.#leaving !== undefined && this.#leavesAtMs <= atMs) return;
    clearTimeout(this.#leaving);
    this.#leavesAtMs = atMs;
    this.#leaving = setTimeout(() => {
      this.#leaving = undefined;
      while (this.#stream !== undefined && this.#room() > 0 && this.#queue.length > 0) this.#send(this.#stream);
    }, ms);
  }

  #room(): number {
    return Math.min(this.#credits, STREAM_OPEN_MAX - this.#open.size);
  }

  /** The longest run of the queue that one signature may cover. */
  #take(): Waiting[] {
    const countMax = Math.min(GATHER_OPERATIONS_MAX, this.#room());
    let count = 0;
    let bytes = 0;
    for (const { call } of this.#queue) {
      bytes += batchBytesOf(call);
      if (count === countMax || (count > 0 && bytes > SHARED_BATCH_BYTES_MAX)) break;
      count += 1;
    }
    return this.#queue.splice(0, count);
  }

  #send(stream: SubmitCall): void {
    const taken = this.#take();
    const [first] = taken;
    if (first === undefined) return;
    const tag = this.#nextTag;
    const leftMs = performance.now();
    for (const waiting of taken) {
      waiting.leftMs = leftMs;
      this.#open.set(this.#nextTag++, waiting);
    }
    this.#credits -= taken.length;
    if (taken.length === 1) stream.write({ tag, operation: this.#signer.sign(first.call), batch: undefined });
    else stream.write({ tag, operation: undefined, batch: this.#signer.signTogether(taken.map(({ call }) => call)) });
  }

  #connect(): void {
    const metadata = new Metadata();
    metadata.set('civitas-answers', 'together');
    const stream = this.#client.submitStream(metadata);
    this.#stream = stream;
    this.#credits = 0;
    stream.on('data', (answer: SubmitStreamResponse) => this.#onAnswer(answer));
    stream.on('error', (error: unknown) => this.#onBroken(stream, error));
    stream.on('end', () => this.#onBroken(stream, undefined));
  }

  #onAnswer(answer: SubmitStreamResponse): void {
    // The first message grants credits alone: a stream that breaks after it each time is tried ever more slowly.
    if (answer.answer !== undefined) this.#attempt = 0;
    this.#brokenSinceMs = undefined;
    for (const one of [answer, ...answer.more]) this.#onOne(one);
    this.#pump();
  }

  #onOne({ tag, answer, credits }: SubmitStreamResponse): void {
    this.#credits += credits;
    const waiting = this.#open.get(tag);
    if (waiting === undefined || answer === undefined) return;
    this.#open.delete(tag);
    this.#gathering.answered(performance.now() - waiting.leftMs);
    this.#settle(waiting, answer);
  }

  #settle(waiting: Waiting, answer: NonNullable<SubmitStreamResponse['answer']>): void {
    if (answer.$case === 'receipt') {
      waiting.resolve(submittedOf(waiting.call, answer.value));
      return;
    }
    const { refusal, retryAfterMs } = refusalOfErrorInfo(answer.value);
    const pauseMs = backoffMs(waiting.attempt, Math.random(), retryAfterMs);
    waiting.attempt += 1;
    if (refusal.then === 'retry' && waiting.attempt < ATTEMPTS_MAX) {
      const comeBack = (): void => {
        this.#later.delete(waiting);
        this.#queue.unshift(waiting);
        this.#pump();
      };
      this.#later.set(waiting, setTimeout(comeBack, pauseMs));
      return;
    }
    const { hash, body } = waiting.call;
    if (waiting.isFateUnknown) {
      waiting.reject(fateUnknown(this.#request, hash, new Refused(this.#request, refusal)));
      return;
    }
    waiting.resolve({ ok: false, hash: base64urlEncode(hash), body, height: 0, refusal });
  }

  #onBroken(stream: unknown, error: unknown): void {
    if (this.#stream !== stream) return;
    this.#stream = undefined;
    for (const waiting of this.#open.values()) waiting.isFateUnknown = true;
    this.#queue.unshift(...this.#open.values());
    this.#open.clear();
    if (this.#closed) return;
    const broken = breakOf(this.#request, error);
    const now = Date.now();
    this.#brokenSinceMs ??= now;
    if (!broken.isTransient || now - this.#brokenSinceMs > RETRY_TOTAL_MS) return this.#failAll(broken.error);
    // Nobody waits, so nobody waits too long: the minute begins when somebody does.
    if (this.#queue.length === 0) this.#brokenSinceMs = undefined;
    else this.#reconnectIn(backoffMs(this.#attempt++, Math.random(), broken.retryAfterMs));
  }

  #reconnectIn(ms: number): void {
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#pump();
    }, ms);
  }

  #failAll(error: unknown): void {
    this.#brokenSinceMs = undefined;
    for (const timer of this.#later.values()) clearTimeout(timer);
    const all = [...this.#open.values(), ...this.#later.keys(), ...this.#queue.splice(0)];
    this.#open.clear();
    this.#later.clear();
    const isClosing = this.#closed;
    for (const { isFateUnknown, call, reject } of all)
      reject(isFateUnknown && !isClosing ? fateUnknown(this.#request, call.hash, error) : error);
  }
}

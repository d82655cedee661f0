import { base64urlEncode, encodeCanonical, isJsonObject, type JsonObject, operationHash, parseOperation } from '@civitas/canon';
import { nodeCrypto } from '@civitas/canon/node';
import type { OperationBatch } from '@civitas/proto/civitas/ledger/v1/operation.ts';
import type { SubmitStreamRequest, SubmitStreamResponse } from '@civitas/proto/civitas/node/v1/ledger.ts';
import { ErrorInfo, LedgerServiceService, type SubmitRequest, type SubmitResponse } from '@civitas/proto/civitas/node/v1/ledger.ts';
import { type SealedAnswer, type SealedCall, VaultServiceService } from '@civitas/proto/civitas/node/v1/vault.ts';
import { type HpkeKeyPair, openCall, sealAnswer } from '@civitas/sealed-call';
import type { sendUnaryData } from '@grpc/grpc-js';
import { Metadata, Server, ServerCredentials, type ServerDuplexStream, type ServerUnaryCall, status } from '@grpc/grpc-js';
import type { TestLeaf } from './test-authority.ts';

const NOTHING = new Uint8Array(0);

export interface TestNodeOptions {
  readonly authorityPem: string;
  readonly leaf: TestLeaf;
  readonly chainId: string;
  readonly vault: HpkeKeyPair;
  readonly callerPublicKey: Uint8Array;
  readonly credits?: number;
}

function receiptOf(body: Uint8Array, height: number): { hash: Uint8Array; receipt: Uint8Array; method: string } {
  const hash = operationHash(nodeCrypto.sha256, body);
  const parsed = parseOperation(body);
  const method = parsed.ok ? parsed.value.method : 'unreadable';
  const outcome: JsonObject =
    method === 'forbidden' ? { ok: false, refusal: { code: 'STATE', facts: {} } } : { ok: true, result: { method } };
  return { hash, method, receipt: encodeCanonical({ events: [], height, index: 0, operation: base64urlEncode(hash), outcome }) };
}

/** A node that speaks the protocol and holds nothing: for tests of the client's side. */
export class TestNode {
  readonly submitted: string[] = [];
  /** As they came over submit streams. */
  readonly batches: OperationBatch[] = [];
  /** Calls to answer with this error before the next good answer. */
  readonly errors: { code: status; info?: Partial<ErrorInfo> }[] = [];
  /** Streams cut after this many answers; 0 never. */
  cutAfter = 0;
  /** What a cut says; without a typed refusal the node just goes away. */
  cutWith: { code: status; info?: Partial<ErrorInfo> } = { code: status.UNAVAILABLE };
  /** Refusals of single operations on a stream, before the next receipt. */
  readonly refusals: Partial<ErrorInfo>[] = [];
  streams = 0;
  readonly #options: TestNodeOptions;
  #server: Server;
  #port = 0;

  constructor(options: TestNodeOptions) {
    this.#options = options;
    this.#server = this.#build();
  }

  get address(): string {
    return `127.0.0.1:${this.#port}`;
  }

  async start(): Promise<void> {
    const { authorityPem, leaf } = this.#options;
    const pair = { private_key: Buffer.from(leaf.tlsKeyPem), cert_chain: Buffer.from(leaf.certificatePem) };
    const credentials = ServerCredentials.createSsl(Buffer.from(authorityPem), [pair], true);
    this.#port = await new Promise((resolve, reject) => {
      this.#server.bindAsync(`127.0.0.1:${this.#port}`, credentials, (error, port) => (error === null ? resolve(port) : reject(error)));
    });
  }

  async restart(): Promise<void> {
    this.stop();
    this.#server = this.#build();
    await this.start();
  }

  stop(): void {
    this.#server.forceShutdown();
  }

  #build(): Server {
    const server = new Server();
    const unused = (): never => {
      throw new Error('not part of this test');
    };
    const rest = {
      getReceipt: unused,
      read: unused,
      view: unused,
      watchEvents: unused,
      watchBlocks: unused,
      listBlocks: unused,
      getBlock: unused,
      getNetwork: unused,
      getValidators: unused,
      requestHeader: unused,
    };
    server.addService(LedgerServiceService, { ...rest, submit: this.#submit, submitStream: this.#submitStream });
    server.addService(VaultServiceService, { put: this.#sealed, open: this.#sealed, collect: this.#sealed, erase: this.#sealed });
    return server;
  }

  #nextError(next = this.errors.shift()): { code: status; details: string; metadata: Metadata } | undefined {
    if (next === undefined) return undefined;
    const metadata = new Metadata();
    if (next.info !== undefined)
      metadata.set('civitas-error-bin', Buffer.from(ErrorInfo.encode(ErrorInfo.fromPartial(next.info)).finish()));
    return { code: next.code, details: 'as the test asked', metadata };
  }

  readonly #submit = (call: ServerUnaryCall<SubmitRequest, SubmitResponse>, answer: sendUnaryData<SubmitResponse>): void => {
    const error = this.#nextError();
    if (error !== undefined) return answer(error);
    const { hash, receipt, method } = receiptOf(call.request.operation?.body ?? NOTHING, 7);
    this.submitted.push(method);
    answer(null, { operationHash: hash, receipt });
  };

  readonly #submitStream = (call: ServerDuplexStream<SubmitStreamRequest, SubmitStreamResponse>): void => {
    this.streams += 1;
    let answered = 0;
    call.write({ tag: 0n, operationHash: NOTHING, answer: undefined, credits: this.#options.credits ?? 2, more: [] });
    call.on('data', ({ tag: first, operation, batch }: SubmitStreamRequest) => {
      if (this.cutAfter > 0 && answered >= this.cutAfter) {
        this.cutAfter = 0;
        call.emit('error', this.#nextError(this.cutWith));
        return;
      }
      if (batch !== undefined) this.batches.push(batch);
      const answers = (batch?.operations ?? (operation === undefined ? [] : [operation])).map(({ body }, at): SubmitStreamResponse => {
        answered += 1;
        const refused = this.refusals.shift();
        const tag = first + BigInt(at);
        if (refused !== undefined) {
          const answer = { $case: 'refused', value: ErrorInfo.fromPartial(refused) } as const;
          return { tag, operationHash: NOTHING, answer, credits: 1, more: [] };
        }
        const { hash, receipt, method } = receiptOf(body, 8);
        this.submitted.push(method);
        return { tag, operationHash: hash, answer: { $case: 'receipt', value: receipt }, credits: 1, more: [] };
      });
      const [one, ...more] = answers;
      if (one !== undefined) call.write({ ...one, more });
    });
    call.on('end', () => call.end());
  };

  readonly #sealed = (call: ServerUnaryCall<SealedCall, SealedAnswer>, answer: sendUnaryData<SealedAnswer>): void => {
    void this.#answerSealed(call.request).then((sealed) => answer(null, sealed));
  };

  async #answerSealed(call: SealedCall): Promise<SealedAnswer> {
    const { chainId, vault, callerPublicKey } = this.#options;
    const opened = await openCall({
      call,
      chainId,
      crypto: nodeCrypto,
      callerPublicKey,
      privateKey: vault.privateKey,
      nowUnixMs: Date.now(),
    });
    if (!opened.ok) throw new Error(opened.refusal.code);
    const { method, args, replyKey } = opened.value;
    const items = Array.isArray(args['items']) ? args['items'].map((item) => (isJsonObject(item) ? item : {})) : [];
    const forbidden = items.some(({ collection }) => collection === 'forbidden');
    const answers = items.flatMap((item): JsonObject[] => {
      const { collection, reference } = item;
      if (collection === 'dropped') return [];
      if (collection === 'taken') return [{ ok: false, refusal: { code: 'DUPLICATE', facts: {}, then: 'drop' } }];
      return [{ ok: true, reference: String(reference ?? 'r1'), commitments: { echo: method } }];
    });
    const refusal = { code: 'NOT_AUTHORISED', facts: { method }, then: 'drop' } as const;
    return sealAnswer(forbidden ? { ok: false, refusal } : { ok: true, result: { items: answers } }, replyKey, call.signature);
  }
}

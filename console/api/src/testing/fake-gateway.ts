import {
  assertParsed,
  canonicalString,
  chainIdOf,
  contractNameOf,
  encodeCanonical,
  encodeOperation,
  equalBytes,
  hashOf,
  isJsonObject,
  type JsonObject,
  keyIdOf,
  operationHash,
  organisationNameOf,
  parseCanonical,
  parseOperation,
  parseUnixMs,
} from '@civitas/canon';
import { nodeCrypto } from '@civitas/canon/node';
import { encodeReceipt } from '@civitas/proofs';
import type { CoSignature } from '@civitas/proto/civitas/ledger/v1/operation';
import {
  ErrorInfo,
  LedgerServiceClient,
  type LedgerServiceServer,
  LedgerServiceService,
  type WatchBlocksRequest,
  type WatchBlocksResponse,
} from '@civitas/proto/civitas/node/v1/ledger';
import { LinkServiceClient } from '@civitas/proto/civitas/node/v1/link';
import {
  type AsCitizenRequest,
  type AskAsRequest,
  PersonServiceClient,
  type PersonServiceServer,
  PersonServiceService,
  type PrepareRequest,
  type ReadAsRequest,
} from '@civitas/proto/civitas/node/v1/person';
import { ChannelCredentials, Metadata, Server, ServerCredentials, type ServerWritableStream, status } from '@grpc/grpc-js';
import type { Ledgers } from '../ledger/ledgers.ts';

/** A gateway on loopback that answers as it is told and keeps what it was asked. */
export interface FakeGateway {
  readonly ledgers: Ledgers;
  readonly prepared: PrepareRequest[];
  readonly read: ReadAsRequest[];
  readonly asked: AsCitizenRequest[];
  readonly askedOthers: AskAsRequest[];
  /** What the gateways of others answer, by method; none is a refusal. */
  readonly answers: Map<string, JsonObject>;
  /** What contracts list, by view; none is a refusal. */
  readonly lists: Map<string, JsonObject>;
  /** Records by key. */
  readonly records: Map<string, JsonObject>;
  /** What a citizen is answered; a code is a refusal. */
  citizen: JsonObject | string;
  /** What was executed, by idempotency key: it is executed once. */
  readonly executed: Map<string, Executed>;
  /** What comes of an operation: `applied`, or the code of a refusal by its block. */
  outcome: string;
  /** Whether answers to operations are lost from now on. */
  losesAnswers: boolean;
  /** Whether blocks can be read. */
  keepsBlocks: boolean;
  /** Whether the time of what is handed in is over. */
  hasExpired: boolean;
  /** Whether a repetition comes into the block of the first, which has no height yet then. */
  isOneBlock: boolean;
  /** Executes something as if it had been prepared and submitted before. */
  run(wanted: Omit<PrepareRequest, 'privateValues'>): void;
  /** Streams of blocks that are open. */
  readonly watchers: Set<ServerWritableStream<WatchBlocksRequest, WatchBlocksResponse>>;
  /** Tells all who watch of a newer block. */
  tellBlock(height: number, operations: number): void;
  stop(): Promise<void>;
}

/** An operation in its block. */
interface Executed {
  readonly body: Uint8Array;
  readonly coSignatures: readonly CoSignature[];
  readonly receipt: Uint8Array;
  readonly height: number;
}

const NOTHING = new Uint8Array(0);
const HEIGHT = 7;
const HASH = new Uint8Array(32).fill(7);

function refusal(code: string, facts: JsonObject = {}): Error {
  const metadata = new Metadata();
  const info = { code, factsJson: canonicalString(facts), then: 'drop', retryAfterMs: 0 };
  metadata.set('civitas-error-bin', Buffer.from(ErrorInfo.encode(info).finish()));
  return Object.assign(new Error(code), { code: status.FAILED_PRECONDITION, details: code, metadata });
}

function listen(server: Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, port) => (error === null ? resolve(port) : reject(error)));
  });
}

const keyOf = (key: Uint8Array): string => Buffer.from(key).toString('hex');
const hashOfBody = (body: Uint8Array): Buffer => Buffer.from(operationHash(nodeCrypto.sha256, body));

/** A body as a gateway makes it: another one each time, because it ends at another time. */
function bodyOf({ call, contract, method, role, args, idempotencyKey }: Omit<PrepareRequest, 'privateValues'>, count: number): Uint8Array {
  const parsed = parseCanonical(new Uint8Array(args), 65_536);
  return encodeOperation({
    ...{ actor: 'p', args: parsed.ok && isJsonObject(parsed.value) ? parsed.value : {}, contract: contractNameOf(contract), method, role },
    ...{
      expiresAtUnixMs: assertParsed(parseUnixMs(1_800_000_000_000 + count)),
      genesis: hashOf(HASH),
      keyId: keyIdOf(nodeCrypto.sha256, HASH),
    },
    ...{ idempotencyKey: new Uint8Array(idempotencyKey), network: chainIdOf('jincheng-x-1') },
    organisation: organisationNameOf(call?.organisation ?? ''),
  });
}

/**
 * Executes a body once for its key. @returns its receipt, which for another body under that key names the height of the first; the very same
 * body has one receipt for ever.
 */
function execute(
  { executed, outcome, isOneBlock }: Pick<FakeGateway, 'executed' | 'outcome' | 'isOneBlock'>,
  { body, coSignatures }: Pick<Executed, 'body' | 'coSignatures'>,
): Uint8Array {
  const operation = assertParsed(parseOperation(body));
  const key = keyOf(operation.idempotencyKey);
  const first = executed.get(key);
  if (first !== undefined && equalBytes(first.body, body)) return first.receipt;
  const refused = (code: string, facts: JsonObject) => ({ ok: false, refusal: { code, facts } }) as const;
  const applied = { ok: true, result: { id: `of-${operation.method}` } } as const;
  const own = outcome === 'applied' ? applied : refused(outcome, {});
  const height = first === undefined || isOneBlock ? HEIGHT : first.height + 1;
  const receipt = encodeReceipt({
    ...{ height, index: 0, operation: hashOfBody(body), events: [] },
    outcome: first === undefined ? own : refused('REPLAYED', { height: isOneBlock ? 0 : first.height }),
  });
  if (first === undefined) executed.set(key, { body, coSignatures, receipt, height });
  return receipt;
}

/** Makes bodies of what is wanted, and executes them. */
function executing(gateway: Omit<FakeGateway, 'ledgers' | 'stop'>): Pick<PersonServiceServer, 'prepare' | 'submitPrepared'> {
  return {
    prepare(call, callback) {
      const body = bodyOf(call.request, gateway.prepared.push(call.request));
      callback(null, { body, operationHash: hashOfBody(body), coSignBytes: NOTHING, expiresAtUnixMs: 0n });
    },
    submitPrepared({ request: { body, coSignatures } }, callback) {
      if (gateway.hasExpired) return callback(refusal('EXPIRED'));
      const receipt = execute(gateway, { body: new Uint8Array(body), coSignatures });
      if (gateway.losesAnswers) callback(refusal('FAULT'));
      else callback(null, { operationHash: hashOfBody(body), receipt });
    },
  };
}

/** The stream of blocks, blocks with what was executed, and its receipts: nothing else of the service is asked here. */
function serveBlocks(server: Server, gateway: Pick<FakeGateway, 'watchers' | 'executed' | 'keepsBlocks'>): void {
  const { watchers, executed } = gateway;
  const watchBlocks = (call: ServerWritableStream<WatchBlocksRequest, WatchBlocksResponse>): void => {
    watchers.add(call);
    for (const end of ['cancelled', 'finish', 'close', 'error']) call.on(end, () => watchers.delete(call));
  };
  const getBlock: LedgerServiceServer['getBlock'] = ({ request }, callback) => {
    const there = [...executed.values()].filter(({ height }) => BigInt(height) === request.height);
    if (!gateway.keepsBlocks) return callback(refusal('BLOCK_NOT_KEPT'));
    const operations = there.map(({ body }) => ({ body, signature: NOTHING, coSignatures: [], shared: undefined }));
    const bundle = { chainId: '', gateway: '', keyId: '', operations, signature: NOTHING, groups: [] };
    callback(null, { summary: undefined, lightBlock: NOTHING, bundles: [bundle] });
  };
  const getReceipt: LedgerServiceServer['getReceipt'] = ({ request }, callback) => {
    const found = [...executed.values()].find(({ body }) => hashOfBody(body).equals(request.operationHash));
    if (!gateway.keepsBlocks) return callback(refusal('FAULT'));
    // What was not charged to its organisation is in no index.
    if (found === undefined || found.receipt.length === 0) return callback(refusal('NOT_FOUND'));
    const { body, coSignatures } = found;
    const operation = request.withOperation ? { body, signature: NOTHING, coSignatures: [...coSignatures], shared: undefined } : undefined;
    callback(null, { receipt: found.receipt, proof: NOTHING, lightBlock: NOTHING, operation, publicKey: NOTHING });
  };
  const { watchBlocks: watch, getBlock: block, getReceipt: receipt } = LedgerServiceService;
  server.addService({ watchBlocks: watch, getBlock: block, getReceipt: receipt }, { watchBlocks, getBlock, getReceipt });
}

export async function startFakeGateway(): Promise<FakeGateway> {
  const server = new Server();
  const watchers: FakeGateway['watchers'] = new Set();
  const gateway: Omit<FakeGateway, 'ledgers' | 'stop'> = {
    ...{ prepared: [], read: [], asked: [], askedOthers: [] },
    ...{ answers: new Map(), lists: new Map(), records: new Map(), citizen: {} },
    ...{ executed: new Map(), outcome: 'applied', losesAnswers: false, keepsBlocks: true, hasExpired: false, isOneBlock: false },
    run: (wanted) => void execute(gateway, { body: bodyOf(wanted, 0), coSignatures: [] }),
    watchers,
    tellBlock(height, operations) {
      const newest = { height: BigInt(height), timeUnixMs: 1n, hash: HASH, appHash: HASH, operationCount: operations, blockBytes: 1 };
      for (const call of watchers) call.write({ newest, operationCount: BigInt(operations) });
    },
  };
  const service: PersonServiceServer = {
    ...executing(gateway),
    viewAs(call, callback) {
      const list = gateway.lists.get(call.request.view);
      if (list === undefined) callback(refusal('NOT_AUTHORISED'));
      else callback(null, { result: encodeCanonical(list), height: 7n });
    },
    askAs(call, callback) {
      gateway.askedOthers.push(call.request);
      const answer = gateway.answers.get(call.request.method);
      if (answer === undefined) callback(refusal('NOT_FOUND'));
      else callback(null, { result: encodeCanonical(answer) });
    },
    readAs(call, callback) {
      gateway.read.push(call.request);
      const record = gateway.records.get(call.request.key);
      if (record?.['hidden'] === true) callback(refusal('NOT_AUTHORISED'));
      else if (record?.['down'] === true) callback(refusal('FAULT'));
      else {
        const value = record === undefined ? NOTHING : encodeCanonical(record);
        callback(null, { found: record !== undefined, value, proof: NOTHING, headerHeight: 7n, lightBlock: NOTHING });
      }
    },
    asCitizen(call, callback) {
      gateway.asked.push(call.request);
      const { citizen } = gateway;
      if (typeof citizen === 'string') callback(refusal(citizen, citizen === 'REPLAYED' ? { height: HEIGHT } : {}));
      else callback(null, { result: encodeCanonical(citizen) });
    },
  };
  server.addService(PersonServiceService, service);
  serveBlocks(server, gateway);
  const address = `127.0.0.1:${await listen(server)}`;
  const plain = ChannelCredentials.createInsecure();
  const person = new PersonServiceClient(address, plain);
  const ledger = new LedgerServiceClient(address, plain);
  const link = new LinkServiceClient(address, plain);
  const ledgers: Ledgers = {
    open: ({ spec }) => ({ chainId: spec.chainId, ledger, link, person }),
    findHead: async () => undefined,
    findPackets: async () => undefined,
    findFailedPackets: async () => undefined,
    close() {},
  };
  return Object.assign(gateway, {
    ledgers,
    stop: async () => {
      for (const client of [person, ledger, link]) client.close();
      server.forceShutdown();
    },
  });
}

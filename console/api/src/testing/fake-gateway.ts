import { encodeCanonical, type JsonObject } from '@civitas/canon';
import { encodeReceipt } from '@civitas/proofs';
import {
  ErrorInfo,
  LedgerServiceClient,
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
  /** Streams of blocks that are open. */
  readonly watchers: Set<ServerWritableStream<WatchBlocksRequest, WatchBlocksResponse>>;
  /** Tells all who watch of a newer block. */
  tellBlock(height: number, operations: number): void;
  stop(): Promise<void>;
}

const NOTHING = new Uint8Array(0);
const HASH = new Uint8Array(32).fill(7);

function refusal(code: string): Error {
  const metadata = new Metadata();
  const info = { code, factsJson: '{}', then: 'drop', retryAfterMs: 0 };
  metadata.set('civitas-error-bin', Buffer.from(ErrorInfo.encode(info).finish()));
  return Object.assign(new Error(code), { code: status.FAILED_PRECONDITION, details: code, metadata });
}

function listen(server: Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, port) => (error === null ? resolve(port) : reject(error)));
  });
}

/** Only the stream of blocks: nothing else of the service is asked here. */
function serveBlocks(server: Server, watchers: FakeGateway['watchers']): void {
  const watchBlocks = (call: ServerWritableStream<WatchBlocksRequest, WatchBlocksResponse>): void => {
    watchers.add(call);
    for (const end of ['cancelled', 'finish', 'close', 'error']) call.on(end, () => watchers.delete(call));
  };
  server.addService({ watchBlocks: LedgerServiceService.watchBlocks }, { watchBlocks });
}

export async function startFakeGateway(): Promise<FakeGateway> {
  const server = new Server();
  const watchers: FakeGateway['watchers'] = new Set();
  const gateway: Omit<FakeGateway, 'ledgers' | 'stop'> = {
    ...{ prepared: [], read: [], asked: [], askedOthers: [] },
    ...{ answers: new Map(), lists: new Map(), records: new Map(), citizen: {} },
    watchers,
    tellBlock(height, operations) {
      const newest = { height: BigInt(height), timeUnixMs: 1n, hash: HASH, appHash: HASH, operationCount: operations, blockBytes: 1 };
      for (const call of watchers) call.write({ newest, operationCount: BigInt(operations) });
    },
  };
  const receipt = encodeReceipt({ height: 7, index: 0, operation: HASH, outcome: { ok: true, result: {} }, events: [] });
  const service: PersonServiceServer = {
    prepare(call, callback) {
      gateway.prepared.push(call.request);
      callback(null, { body: NOTHING, operationHash: HASH, coSignBytes: NOTHING, expiresAtUnixMs: 0n });
    },
    submitPrepared: (_call, callback) => callback(null, { operationHash: HASH, receipt }),
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
      if (typeof citizen === 'string') callback(refusal(citizen));
      else callback(null, { result: encodeCanonical(citizen) });
    },
  };
  server.addService(PersonServiceService, service);
  serveBlocks(server, watchers);
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

import { createServer, type Socket } from 'node:net';
import type { Bytes } from '@civitas/canon';
import { type handleUnaryCall, Server, ServerCredentials, type ServiceDefinition, type UntypedServiceImplementation } from '@grpc/grpc-js';
import * as abci from 'cosmjs-types/tendermint/abci/types';
import { ABCI_MESSAGE_BYTES_MAX } from './limits.ts';

/** Methods of ABCI 2.0 as an application answers them; one that throws ends the process. */
export interface AbciMethods {
  info(request: abci.RequestInfo): Promise<Partial<abci.ResponseInfo>>;
  initChain(request: abci.RequestInitChain): Promise<Partial<abci.ResponseInitChain>>;
  query(request: abci.RequestQuery): Promise<Partial<abci.ResponseQuery>>;
  checkTx(request: abci.RequestCheckTx): Promise<Partial<abci.ResponseCheckTx>>;
  prepareProposal(request: abci.RequestPrepareProposal): Promise<Partial<abci.ResponsePrepareProposal>>;
  processProposal(request: abci.RequestProcessProposal): Promise<Partial<abci.ResponseProcessProposal>>;
  extendVote(request: abci.RequestExtendVote): Promise<Partial<abci.ResponseExtendVote>>;
  verifyVoteExtension(request: abci.RequestVerifyVoteExtension): Promise<Partial<abci.ResponseVerifyVoteExtension>>;
  finalizeBlock(request: abci.RequestFinalizeBlock): Promise<Partial<abci.ResponseFinalizeBlock>>;
  commit(request: abci.RequestCommit): Promise<Partial<abci.ResponseCommit>>;
  listSnapshots(request: abci.RequestListSnapshots): Promise<Partial<abci.ResponseListSnapshots>>;
  offerSnapshot(request: abci.RequestOfferSnapshot): Promise<Partial<abci.ResponseOfferSnapshot>>;
  loadSnapshotChunk(request: abci.RequestLoadSnapshotChunk): Promise<Partial<abci.ResponseLoadSnapshotChunk>>;
  applySnapshotChunk(request: abci.RequestApplySnapshotChunk): Promise<Partial<abci.ResponseApplySnapshotChunk>>;
}

export interface AbciServer {
  /** Connections of the engine; it is gone when there were some and none is left. */
  readonly connectionCount: number;
  /** Whether a call of the engine waits for its answer; one whose method failed does for ever. */
  readonly isBusy: boolean;
  /** Cuts every connection; an engine would wait for the next server, so it is ended before. */
  close(): Promise<void>;
}

export interface AbciServerOptions {
  readonly socketPath: string;
  readonly methods: AbciMethods;
  readonly onConnections: (count: number) => void;
  /** A method failed. It is never answered: an answer would be taken for the application's word. */
  readonly onFault: (error: unknown) => void;
}

/** One message type, as cosmjs-types makes them. */
interface Codec<T> {
  encode(message: T): { finish(): Bytes };
  decode(bytes: Bytes): T;
  fromPartial(partial: Partial<T>): T;
}

interface Method {
  readonly definition: ServiceDefinition[string];
  readonly handler: handleUnaryCall<object, Buffer>;
}

/** What all methods share. */
interface Door {
  openCalls: number;
  readonly onFault: (error: unknown) => void;
}

const bufferOf = (bytes: Bytes): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
// Views of a Buffer are Buffers, whose slice() shares memory: nothing inside expects that.
const plainBytes = (buffer: Buffer): Bytes => new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.length);

function methodOf<Request extends object, Response>(
  name: string,
  codecs: { readonly request: Codec<Request>; readonly response: Codec<Response> },
  answer: (request: Request) => Promise<Partial<Response>>,
  door: Door,
): Method {
  const { request, response } = codecs;
  return {
    definition: {
      path: `/tendermint.abci.ABCI/${name}`,
      requestStream: false,
      responseStream: false,
      requestSerialize: (message: Request) => bufferOf(request.encode(message).finish()),
      requestDeserialize: (bytes: Buffer) => request.decode(plainBytes(bytes)),
      responseSerialize: (bytes: Buffer) => bytes,
      responseDeserialize: (bytes: Buffer) => bytes,
    },
    handler: (call, callback) => {
      door.openCalls += 1;
      answer(call.request as Request)
        .then((partial) => bufferOf(response.encode(response.fromPartial(partial)).finish()))
        .then(
          (bytes) => {
            door.openCalls -= 1;
            callback(null, bytes);
          },
          (error: unknown) => door.onFault(error),
        );
    },
  };
}

function methodsOf(methods: AbciMethods, door: Door): Readonly<Record<string, Method>> {
  const echo = async ({ message }: abci.RequestEcho): Promise<Partial<abci.ResponseEcho>> => ({ message });
  const method = <Request extends object, Response>(
    name: string,
    request: Codec<Request>,
    response: Codec<Response>,
    answer: (request: Request) => Promise<Partial<Response>>,
  ): Method => methodOf(name, { request, response }, answer, door);
  return {
    echo: method('Echo', abci.RequestEcho, abci.ResponseEcho, echo),
    flush: method('Flush', abci.RequestFlush, abci.ResponseFlush, async () => ({})),
    info: method('Info', abci.RequestInfo, abci.ResponseInfo, (request) => methods.info(request)),
    initChain: method('InitChain', abci.RequestInitChain, abci.ResponseInitChain, (request) => methods.initChain(request)),
    query: method('Query', abci.RequestQuery, abci.ResponseQuery, (request) => methods.query(request)),
    checkTx: method('CheckTx', abci.RequestCheckTx, abci.ResponseCheckTx, (request) => methods.checkTx(request)),
    prepareProposal: method('PrepareProposal', abci.RequestPrepareProposal, abci.ResponsePrepareProposal, (request) =>
      methods.prepareProposal(request),
    ),
    processProposal: method('ProcessProposal', abci.RequestProcessProposal, abci.ResponseProcessProposal, (request) =>
      methods.processProposal(request),
    ),
    extendVote: method('ExtendVote', abci.RequestExtendVote, abci.ResponseExtendVote, (request) => methods.extendVote(request)),
    verifyVoteExtension: method('VerifyVoteExtension', abci.RequestVerifyVoteExtension, abci.ResponseVerifyVoteExtension, (request) =>
      methods.verifyVoteExtension(request),
    ),
    finalizeBlock: method('FinalizeBlock', abci.RequestFinalizeBlock, abci.ResponseFinalizeBlock, (request) =>
      methods.finalizeBlock(request),
    ),
    commit: method('Commit', abci.RequestCommit, abci.ResponseCommit, (request) => methods.commit(request)),
    listSnapshots: method('ListSnapshots', abci.RequestListSnapshots, abci.ResponseListSnapshots, (request) =>
      methods.listSnapshots(request),
    ),
    offerSnapshot: method('OfferSnapshot', abci.RequestOfferSnapshot, abci.ResponseOfferSnapshot, (request) =>
      methods.offerSnapshot(request),
    ),
    loadSnapshotChunk: method('LoadSnapshotChunk', abci.RequestLoadSnapshotChunk, abci.ResponseLoadSnapshotChunk, (request) =>
      methods.loadSnapshotChunk(request),
    ),
    applySnapshotChunk: method('ApplySnapshotChunk', abci.RequestApplySnapshotChunk, abci.ResponseApplySnapshotChunk, (request) =>
      methods.applySnapshotChunk(request),
    ),
  };
}

/**
 * ABCI 2.0 over gRPC on a unix socket. The socket is this module's own, not gRPC's, so that it sees the engine's connections come and
 * go: that is how a node learns that its engine is gone.
 *
 * @throws when the socket cannot be listened on.
 */
export async function listenAbci(options: AbciServerOptions): Promise<AbciServer> {
  const door: Door = { openCalls: 0, onFault: options.onFault };
  const methods = Object.entries(methodsOf(options.methods, door));
  const server = new Server({
    'grpc.max_receive_message_length': ABCI_MESSAGE_BYTES_MAX,
    'grpc.max_send_message_length': ABCI_MESSAGE_BYTES_MAX,
    'grpc.enable_channelz': 0,
  });
  const implementation: UntypedServiceImplementation = Object.fromEntries(methods.map(([name, { handler }]) => [name, handler]));
  server.addService(Object.fromEntries(methods.map(([name, { definition }]) => [name, definition])), implementation);
  const injector = server.createConnectionInjector(ServerCredentials.createInsecure());
  const sockets = new Set<Socket>();
  const listener = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.once('close', () => {
      sockets.delete(socket);
      options.onConnections(sockets.size);
    });
    options.onConnections(sockets.size);
    injector.injectConnection(socket);
  });
  await new Promise<void>((resolve, reject) => {
    listener.once('error', reject);
    listener.listen(options.socketPath, resolve);
  });
  return {
    get connectionCount() {
      return sockets.size;
    },
    get isBusy() {
      return door.openCalls > 0;
    },
    close: async () => {
      const closed = new Promise<void>((resolve) => listener.close(() => resolve()));
      for (const socket of sockets) socket.destroy();
      injector.destroy();
      server.forceShutdown();
      await closed;
    },
  };
}

import { PROBLEMS } from '@civitas/console-contract';
import { ERROR_TRAILER } from '@civitas/node-call';
import { ErrorInfo, LedgerServiceClient, LedgerServiceService } from '@civitas/proto/civitas/node/v1/ledger';
import { LinkServiceClient, LinkServiceService } from '@civitas/proto/civitas/node/v1/link';
import { PersonServiceClient, PersonServiceService } from '@civitas/proto/civitas/node/v1/person';
import {
  credentials,
  type handleUnaryCall,
  Metadata,
  Server,
  ServerCredentials,
  type ServiceDefinition,
  type ServiceError,
  status,
} from '@grpc/grpc-js';
import { ProblemError } from '../../http/problem-error.ts';
import type { Ledgers } from '../../ledger/ledgers.ts';

/** How a gateway answers everything: with a message of nothing, with these bytes, with a refusal, or as one that cannot be reached. */
export type Manner = 'empty' | Uint8Array | { readonly code: string } | 'unreachable';

export interface OddGateway {
  readonly ledgers: Ledgers;
  /** How it answers from now on. */
  manner: Manner;
  stop(): void;
}

function refusalOf(code: string): Partial<ServiceError> {
  const metadata = new Metadata();
  const info = ErrorInfo.fromPartial({ code, factsJson: '{}', then: 'drop' });
  metadata.set(ERROR_TRAILER, Buffer.from(ErrorInfo.encode(info).finish()));
  return { code: status.FAILED_PRECONDITION, details: code, metadata };
}

/** A service whose answers are bytes, not messages: what is sent is what the manner says. */
function asBytes(definition: ServiceDefinition): ServiceDefinition {
  return Object.fromEntries(
    Object.entries(definition).map(([name, method]) => [name, { ...method, responseSerialize: (bytes: Buffer) => bytes }]),
  );
}

/** A gateway of every network, with real gRPC and without TLS, that answers as nobody should. */
export async function startOddGateway(address: string): Promise<OddGateway> {
  const server = new Server();
  const answer: handleUnaryCall<unknown, Buffer> = (_call, callback) => {
    const { manner } = gateway;
    if (manner === 'empty') callback(null, Buffer.alloc(0));
    else if (manner instanceof Uint8Array) callback(null, Buffer.from(manner));
    else if (manner === 'unreachable') callback({ code: status.UNAVAILABLE, details: 'gone' });
    else callback(refusalOf(manner.code));
  };
  for (const service of [LedgerServiceService, LinkServiceService, PersonServiceService]) {
    const unary = Object.entries<ServiceDefinition[string]>(service).filter(
      ([, method]) => !method.requestStream && !method.responseStream,
    );
    server.addService(asBytes(Object.fromEntries(unary)), Object.fromEntries(unary.map(([name]) => [name, answer])));
  }
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync(`${address}:0`, ServerCredentials.createInsecure(), (error, bound) =>
      error === null ? resolve(bound) : reject(error),
    );
  });
  const at = `${address}:${port}`;
  const ledger = new LedgerServiceClient(at, credentials.createInsecure());
  const link = new LinkServiceClient(at, credentials.createInsecure());
  const person = new PersonServiceClient(at, credentials.createInsecure());
  const stop = (): void => {
    for (const client of [ledger, link, person]) client.close();
    server.forceShutdown();
  };
  const ledgers: Ledgers = {
    open() {
      if (gateway.manner === 'unreachable') throw new ProblemError('LEDGER_UNREACHABLE', PROBLEMS.LEDGER_UNREACHABLE.title);
      return { chainId: 'jincheng-city-1', ledger, link, person };
    },
    findHead: async () => undefined,
    findPackets: async () => undefined,
    findFailedPackets: async () => undefined,
    close: stop,
  };
  const gateway: OddGateway = { ledgers, manner: 'empty', stop };
  return gateway;
}

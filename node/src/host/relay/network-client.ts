import { type Bytes, base64urlDecode, isJsonObject, type JsonObject, parseCanonical } from '@civitas/canon';
import type { RelayNetwork } from '@civitas/deployment';
import { callUnary, findErrorInfo, type Unary } from '@civitas/node-call';
import { decodeLightBlock, parseReceipt, type Receipt, unixMsOf } from '@civitas/proofs';
import { LinkServiceClient, type OutgoingPacket, type Peer, ProofSpace } from '@civitas/proto/civitas/node/v1/link';
import { type ServiceError, status } from '@grpc/grpc-js';
import { signGatewayOperation } from '../admission/gateway-operation.ts';
import type { SigningKey } from '../keys/node-keys.ts';
import { ANSWER_BYTES_MAX } from '../rpc/limits.ts';
import type { CertificateFolder } from '../tls/certificate-folder.ts';
import { channelCredentials } from '../tls/credentials.ts';
import { CALL_DEADLINE_MS, OPERATION_EXPIRY_MS } from './limits.ts';

/** A gateway did not do what was asked: it could not be reached, or it refused with a code. */
export class GatewayError extends Error {
  readonly code: string;
  readonly isUnavailable: boolean;

  constructor(network: string, code: string, isUnavailable: boolean) {
    super(`${network}: ${code}`);
    this.name = 'GatewayError';
    this.code = code;
    this.isUnavailable = isUnavailable;
  }
}

/** A ledger refused what it was given: its gateway did its part, and the same again would be refused again. */
export class LedgerRefusalError extends GatewayError {
  readonly facts: JsonObject;

  constructor(network: string, code: string, facts: JsonObject = {}) {
    super(network, code, false);
    this.name = 'LedgerRefusalError';
    this.facts = facts;
  }
}

/** A certified header of a network. */
export interface NetworkHeader {
  readonly height: number;
  readonly timeUnixMs: number;
  readonly lightBlock: Bytes;
}

/** A record under links/ with its proof against the header that was asked for. */
export interface LinkProof {
  readonly found: boolean;
  readonly value: JsonObject | undefined;
  readonly proof: JsonObject;
}

export interface ProofQuery {
  readonly peer: string;
  /** At most PROOFS_PER_CALL. */
  readonly sequences: readonly number[];
  readonly headerHeight: number;
}

/** What may be proven of a packet: that it was sent, how it was answered, whether it was received. */
export type ProvenSpace = 'packet' | 'ack' | 'receipt';

/** What happened on a network's links since an earlier answer. */
export interface LinkNews {
  readonly activity: number;
  readonly outgoing: readonly string[];
  readonly incoming: readonly string[];
}

/** One network as the relay sees it. */
export interface NetworkClient {
  readonly network: string;
  readonly chainId: string;
  peers(): Promise<readonly Peer[]>;
  outbox(peer: string, afterSequence: number, limit: number): Promise<readonly OutgoingPacket[]>;
  /** In the order asked; undefined for a record that changed since that header: the pass after the next block asks again. */
  prove(space: ProvenSpace, query: ProofQuery): Promise<readonly (LinkProof | undefined)[]>;
  newestHeader(): Promise<NetworkHeader>;
  headerAt(height: number): Promise<NetworkHeader>;
  /** Submits one of the relay's verbs; the receipt once its block is durable. */
  deliver(method: 'update' | 'receive' | 'acknowledge' | 'timeout', args: JsonObject, actor?: 'relay' | 'probe'): Promise<Receipt>;
  /** What happened since `seenActivity`, as soon as something did or the wait is over. */
  wake(seenActivity: number, waitMs: number): Promise<LinkNews>;
  acquireLease(peer: string, holder: string): Promise<boolean>;
  close(): void;
}

const SPACES: Readonly<Record<ProvenSpace, ProofSpace>> = {
  packet: ProofSpace.PROOF_SPACE_PACKET,
  ack: ProofSpace.PROOF_SPACE_ACKNOWLEDGEMENT,
  receipt: ProofSpace.PROOF_SPACE_RECEIPT,
};

function gatewayErrorOf(network: string, error: ServiceError): GatewayError {
  const code = findErrorInfo(error)?.code ?? status[error.code] ?? 'UNKNOWN';
  return new GatewayError(network, code, error.code === status.UNAVAILABLE || error.code === status.DEADLINE_EXCEEDED);
}

async function call<Request, Response>(
  network: string,
  method: Unary<Request, Response>,
  request: Request,
  deadlineMs = CALL_DEADLINE_MS,
): Promise<Response> {
  try {
    return await callUnary(method, request, { deadlineMs });
  } catch (error) {
    throw gatewayErrorOf(network, error as ServiceError);
  }
}

function objectOf(network: string, bytes: Bytes): JsonObject {
  const json = parseCanonical(bytes);
  if (!json.ok || !isJsonObject(json.value)) throw new GatewayError(network, 'ANSWER_MALFORMED', false);
  return json.value;
}

function headerOf(network: string, lightBlock: Bytes | undefined): NetworkHeader {
  const decoded = lightBlock === undefined ? undefined : decodeLightBlock(lightBlock);
  if (lightBlock === undefined || decoded?.ok !== true) throw new GatewayError(network, 'ANSWER_MALFORMED', false);
  const { header } = decoded.value;
  return { height: Number(header.height), timeUnixMs: unixMsOf(header.time), lightBlock };
}

export interface NetworkClientOptions {
  readonly network: RelayNetwork;
  readonly certificates: CertificateFolder;
  readonly key: SigningKey;
}

/** Opens a channel to a network's gateway; nothing is sent before the first call. */
export function openNetworkClient({ network: config, certificates, key }: NetworkClientOptions): NetworkClient {
  const { network, chainId } = config;
  const genesisHash = base64urlDecode(config.genesisHash) ?? new Uint8Array(0);
  const credentials = channelCredentials(certificates.provider, (peer) => peer.kind === 'node' && peer.network === chainId);
  const client = new LinkServiceClient(config.grpc, credentials, {
    'grpc.ssl_target_name_override': chainId,
    'grpc.use_local_subchannel_pool': 1,
    'grpc.initial_reconnect_backoff_ms': 100,
    'grpc.max_reconnect_backoff_ms': 1000,
    'grpc.keepalive_time_ms': 10_000,
    'grpc.keepalive_timeout_ms': 5000,
    // A page of the largest packets is larger than what the library takes unless told.
    'grpc.max_receive_message_length': ANSWER_BYTES_MAX,
  });
  async function headerAt(height: number): Promise<NetworkHeader> {
    const { lightBlocks } = await call(network, client.headers.bind(client), { heights: [BigInt(height)] });
    return headerOf(network, lightBlocks[0]);
  }
  return {
    network,
    chainId,
    peers: async () => (await call(network, client.listPeers.bind(client), {})).peers,
    outbox: async (peer, afterSequence, limit) =>
      (await call(network, client.outbox.bind(client), { peer, afterSequence: BigInt(afterSequence), limit })).packets,
    prove: async (space, { peer, sequences, headerHeight }) => {
      const request = { peer, space: SPACES[space], sequences: sequences.map(BigInt), headerHeight: BigInt(headerHeight) };
      const { proofs } = await call(network, client.prove.bind(client), request);
      return proofs.map(({ found, value, proof }) => {
        if (proof.length === 0) return undefined;
        return { found, value: found ? objectOf(network, value) : undefined, proof: objectOf(network, proof) };
      });
    },
    newestHeader: () => headerAt(0),
    headerAt,
    deliver: async (method, args, actor = 'relay') => {
      const operation = signGatewayOperation({
        chainId,
        genesisHash,
        organisation: 'platform',
        role: 'relay',
        key,
        actor,
        contract: 'links@v1',
        method,
        args,
        expiresAtUnixMs: Date.now() + OPERATION_EXPIRY_MS,
      });
      const { receipt } = await call(network, client.deliver.bind(client), { operation });
      const parsed = parseReceipt(receipt);
      if (!parsed.ok) throw new GatewayError(network, 'ANSWER_MALFORMED', false);
      return parsed.value;
    },
    wake: async (seenActivity, waitMs) => {
      const request = { seenActivity: BigInt(seenActivity), waitMs };
      const answer = await call(network, client.wake.bind(client), request, waitMs + CALL_DEADLINE_MS);
      return { activity: Number(answer.activity), outgoing: answer.outgoingPeers, incoming: answer.incomingPeers };
    },
    acquireLease: async (peer, holder) => (await call(network, client.acquireLease.bind(client), { peer, holder })).held,
    close: () => client.close(),
  };
}

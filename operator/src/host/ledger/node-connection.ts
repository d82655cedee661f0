import { isIP } from 'node:net';
import { createSecureContext, type SecureContext } from 'node:tls';
import { type PeerIdentity, spiffe } from '@civitas/deployment';
import { callUnary, findErrorInfo, serverProblem, type Unary } from '@civitas/node-call';
import { AdminServiceClient } from '@civitas/proto/civitas/node/v1/admin';
import { LedgerServiceClient } from '@civitas/proto/civitas/node/v1/ledger';
import { LinkServiceClient } from '@civitas/proto/civitas/node/v1/link';
import { SnapshotServiceClient } from '@civitas/proto/civitas/node/v1/snapshot';
import { ChannelCredentials, type Client, type ServiceError } from '@grpc/grpc-js';
import { issueLeaf, type KeyAndCertificate } from '../certificates/authority.ts';
import { OPERATOR_CERTIFICATE_HOURS } from '../certificates/limits.ts';
import { CallsInFlight } from './calls-in-flight.ts';
import { CALL_DEADLINE_MS, IDLE_CHANNEL_MS, MESSAGE_BYTES_MAX } from './limits.ts';

/** A node refused a call; `code` is one of docs/reference/errors.md. */
export class NodeRefusal extends Error {
  readonly code: string;
  readonly factsJson: string;

  constructor(code: string, factsJson: string) {
    super(`${code} ${factsJson}`);
    this.name = 'NodeRefusal';
    this.code = code;
    this.factsJson = factsJson;
  }
}

/** Who the operator is on one network: all channels to its nodes share it. */
export interface OperatorIdentity {
  readonly context: SecureContext;
  /** When the certificate in it is to be replaced. */
  readonly renewAtUnixMs: number;
}

export interface IdentityRequest {
  /** First segment of the names in this network's certificates: chain id, or the city for the relay's admin listener. */
  readonly network: string;
  /** Issues the operator's own certificate. */
  readonly authority: KeyAndCertificate;
  /** Certificates of the authorities that the nodes may be of. */
  readonly trustedPem: string;
}

/** Issues the operator a certificate of that network. */
export async function issueOperatorIdentity(request: IdentityRequest, nowUnixMs: number): Promise<OperatorIdentity> {
  const subject = spiffe.operator(request.network);
  const leaf = await issueLeaf(request.authority, { subject, hours: OPERATOR_CERTIFICATE_HOURS, nowUnixMs });
  const context = createSecureContext({ ca: request.trustedPem, key: leaf.privateKeyPem, cert: leaf.certificatePem });
  return { context, renewAtUnixMs: leaf.renewAtUnixMs };
}

/** Whom the operator calls and as whom. */
export interface NodeTarget {
  /** Address of the pod. */
  readonly host: string;
  readonly identity: OperatorIdentity;
  readonly isExpected: (peer: PeerIdentity) => boolean;
}

/** Channels to one process; each is made when it is first asked for, opened by a call, and let go of when it is idle. */
export interface NodeConnection {
  readonly admin: AdminServiceClient;
  readonly ledger: LedgerServiceClient;
  readonly link: LinkServiceClient;
  readonly snapshot: SnapshotServiceClient;
  /** When the operator's own certificate in it is to be replaced. */
  readonly renewAtUnixMs: number;
  /**
   * Ends every connection that no call waits on; a service that is asked for afterwards gets it anew, so it is to be asked for at each call. gRPC
   * would keep a connection for up to ten seconds after it calls it idle: hundreds of networks that are asked in turn would have a thousand open.
   *
   * @returns whether nothing is open any more.
   */
  letGoOfIdle(): boolean;
  close(): void;
}

const CHANNEL_OPTIONS = {
  'grpc.client_idle_timeout_ms': IDLE_CHANNEL_MS,
  'grpc.max_receive_message_length': MESSAGE_BYTES_MAX,
  'grpc.initial_reconnect_backoff_ms': 100,
  'grpc.min_reconnect_backoff_ms': 100,
  'grpc.max_reconnect_backoff_ms': 1000,
  // One process, one channel: channels of different certificates must not be shared by address.
  'grpc.use_local_subchannel_pool': 1,
  // Servers are told apart by the URI in their certificate; an address is no name that TLS could ask for.
  'grpc.ssl_target_name_override': 'node.civitas.invalid',
} as const;

/** Names the four services. Nothing is sent yet. */
export function openNodeConnection({ host, identity, isExpected }: NodeTarget, ports: { grpc: number; admin: number }): NodeConnection {
  const credentials = ChannelCredentials.createFromSecureContext(identity.context, {
    checkServerIdentity: (_host, certificate) => serverProblem(certificate.subjectaltname, isExpected, 'another'),
  });
  const [adminAddress, grpcAddress] = [addressOf(host, ports.admin), addressOf(host, ports.grpc)];
  const made: { admin?: AdminServiceClient; ledger?: LedgerServiceClient; link?: LinkServiceClient; snapshot?: SnapshotServiceClient } = {};
  const [adminCalls, ledgerCalls] = [new CallsInFlight(), new CallsInFlight()];
  const channelFor = ({ interceptor }: CallsInFlight) => ({ ...CHANNEL_OPTIONS, interceptors: [interceptor] });
  let isClosed = false;
  const open = <Service extends Client>(service: Service): Service => {
    if (isClosed) service.close();
    return service;
  };
  // Services of one listener share its channel.
  const besideLedger = () => ({ ...channelFor(ledgerCalls), channelOverride: connection.ledger.getChannel() });
  const connection: NodeConnection = {
    renewAtUnixMs: identity.renewAtUnixMs,
    get admin() {
      made.admin ??= open(new AdminServiceClient(adminAddress, credentials, channelFor(adminCalls)));
      return made.admin;
    },
    get ledger() {
      made.ledger ??= open(new LedgerServiceClient(grpcAddress, credentials, channelFor(ledgerCalls)));
      return made.ledger;
    },
    get link() {
      made.link ??= new LinkServiceClient(grpcAddress, credentials, besideLedger());
      return made.link;
    },
    get snapshot() {
      made.snapshot ??= new SnapshotServiceClient(grpcAddress, credentials, besideLedger());
      return made.snapshot;
    },
    letGoOfIdle() {
      if (adminCalls.count === 0) {
        made.admin?.close();
        delete made.admin;
      }
      if (ledgerCalls.count === 0) {
        made.ledger?.close();
        for (const service of ['ledger', 'link', 'snapshot'] as const) delete made[service];
      }
      return made.admin === undefined && made.ledger === undefined;
    },
    close() {
      isClosed = true;
      for (const service of [made.admin, made.ledger]) service?.close();
    },
  };
  return connection;
}

/** In gRPC's own form where it is an address, so that nothing is set up to resolve a name. */
function addressOf(host: string, port: number): string {
  const family = isIP(host);
  if (family === 0) return `${host}:${port}`;
  return family === 4 ? `ipv4:${host}:${port}` : `ipv6:[${host}]:${port}`;
}

/**
 * One unary call as a promise.
 *
 * @throws NodeRefusal when the node answered with a typed error; the gRPC error otherwise.
 */
export async function callNode<Request, Response>(
  method: Unary<Request, Response>,
  request: Request,
  deadlineMs = CALL_DEADLINE_MS,
): Promise<Response> {
  try {
    return await callUnary(method, request, { deadlineMs });
  } catch (error) {
    const info = findErrorInfo(error as ServiceError);
    throw info === undefined ? error : new NodeRefusal(info.code, info.factsJson);
  }
}

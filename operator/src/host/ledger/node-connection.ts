import { findPeerIdentity, type PeerIdentity, spiffe } from '@civitas/deployment';
import { AdminServiceClient } from '@civitas/proto/civitas/node/v1/admin';
import { ErrorInfo, LedgerServiceClient } from '@civitas/proto/civitas/node/v1/ledger';
import { LinkServiceClient } from '@civitas/proto/civitas/node/v1/link';
import { type CallOptions, ChannelCredentials, type ClientUnaryCall, Metadata, type ServiceError } from '@grpc/grpc-js';
import { issueLeaf, type KeyAndCertificate } from '../certificates/authority.ts';
import { OPERATOR_CERTIFICATE_HOURS } from '../certificates/limits.ts';
import { CALL_DEADLINE_MS, MESSAGE_BYTES_MAX } from './limits.ts';

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

/** Whom the operator calls and as whom. */
export interface NodeTarget {
  /** Address of the pod. */
  readonly host: string;
  /** First segment of the names in this network's certificates: chain id, or the city for the relay's admin listener. */
  readonly network: string;
  /** Issues the operator's own certificate. */
  readonly authority: KeyAndCertificate;
  /** Certificates of the authorities that the node may be of. */
  readonly trustedPem: string;
  readonly isExpected: (peer: PeerIdentity) => boolean;
}

/** Channels to one process; each is opened by its first call. */
export interface NodeConnection {
  readonly admin: AdminServiceClient;
  readonly ledger: LedgerServiceClient;
  readonly link: LinkServiceClient;
  /** When the operator's own certificate in it is to be replaced. */
  readonly renewAtUnixMs: number;
  close(): void;
}

const CHANNEL_OPTIONS = {
  'grpc.max_receive_message_length': MESSAGE_BYTES_MAX,
  'grpc.initial_reconnect_backoff_ms': 100,
  'grpc.min_reconnect_backoff_ms': 100,
  'grpc.max_reconnect_backoff_ms': 1000,
  // One process, one channel: channels of different certificates must not be shared by address.
  'grpc.use_local_subchannel_pool': 1,
  // Servers are told apart by the URI in their certificate; an address is no name that TLS could ask for.
  'grpc.ssl_target_name_override': 'node.civitas.invalid',
} as const;

/** Issues the operator a certificate of that network and names the three services. Nothing is sent yet. */
export async function openNodeConnection(
  target: NodeTarget,
  ports: { grpc: number; admin: number },
  nowUnixMs: number,
): Promise<NodeConnection> {
  const subject = spiffe.operator(target.network);
  const leaf = await issueLeaf(target.authority, { subject, hours: OPERATOR_CERTIFICATE_HOURS, nowUnixMs });
  const credentials = ChannelCredentials.createSsl(
    Buffer.from(target.trustedPem),
    Buffer.from(leaf.privateKeyPem),
    Buffer.from(leaf.certificatePem),
    { checkServerIdentity: (_host, certificate) => serverProblem(certificate.subjectaltname, target.isExpected) },
  );
  const admin = new AdminServiceClient(`${target.host}:${ports.admin}`, credentials, CHANNEL_OPTIONS);
  const ledger = new LedgerServiceClient(`${target.host}:${ports.grpc}`, credentials, CHANNEL_OPTIONS);
  const link = new LinkServiceClient(`${target.host}:${ports.grpc}`, credentials, CHANNEL_OPTIONS);
  return {
    admin,
    ledger,
    link,
    renewAtUnixMs: leaf.renewAtUnixMs,
    close: () => {
      for (const client of [admin, ledger, link]) client.close();
    },
  };
}

/** A server is who its one URI name says, whatever its address. */
function serverProblem(alternativeNames: string | undefined, isExpected: (peer: PeerIdentity) => boolean): Error | undefined {
  const uris = (alternativeNames ?? '').split(', ').filter((name) => name.startsWith('URI:'));
  const peer = uris.length === 1 ? findPeerIdentity(uris[0]?.slice('URI:'.length) ?? '') : undefined;
  return peer !== undefined && isExpected(peer)
    ? undefined
    : new Error(`the server is ${uris.join(', ') || 'nobody of ours'}, expected another`);
}

type Unary<Request, Response> = (
  request: Request,
  metadata: Metadata,
  options: Partial<CallOptions>,
  callback: (error: ServiceError | null, response: Response) => void,
) => ClientUnaryCall;

/**
 * One unary call as a promise.
 *
 * @throws NodeRefusal when the node answered with a typed error; the gRPC error otherwise.
 */
export function callNode<Request, Response>(
  method: Unary<Request, Response>,
  request: Request,
  deadlineMs = CALL_DEADLINE_MS,
): Promise<Response> {
  return new Promise((resolve, reject) => {
    method(request, new Metadata(), { deadline: Date.now() + deadlineMs }, (error, response) => {
      if (error === null) resolve(response);
      else reject(refusalOf(error) ?? error);
    });
  });
}

function refusalOf(error: ServiceError): NodeRefusal | undefined {
  const [info] = error.metadata?.get('civitas-error-bin') ?? [];
  if (!Buffer.isBuffer(info)) return undefined;
  const { code, factsJson } = ErrorInfo.decode(info);
  return new NodeRefusal(code, factsJson);
}

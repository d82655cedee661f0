import type { Bytes } from '@civitas/canon';
import type { PeerDocument } from '@civitas/deployment';
import { callUnary, type Unary } from '@civitas/node-call';
import type { LightBlockSource } from '@civitas/proofs';
import { SnapshotServiceClient } from '@civitas/proto/civitas/node/v1/snapshot';
import { ANSWER_BYTES_MAX } from '../rpc/limits.ts';
import type { CertificateProvider } from '../tls/certificate-folder.ts';
import { channelCredentials } from '../tls/credentials.ts';
import type { PrioritySource } from './agreed-priorities.ts';
import { PEER_CALL_MS } from './limits.ts';

/** Another node of the same network, as one that joins asks it. */
export interface PeerClient extends LightBlockSource, PrioritySource {
  /** Heights of its snapshots, newest first. */
  fetchSnapshotHeights(): Promise<readonly number[]>;
  close(): void;
}

function call<Request, Response>(method: Unary<Request, Response>, request: Request): Promise<Response> {
  return callUnary(method, request, { deadlineMs: PEER_CALL_MS });
}

/** Opens a channel to a peer, which must be the node of that name; nothing is sent before the first call. */
export function openPeerClient(peer: PeerDocument, chainId: string, provider: CertificateProvider): PeerClient {
  const credentials = channelCredentials(
    provider,
    ({ kind, network, name }) => kind === 'node' && network === chainId && name === peer.node,
  );
  const client = new SnapshotServiceClient(`${peer.host}:${peer.grpcPort}`, credentials, {
    'grpc.ssl_target_name_override': chainId,
    'grpc.use_local_subchannel_pool': 1,
    'grpc.max_receive_message_length': ANSWER_BYTES_MAX,
    'grpc.initial_reconnect_backoff_ms': 100,
    'grpc.max_reconnect_backoff_ms': 1000,
  });
  return {
    name: peer.node,
    fetchLightBlock: async (height): Promise<Bytes> => {
      const { lightBlocks } = await call(client.getLightBlocks.bind(client), { heights: [BigInt(height)] });
      return lightBlocks[0] ?? new Uint8Array(0);
    },
    fetchProposerPriorities: async (height) =>
      (await call(client.getProposerPriorities.bind(client), { height: BigInt(height) })).priorities,
    fetchSnapshotHeights: async () => (await call(client.listSnapshots.bind(client), {})).heights.map(Number),
    close: () => client.close(),
  };
}

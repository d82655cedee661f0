import { serverProblem } from '@civitas/node-call';
import { type ChannelCredentials, type ChannelOptions, credentials } from '@grpc/grpc-js';
import type { NetworkAccess } from '../profile/load-profile.ts';
import { ANSWER_BYTES_MAX, KEEPALIVE_MS, KEEPALIVE_TIMEOUT_MS } from './limits.ts';

/** Mutual TLS with the profile's certificate; the server must be a node of this network. */
export function channelCredentials(access: NetworkAccess): ChannelCredentials {
  const { chainId } = access.document;
  return credentials.createSsl(Buffer.from(access.authorityPem), Buffer.from(access.tlsKeyPem), Buffer.from(access.certificatePem), {
    checkServerIdentity: (_host, { subjectaltname }) =>
      serverProblem(subjectaltname, ({ kind, network }) => kind === 'node' && network === chainId, `a node of ${chainId}`),
  });
}

export const CHANNEL_OPTIONS: ChannelOptions = {
  // Addresses are bare IPs, which TLS does not take as a server name.
  'grpc.ssl_target_name_override': 'node.civitas',
  'grpc.max_receive_message_length': ANSWER_BYTES_MAX,
  'grpc.initial_reconnect_backoff_ms': 100,
  'grpc.max_reconnect_backoff_ms': 2_000,
  'grpc.enable_retries': 0,
  // A gateway's machine that is gone says nothing; a stream on it would wait for the kernel's patience.
  'grpc.keepalive_time_ms': KEEPALIVE_MS,
  'grpc.keepalive_timeout_ms': KEEPALIVE_TIMEOUT_MS,
};

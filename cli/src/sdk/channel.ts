import type { PeerCertificate } from 'node:tls';
import { findPeerIdentity } from '@civitas/deployment';
import { type ChannelCredentials, type ChannelOptions, credentials } from '@grpc/grpc-js';
import type { NetworkAccess } from '../profile/load-profile.ts';
import { ANSWER_BYTES_MAX } from './limits.ts';

/**
 * Undefined when the certificate is a node's of this network, else why not. The host name says nothing here: who a server is stands
 * in its one URI SAN (trust.md, "TLS"); which authority signed it, TLS has checked.
 */
export function checkServer(chainId: string, certificate: Pick<PeerCertificate, 'subjectaltname'>): Error | undefined {
  const uris = (certificate.subjectaltname ?? '').split(', ').filter((name) => name.startsWith('URI:'));
  const [uri] = uris;
  const identity = uri === undefined || uris.length !== 1 ? undefined : findPeerIdentity(uri.slice('URI:'.length));
  if (identity?.kind === 'node' && identity.network === chainId) return undefined;
  return new Error(`server says it is ${uris.join(' ') || 'nobody'}, expected a node of spiffe://civitas/${chainId}`);
}

/** Mutual TLS with the profile's certificate. */
export function channelCredentials(access: NetworkAccess): ChannelCredentials {
  return credentials.createSsl(Buffer.from(access.authorityPem), Buffer.from(access.tlsKeyPem), Buffer.from(access.certificatePem), {
    checkServerIdentity: (_host, certificate) => checkServer(access.document.chainId, certificate),
  });
}

export const CHANNEL_OPTIONS: ChannelOptions = {
  // Addresses are bare IPs, which TLS does not take as a server name.
  'grpc.ssl_target_name_override': 'node.civitas',
  'grpc.max_receive_message_length': ANSWER_BYTES_MAX,
  'grpc.initial_reconnect_backoff_ms': 100,
  'grpc.max_reconnect_backoff_ms': 2_000,
  'grpc.enable_retries': 0,
};

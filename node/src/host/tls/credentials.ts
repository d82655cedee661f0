import type { PeerIdentity } from '@civitas/deployment';
import { serverProblem } from '@civitas/node-call';
import { type ChannelCredentials, experimental, type ServerCredentials } from '@grpc/grpc-js';
import type { CertificateProvider } from './certificate-folder.ts';

/** Server side of mutual TLS; a client without a certificate of this authority gets no connection. */
export function serverCredentials(provider: CertificateProvider): ServerCredentials {
  // The library's exported function and its class name their first two parameters the other way round: one provider serves both.
  return experimental.createCertificateProviderServerCredentials(provider, provider, true);
}

/**
 * Client side of mutual TLS. The server is who its URI name says, whatever the address was.
 *
 * @param isExpected decides whether this peer is the one that was meant.
 */
export function channelCredentials(provider: CertificateProvider, isExpected: (peer: PeerIdentity) => boolean): ChannelCredentials {
  return experimental.createCertificateProviderChannelCredentials(provider, provider, {
    checkServerIdentity: (_host, { subjectaltname }) => serverProblem(subjectaltname, isExpected, 'another'),
  });
}

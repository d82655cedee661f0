import { createHash } from 'node:crypto';
import type { Secret } from '@civitas/kube';
import { experimental, type ServerCredentials } from '@grpc/grpc-js';

/** The certificates of a fake node: as its Secret holds them, taken up again when that one changes. */
export interface FakeCertificates {
  readonly credentials: ServerCredentials;
  /** SHA-256 of chain and authorities, as a node reports it. */
  hash(): Uint8Array;
  notAfterUnixMs(): number;
  take(secret: Secret): void;
}

export function fakeCertificates(first: Secret): FakeCertificates {
  const authorities = new Set<experimental.CaCertificateUpdateListener>();
  const identities = new Set<experimental.IdentityCertificateUpdateListener>();
  let secret = first;
  const file = (key: string): Buffer => Buffer.from(secret.data?.[key] ?? '', 'base64');
  const authority = (): { caCertificate: Buffer } => ({ caCertificate: file('ca.crt') });
  const identity = (): { certificate: Buffer; privateKey: Buffer } => ({ certificate: file('tls.crt'), privateKey: file('tls.key') });
  const provider: experimental.CertificateProvider = {
    addCaCertificateListener(listener) {
      authorities.add(listener);
      process.nextTick(listener, authority());
    },
    removeCaCertificateListener: (listener) => void authorities.delete(listener),
    addIdentityCertificateListener(listener) {
      identities.add(listener);
      process.nextTick(listener, identity());
    },
    removeIdentityCertificateListener: (listener) => void identities.delete(listener),
  };
  return {
    credentials: experimental.createCertificateProviderServerCredentials(provider, provider, true),
    hash: () => new Uint8Array(createHash('sha256').update(file('tls.crt')).update(file('ca.crt')).digest()),
    notAfterUnixMs: () => Date.parse(secret.metadata.annotations?.['civitas.dev/not-after'] ?? ''),
    take(next) {
      if (next.metadata.resourceVersion === secret.metadata.resourceVersion) return;
      secret = next;
      for (const listener of authorities) listener(authority());
      for (const listener of identities) listener(identity());
    },
  };
}

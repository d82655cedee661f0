import { createHash, createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { accept, type Result, refuse } from '@civitas/canon';
import type { PeerIdentity } from '@civitas/deployment';
import { findPeer } from '@civitas/node-call';
import { AUTHORITIES_MAX, CERTIFICATE_FILE_BYTES_MAX } from './limits.ts';

/** The three files of a kubernetes.io/tls Secret, as read from one generation of it. */
export interface CertificateFiles {
  readonly certificate: Buffer;
  readonly privateKey: Buffer;
  readonly authorities: Buffer;
}

/** Files that were checked to belong together. */
export interface CertificateSet extends CertificateFiles {
  readonly identity: PeerIdentity;
  readonly notAfterUnixMs: number;
  /** SHA-256 of chain and authorities, which tells one generation of the files from another. */
  readonly hash: Uint8Array;
}

const PEM_BLOCK = /-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g;

function certificatesOf(pem: Buffer): X509Certificate[] {
  return (pem.toString('latin1').match(PEM_BLOCK) ?? []).map((block) => new X509Certificate(block));
}

function parsePem(files: CertificateFiles): Result<{ leaf: X509Certificate; authorities: X509Certificate[]; key: KeyObject }> {
  for (const file of [files.certificate, files.privateKey, files.authorities]) {
    if (file.length > CERTIFICATE_FILE_BYTES_MAX)
      return refuse('CERTIFICATE_FORM', { bytes: file.length, bytesMax: CERTIFICATE_FILE_BYTES_MAX });
  }
  try {
    const [leaf] = certificatesOf(files.certificate);
    const authorities = certificatesOf(files.authorities);
    if (leaf === undefined) return refuse('CERTIFICATE_FORM', { file: 'tls.crt', expected: 'a certificate' });
    if (authorities.length === 0 || authorities.length > AUTHORITIES_MAX) {
      return refuse('CERTIFICATE_FORM', { file: 'ca.crt', expected: `1 … ${AUTHORITIES_MAX} certificates`, got: authorities.length });
    }
    return accept({ leaf, authorities, key: createPrivateKey(files.privateKey) });
  } catch {
    return refuse('CERTIFICATE_FORM', { expected: 'PEM' });
  }
}

/**
 * Checks that key, leaf and authority belong together before anything swaps to them: a server that gets a torn pair refuses every
 * new connection.
 *
 * @returns CERTIFICATE_FORM, CERTIFICATE_KEY, CERTIFICATE_CHAIN, CERTIFICATE_TIME or CERTIFICATE_NAME.
 */
export function checkCertificateFiles(files: CertificateFiles, nowUnixMs: number): Result<CertificateSet> {
  const parsed = parsePem(files);
  if (!parsed.ok) return parsed;
  const { leaf, authorities, key } = parsed.value;
  if (!leaf.checkPrivateKey(key)) return refuse('CERTIFICATE_KEY', { expected: 'the key of the leaf' }, 'retry');
  const issued = authorities.some((authority) => leaf.checkIssued(authority) && leaf.verify(authority.publicKey));
  if (!issued) return refuse('CERTIFICATE_CHAIN', { issuer: leaf.issuer.slice(0, 200) }, 'retry');
  const notAfterUnixMs = leaf.validToDate.getTime();
  if (notAfterUnixMs <= nowUnixMs) return refuse('CERTIFICATE_TIME', { notAfterUnixMs, nowUnixMs }, 'retry');
  const identity = findPeer(leaf.subjectAltName);
  if (identity === undefined) return refuse('CERTIFICATE_NAME', { expected: 'one URI name of ours' });
  const hash = new Uint8Array(createHash('sha256').update(files.certificate).update(files.authorities).digest());
  return accept({ ...files, identity, notAfterUnixMs, hash });
}

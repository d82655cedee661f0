import 'reflect-metadata';
import { createPrivateKey, generateKeyPairSync, randomBytes, webcrypto } from 'node:crypto';
import * as x509 from '@peculiar/x509';
import { AUTHORITY_YEARS, BACKDATED_MS } from './limits.ts';

x509.cryptoProvider.set(webcrypto);

type CryptoKey = webcrypto.CryptoKey;

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const HOUR_MS = 3_600_000;

/** PEM texts of a key and its certificate; for a leaf the authority's certificate follows its own. */
export interface KeyAndCertificate {
  readonly certificatePem: string;
  readonly privateKeyPem: string;
}

export interface LeafRequest {
  /** The one URI name the certificate carries: who its holder is. */
  readonly subject: string;
  /** DNS names besides; default none. */
  readonly dnsNames?: readonly string[];
  readonly hours: number;
  readonly nowUnixMs: number;
}

export interface IssuedLeaf extends KeyAndCertificate {
  readonly notAfterUnixMs: number;
  /** Two thirds of its life. */
  readonly renewAtUnixMs: number;
}

async function importPrivateKey(pem: string): Promise<CryptoKey> {
  const der = createPrivateKey(pem).export({ type: 'pkcs8', format: 'der' });
  return webcrypto.subtle.importKey('pkcs8', der, ALGORITHM, false, ['sign']);
}

function newKeyPem(): { readonly privateKeyPem: string; readonly spki: Buffer } {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return {
    privateKeyPem: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    spki: publicKey.export({ type: 'spki', format: 'der' }),
  };
}

function serialNumber(): string {
  // A leading zero byte would make two encodings of one number.
  const bytes = randomBytes(16);
  bytes[0] = ((bytes[0] ?? 0) & 0x7f) | 0x40;
  return bytes.toString('hex');
}

/** A self-signed authority that issues leaves and nothing below them. */
export async function createAuthority(name: string, nowUnixMs: number): Promise<KeyAndCertificate> {
  const { privateKeyPem, spki } = newKeyPem();
  const publicKey = await webcrypto.subtle.importKey('spki', spki, ALGORITHM, true, ['verify']);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    name: `CN=${name}`,
    serialNumber: serialNumber(),
    notBefore: new Date(nowUnixMs - BACKDATED_MS),
    notAfter: new Date(nowUnixMs + AUTHORITY_YEARS * 8766 * HOUR_MS),
    signingAlgorithm: ALGORITHM,
    keys: { publicKey, privateKey: await importPrivateKey(privateKeyPem) },
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(publicKey),
    ],
  });
  return { certificatePem: `${certificate.toString('pem')}\n`, privateKeyPem };
}

async function signLeaf(authority: KeyAndCertificate, publicKey: CryptoKey, request: LeafRequest) {
  const issuer = new x509.X509Certificate(authority.certificatePem);
  const lifeMs = request.hours * HOUR_MS;
  const notAfterUnixMs = Math.min(request.nowUnixMs + lifeMs, issuer.notAfter.getTime());
  const leaf = await x509.X509CertificateGenerator.create({
    subject: `CN=${request.subject.slice(request.subject.lastIndexOf('/') + 1).slice(0, 64)}`,
    issuer: issuer.subject,
    serialNumber: serialNumber(),
    notBefore: new Date(request.nowUnixMs - BACKDATED_MS),
    notAfter: new Date(notAfterUnixMs),
    signingAlgorithm: ALGORITHM,
    publicKey,
    signingKey: await importPrivateKey(authority.privateKeyPem),
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth, x509.ExtendedKeyUsage.clientAuth]),
      new x509.SubjectAlternativeNameExtension([
        { type: 'url', value: request.subject },
        ...(request.dnsNames ?? []).map((value) => ({ type: 'dns' as const, value })),
      ]),
      await x509.AuthorityKeyIdentifierExtension.create(issuer),
      await x509.SubjectKeyIdentifierExtension.create(publicKey),
    ],
  });
  return {
    certificatePem: `${leaf.toString('pem')}\n${authority.certificatePem}`,
    notAfterUnixMs,
    renewAtUnixMs: request.nowUnixMs + Math.floor(((notAfterUnixMs - request.nowUnixMs) * 2) / 3),
  };
}

/** A fresh key with a certificate for it; serves as server's and client's alike. */
export async function issueLeaf(authority: KeyAndCertificate, request: LeafRequest): Promise<IssuedLeaf> {
  const { privateKeyPem, spki } = newKeyPem();
  const publicKey = await webcrypto.subtle.importKey('spki', spki, ALGORITHM, true, ['verify']);
  return { privateKeyPem, ...(await signLeaf(authority, publicKey, request)) };
}

export type CsrProblem = { readonly ok: false; readonly problem: string };

/**
 * A certificate for the key of a request. Nothing but the key is taken from it: who the certificate names is ours to say.
 *
 * @returns the problem in words when the request is no P-256 request signed by its own key.
 */
export async function issueForRequest(
  authority: KeyAndCertificate,
  csrPem: string,
  request: LeafRequest,
): Promise<{ readonly ok: true; readonly leaf: Omit<IssuedLeaf, 'privateKeyPem'> } | CsrProblem> {
  const parsed = await parseRequest(csrPem);
  if (!parsed.ok) return parsed;
  return { ok: true, leaf: await signLeaf(authority, parsed.publicKey, request) };
}

async function parseRequest(csrPem: string): Promise<{ readonly ok: true; readonly publicKey: CryptoKey } | CsrProblem> {
  try {
    const csr = new x509.Pkcs10CertificateRequest(csrPem);
    const publicKey = await csr.publicKey.export(ALGORITHM, ['verify']);
    return (await csr.verify()) ? { ok: true, publicKey } : { ok: false, problem: 'the request is not signed by its own key' };
  } catch {
    return { ok: false, problem: 'not a PKCS#10 request for a P-256 key' };
  }
}

/** End of a certificate and its two-thirds point, read from the first certificate of a PEM text. */
export function readLeafTimes(pem: string): {
  readonly notBeforeUnixMs: number;
  readonly notAfterUnixMs: number;
  readonly renewAtUnixMs: number;
} {
  const leaf = new x509.X509Certificate(pem);
  const notBeforeUnixMs = leaf.notBefore.getTime() + BACKDATED_MS;
  const notAfterUnixMs = leaf.notAfter.getTime();
  return { notBeforeUnixMs, notAfterUnixMs, renewAtUnixMs: notBeforeUnixMs + Math.floor(((notAfterUnixMs - notBeforeUnixMs) * 2) / 3) };
}

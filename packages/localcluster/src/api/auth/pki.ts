import 'reflect-metadata';
import { createPrivateKey, randomBytes, webcrypto } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as x509 from '@peculiar/x509';

/** PEM texts of the cluster's certificates and keys. */
export interface ClusterPki {
  readonly caPem: string;
  readonly serverCertPem: string;
  readonly serverKeyPem: string;
  readonly adminCertPem: string;
  readonly adminKeyPem: string;
  /** Signs ServiceAccount tokens. */
  readonly tokenKeyPem: string;
}

const dayMs = 86_400_000;
const caLifetimeMs = 3_650 * dayMs;
const leafLifetimeMs = 365 * dayMs;
/** A leaf with less than this left is made anew at start. */
const renewBeforeMs = 30 * dayMs;
const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };

interface Signer {
  readonly certificate: x509.X509Certificate;
  readonly key: CryptoKey;
}

type CryptoKey = webcrypto.CryptoKey;

/** Writes a file so that a crash leaves the old one or the new one, readable by its owner only. */
export function writePrivateFile(path: string, text: string): void {
  const temporary = `${path}.${process.pid}.tmp`;
  writeFileSync(temporary, text, { mode: 0o600 });
  renameSync(temporary, path);
}

/**
 * Reads the cluster's certificates from `folder`, making what is missing, ends soon, or does not name every address.
 *
 * @param addresses IP addresses and DNS names the server certificate must cover.
 */
export async function openPki(folder: string, addresses: readonly string[]): Promise<ClusterPki> {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  chmodSync(folder, 0o700);
  const ca = await openAuthority(folder);
  const caPem = pemOf(ca.certificate);
  const server = await openLeaf(folder, ca, { file: 'server', subject: 'CN=kube-apiserver', addresses });
  const admin = await openLeaf(folder, ca, { file: 'admin', subject: 'CN=kubernetes-admin, O=system:masters' });
  const tokenKeyPath = join(folder, 'service-accounts.key');
  if (!existsSync(tokenKeyPath)) writePrivateFile(tokenKeyPath, await keyPem((await makeKeys()).privateKey));
  return {
    caPem,
    serverCertPem: server.certPem,
    serverKeyPem: server.keyPem,
    adminCertPem: admin.certPem,
    adminKeyPem: admin.keyPem,
    tokenKeyPem: readFileSync(tokenKeyPath, 'utf8'),
  };
}

function pemOf(certificate: x509.X509Certificate): string {
  return `${certificate.toString('pem')}\n`;
}

function makeKeys(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
}

async function keyPem(key: CryptoKey): Promise<string> {
  const der = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', key));
  return createPrivateKey({ key: der, format: 'der', type: 'pkcs8' }).export({ format: 'pem', type: 'pkcs8' }).toString();
}

async function readKey(path: string): Promise<CryptoKey> {
  const der = createPrivateKey(readFileSync(path, 'utf8')).export({ format: 'der', type: 'pkcs8' });
  return webcrypto.subtle.importKey('pkcs8', der, algorithm, true, ['sign']);
}

async function openAuthority(folder: string): Promise<Signer> {
  const certPath = join(folder, 'ca.crt');
  const keyPath = join(folder, 'ca.key');
  if (existsSync(certPath) && existsSync(keyPath)) {
    return { certificate: new x509.X509Certificate(readFileSync(certPath, 'utf8')), key: await readKey(keyPath) };
  }
  const keys = await makeKeys();
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: serialNumber(),
    name: 'CN=civitas-localcluster-ca',
    notBefore: new Date(Date.now() - dayMs),
    notAfter: new Date(Date.now() + caLifetimeMs),
    keys,
    signingAlgorithm: algorithm,
    extensions: [
      new x509.BasicConstraintsExtension(true, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign | x509.KeyUsageFlags.digitalSignature, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  writePrivateFile(keyPath, await keyPem(keys.privateKey));
  writePrivateFile(certPath, pemOf(certificate));
  return { certificate, key: keys.privateKey };
}

function serialNumber(): string {
  const bytes = randomBytes(16);
  bytes[0] = (bytes[0] ?? 0) & 0x7f;
  return bytes.toString('hex');
}

interface LeafRequest {
  readonly file: string;
  readonly subject: string;
  readonly addresses?: readonly string[];
}

async function openLeaf(folder: string, ca: Signer, request: LeafRequest): Promise<{ certPem: string; keyPem: string }> {
  const certPath = join(folder, `${request.file}.crt`);
  const keyPath = join(folder, `${request.file}.key`);
  if (existsSync(certPath) && existsSync(keyPath)) {
    const certificate = new x509.X509Certificate(readFileSync(certPath, 'utf8'));
    if (isCurrent(certificate, request)) return { certPem: pemOf(certificate), keyPem: readFileSync(keyPath, 'utf8') };
  }
  const keys = await makeKeys();
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: serialNumber(),
    subject: request.subject,
    issuer: ca.certificate.subject,
    notBefore: new Date(Date.now() - 60_000),
    notAfter: new Date(Date.now() + leafLifetimeMs),
    publicKey: keys.publicKey,
    signingKey: ca.key,
    signingAlgorithm: algorithm,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([
        request.addresses === undefined ? x509.ExtendedKeyUsage.clientAuth : x509.ExtendedKeyUsage.serverAuth,
      ]),
      ...(request.addresses === undefined ? [] : [new x509.SubjectAlternativeNameExtension(request.addresses.map(generalNameOf))]),
      await x509.AuthorityKeyIdentifierExtension.create(await ca.certificate.publicKey.export()),
    ],
  });
  writePrivateFile(keyPath, await keyPem(keys.privateKey));
  writePrivateFile(certPath, pemOf(certificate));
  return { certPem: pemOf(certificate), keyPem: readFileSync(keyPath, 'utf8') };
}

function generalNameOf(address: string): { type: 'ip' | 'dns'; value: string } {
  return { type: /^[\d.]+$/.test(address) ? 'ip' : 'dns', value: address };
}

function isCurrent(certificate: x509.X509Certificate, request: LeafRequest): boolean {
  const names = certificate.getExtension(x509.SubjectAlternativeNameExtension)?.names.items.map((name) => name.value) ?? [];
  return (
    certificate.notAfter.getTime() - Date.now() > renewBeforeMs && (request.addresses ?? []).every((address) => names.includes(address))
  );
}

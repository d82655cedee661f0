import 'reflect-metadata';
import { randomBytes, webcrypto } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as x509 from '@peculiar/x509';

x509.cryptoProvider.set(webcrypto);

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const HOUR_MS = 3_600_000;

export interface TestLeaf {
  readonly certificate: Buffer;
  readonly privateKey: Buffer;
  readonly authorities: Buffer;
}

export interface TestAuthority {
  /** A leaf with these URI names. @param hours of life from now; negative for one that has ended. */
  issue(uris: readonly string[], hours?: number, dnsNames?: readonly string[]): Promise<TestLeaf>;
}

function serialNumber(): string {
  return `40${randomBytes(15).toString('hex')}`;
}

async function privatePem(key: webcrypto.CryptoKey): Promise<Buffer> {
  const der = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', key)).toString('base64');
  return Buffer.from(`-----BEGIN PRIVATE KEY-----\n${der}\n-----END PRIVATE KEY-----\n`);
}

/** A certificate authority for tests of mutual TLS. */
export async function aTestAuthority(name = 'test'): Promise<TestAuthority> {
  const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
  const root = await x509.X509CertificateGenerator.createSelfSigned({
    name: `CN=${name}`,
    serialNumber: serialNumber(),
    notBefore: new Date(Date.now() - HOUR_MS),
    notAfter: new Date(Date.now() + 24 * HOUR_MS),
    signingAlgorithm: ALGORITHM,
    keys,
    extensions: [new x509.BasicConstraintsExtension(true, 0, true), new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign, true)],
  });
  const authorities = Buffer.from(`${root.toString('pem')}\n`);
  return {
    issue: async (uris, hours = 1, dnsNames = []) => {
      const leafKeys = await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
      const leaf = await x509.X509CertificateGenerator.create({
        subject: 'CN=leaf',
        issuer: root.subject,
        serialNumber: serialNumber(),
        notBefore: new Date(Date.now() - 2 * HOUR_MS),
        notAfter: new Date(Date.now() + hours * HOUR_MS),
        signingAlgorithm: ALGORITHM,
        publicKey: leafKeys.publicKey,
        signingKey: keys.privateKey,
        extensions: [
          new x509.BasicConstraintsExtension(false, undefined, true),
          new x509.SubjectAlternativeNameExtension([
            ...uris.map((value) => ({ type: 'url' as const, value })),
            ...dnsNames.map((value) => ({ type: 'dns' as const, value })),
          ]),
        ],
      });
      return { certificate: Buffer.from(`${leaf.toString('pem')}\n`), privateKey: await privatePem(leafKeys.privateKey), authorities };
    },
  };
}

/** Writes a leaf as a mounted kubernetes.io/tls Secret. */
export function writeLeaf(folder: string, leaf: TestLeaf): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'tls.crt'), leaf.certificate);
  writeFileSync(join(folder, 'tls.key'), leaf.privateKey);
  writeFileSync(join(folder, 'ca.crt'), leaf.authorities);
}

import 'reflect-metadata';
import { createPrivateKey, type webcrypto } from 'node:crypto';
import {
  BasicConstraintsExtension,
  cryptoProvider,
  SubjectAlternativeNameExtension,
  type X509Certificate,
  X509CertificateGenerator,
} from '@peculiar/x509';

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const NOT_BEFORE = new Date('2020-01-01T00:00:00Z');
const NOT_AFTER = new Date('2099-01-01T00:00:00Z');

export interface TestLeaf {
  /** Leaf, then authority. */
  readonly certificatePem: string;
  readonly tlsKeyPem: string;
}

async function generateKeys(): Promise<webcrypto.CryptoKeyPair> {
  return globalThis.crypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
}

async function privatePem({ privateKey }: webcrypto.CryptoKeyPair): Promise<string> {
  const der = Buffer.from(await globalThis.crypto.subtle.exportKey('pkcs8', privateKey));
  return createPrivateKey({ key: der, format: 'der', type: 'pkcs8' }).export({ type: 'pkcs8', format: 'pem' }).toString();
}

/** A network's certificate authority, for one test. */
export class TestAuthority {
  readonly #keys: webcrypto.CryptoKeyPair;
  readonly #certificate: X509Certificate;

  private constructor(keys: webcrypto.CryptoKeyPair, certificate: X509Certificate) {
    this.#keys = keys;
    this.#certificate = certificate;
  }

  static async create(): Promise<TestAuthority> {
    cryptoProvider.set(globalThis.crypto);
    const keys = await generateKeys();
    const validity = { notBefore: NOT_BEFORE, notAfter: NOT_AFTER };
    const certificate = await X509CertificateGenerator.createSelfSigned({
      name: 'CN=test authority',
      keys,
      signingAlgorithm: ALGORITHM,
      extensions: [new BasicConstraintsExtension(true)],
      ...validity,
    });
    return new TestAuthority(keys, certificate);
  }

  get pem(): string {
    return `${this.#certificate.toString('pem')}\n`;
  }

  async issue(spiffeUri: string): Promise<TestLeaf> {
    const keys = await generateKeys();
    const certificate = await X509CertificateGenerator.create({
      subject: 'CN=leaf',
      issuer: this.#certificate.subject,
      signingKey: this.#keys.privateKey,
      publicKey: keys.publicKey,
      signingAlgorithm: ALGORITHM,
      notBefore: NOT_BEFORE,
      notAfter: NOT_AFTER,
      extensions: [new SubjectAlternativeNameExtension([{ type: 'url', value: spiffeUri }])],
    });
    return { certificatePem: `${certificate.toString('pem')}\n${this.pem}`, tlsKeyPem: await privatePem(keys) };
  }
}

import 'reflect-metadata';
import { createPrivateKey, generateKeyPairSync, webcrypto, X509Certificate } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import * as x509 from '@peculiar/x509';
import { createAuthority, issueLeaf, type KeyAndCertificate } from './authority.ts';
import { checkIssuedAuthority } from './issued-authority.ts';

const NOW = Date.UTC(2026, 10, 21);
const YEAR_MS = 365 * 24 * 3_600_000;
const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;

/** An authority below another one, as a company's issuer gives it. */
async function issuedBy(root: KeyAndCertificate): Promise<KeyAndCertificate> {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const spki = publicKey.export({ type: 'spki', format: 'der' });
  const pkcs8 = createPrivateKey(root.privateKeyPem).export({ type: 'pkcs8', format: 'der' });
  const certificate = await x509.X509CertificateGenerator.create({
    ...{ subject: 'CN=below', issuer: 'CN=root', serialNumber: '42', signingAlgorithm: ALGORITHM },
    notBefore: new Date(NOW - 60_000),
    notAfter: new Date(NOW + YEAR_MS),
    publicKey: await webcrypto.subtle.importKey('spki', spki, ALGORITHM, true, ['verify']),
    signingKey: await webcrypto.subtle.importKey('pkcs8', pkcs8, ALGORITHM, false, ['sign']),
    extensions: [new x509.BasicConstraintsExtension(true, 0, true), new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign, true)],
  });
  return {
    certificatePem: `${certificate.toString('pem')}\n`,
    privateKeyPem: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  };
}

describe('an authority that another issuer made', () => {
  test('is taken when it is a root itself', async () => {
    const root = await createAuthority('root', NOW);
    const checked = checkIssuedAuthority({ ...root, issuerPem: root.certificatePem }, NOW);
    expect(checked).toEqual({ ok: true, keys: root });
    expect(checkIssuedAuthority({ ...root, issuerPem: '' }, NOW).ok).toBe(true);
  });

  test('comes with the certificates above it, up to the root, and not without', async () => {
    const root = await createAuthority('root', NOW);
    const below = await issuedBy(root);
    const checked = checkIssuedAuthority({ ...below, issuerPem: root.certificatePem }, NOW);
    expect(checked).toEqual({
      ok: true,
      keys: { certificatePem: `${below.certificatePem}${root.certificatePem}`, privateKeyPem: below.privateKeyPem },
    });
    const alone = checkIssuedAuthority({ ...below, issuerPem: '' }, NOW);
    expect(alone).toEqual({ ok: false, problem: 'ca.crt does not lead to a root: the issuer must show its own certificate' });
    if (!checked.ok) return;
    const leaf = await issueLeaf(checked.keys, { subject: 'spiffe://civitas/jincheng-city-1/a/node', hours: 24, nowUnixMs: NOW });
    const [own] = leaf.certificatePem.match(/-----BEGIN[\s\S]*?END CERTIFICATE-----/g) ?? [];
    expect(new X509Certificate(own ?? '').checkIssued(new X509Certificate(below.certificatePem))).toBe(true);
  });

  test('is refused for what would break every certificate of the network, in words', async () => {
    const root = await createAuthority('root', NOW);
    const other = await createAuthority('other', NOW);
    const leaf = await issueLeaf(root, { subject: 'spiffe://civitas/jincheng-city-1/platform/node', hours: 24, nowUnixMs: NOW });
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const rsa = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
    const problem = (facts: object, atUnixMs = NOW): string => {
      const checked = checkIssuedAuthority({ ...root, issuerPem: '', ...facts }, atUnixMs);
      return checked.ok ? '' : checked.problem;
    };
    expect(problem({ certificatePem: '' })).toBe('tls.crt holds no certificate');
    expect(problem({ privateKeyPem: 'none' })).toBe('key or certificate cannot be read');
    expect(problem({ privateKeyPem: rsa })).toBe('its key is no P-256 key');
    expect(problem({ privateKeyPem: other.privateKeyPem })).toBe('tls.key is not the key of tls.crt');
    expect(problem(leaf)).toContain('it may issue nothing');
    expect(problem({}, NOW + 100 * YEAR_MS)).toContain('it ended ');
  });
});

import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Bytes, base64urlDecode, packSignBytes, verifySignature } from '@civitas/canon';
import { nodeCrypto } from '@civitas/canon/node';
import { afterAll, describe, expect, test } from '@jest/globals';
import { signedPackInstall } from './pack-sign.ts';

const folder = mkdtempSync(join(tmpdir(), 'civitas-pack-'));
const { privateKey } = generateKeyPairSync('ed25519');
const key = join(folder, 'publisher.pem');
writeFileSync(key, privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 });
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const pack = { name: 'courts', version: '1.0.0', contracts: ['courts.evidence@v1', 'city.rulebook@v1'] };
const options = { key, network: 'transport', namespace: 'jincheng', pack };

describe('a pack', () => {
  test('is signed as operator and ledger check it', () => {
    const { spec } = signedPackInstall(options);
    const bytes = (text: string): Bytes => base64urlDecode(text) ?? new Uint8Array(0);
    const signed = { message: packSignBytes(spec.pack), signature: bytes(spec.signature), publicKey: bytes(spec.publisher) };
    expect(verifySignature(nodeCrypto, signed)).toBe(true);
    expect(spec.publisher).toBe(createPublicKey(privateKey).export({ format: 'jwk' }).x);
    expect(packSignBytes({ ...pack, contracts: [...pack.contracts].reverse() })).toEqual(packSignBytes(pack));
    expect(packSignBytes({ ...pack, version: '1.0.1' })).not.toEqual(packSignBytes(pack));
  });

  test('is refused in words where it, or the key, is none', () => {
    const other = join(folder, 'rsa.pem');
    const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
    writeFileSync(other, rsa.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 });
    expect(() => signedPackInstall({ ...options, key: other })).toThrow('holds no Ed25519 private key');
    expect(() => signedPackInstall({ ...options, key: join(folder, 'none.pem') })).toThrow('openssl genpkey -algorithm ed25519');
    expect(() => signedPackInstall({ ...options, pack: { ...pack, name: 'Courts' } })).toThrow('--name');
    expect(() => signedPackInstall({ ...options, pack: { ...pack, version: '1' } })).toThrow('--pack-version');
    expect(() => signedPackInstall({ ...options, pack: { ...pack, contracts: ['courts.evidence'] } })).toThrow('not courts.evidence');
    expect(() => signedPackInstall({ ...options, pack: { ...pack, contracts: [] } })).toThrow('not nothing');
  });
});

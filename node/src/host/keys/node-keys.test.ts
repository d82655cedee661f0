import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { base64urlEncode } from '@civitas/canon';
import { nodeCrypto } from '@civitas/canon/node';
import { aKeyPair } from '@civitas/testkit';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { openNodeKeys, openRelayKey } from './node-keys.ts';
import { openSigningGrant } from './signing-grant.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'keys-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const CONFIG = {
  gateways: [
    { organisation: 'hospital-1', approvalPolicy: 'auto' },
    { organisation: 'hospital-2', approvalPolicy: 'manual' },
  ],
} as const;

test('keys are made at the first start and are the same ever after', async () => {
  const first = await openNodeKeys(folder, CONFIG);
  const again = await openNodeKeys(folder, CONFIG);

  expect(again.consensus.keyId).toBe(first.consensus.keyId);
  expect(again.gateways.get('hospital-1')?.hpkePublicKey).toEqual(first.gateways.get('hospital-1')?.hpkePublicKey);
  expect(again.gateways.get('hospital-2')?.vaultKey).toEqual(first.gateways.get('hospital-2')?.vaultKey);
  expect(openRelayKey(folder).keyId).toBe(openRelayKey(folder).keyId);
});

test('each organisation has keys of its own, and only the policy auto has an approver', async () => {
  const { gateways, consensus } = await openNodeKeys(folder, CONFIG);
  const [one, two] = [gateways.get('hospital-1'), gateways.get('hospital-2')];

  expect(new Set([consensus.keyId, one?.operation.keyId, two?.operation.keyId, one?.approver?.keyId]).size).toBe(4);
  expect(one?.vaultKey).not.toEqual(two?.vaultKey);
  expect(two?.approver).toBeUndefined();
});

test('an organisation whose vault is another node’s has an operation key here and no other secret', async () => {
  const { gateways, operation } = await openNodeKeys(folder, {
    gateways: [{ organisation: 'hospital-1', approvalPolicy: 'manual', vault: false }],
  });

  expect(gateways.size).toBe(0);
  expect(operation.get('hospital-1')?.publicKey.length).toBe(32);
  expect(readdirSync(join(folder, 'keys', 'gateways', 'hospital-1'))).toEqual(['operation.pem']);
});

test('every key file is for its owner alone, and no partial file stays behind', async () => {
  await openNodeKeys(folder, CONFIG);
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());

  expect(files.length).toBeGreaterThan(8);
  for (const { parentPath, name } of files) {
    expect(statSync(join(parentPath, name)).mode & 0o777).toBe(0o600);
    expect(name).not.toContain('partial');
  }
});

test('a damaged key stops the start instead of being replaced', async () => {
  await openNodeKeys(folder, CONFIG);
  const path = join(folder, 'keys', 'gateways', 'hospital-1', 'vault.secret');
  writeFileSync(path, 'short');

  await expect(openNodeKeys(folder, CONFIG)).rejects.toThrow('does not hold 32 bytes');
  expect(readFileSync(path, 'utf8')).toBe('short');
});

test('a signing grant is taken for this key and pod alone, told once a change, and starts withdrawn', async () => {
  const { consensus } = await openNodeKeys(folder, CONFIG);
  const grant = openSigningGrant(consensus.publicKey, 'uid-1');
  const keyHash = nodeCrypto.sha256(consensus.publicKey);
  let changes = 0;
  grant.onChange(() => {
    changes += 1;
  });

  expect(grant.granted()).toBe(false);
  expect(grant.set({ keyHash, podUid: 'uid-0', granted: true })).toMatchObject({ refusal: { code: 'GRANT_POD' } });
  expect(grant.set({ keyHash: new Uint8Array(32), podUid: 'uid-1', granted: true })).toMatchObject({ refusal: { code: 'GRANT_KEY' } });
  for (const granted of [true, true, false]) grant.set({ keyHash, podUid: 'uid-1', granted });
  expect(changes).toBe(2);
});

test('with a remote signer the volume gets no consensus key, and this process signs nothing with it', async () => {
  const { publicKey } = aKeyPair('remote');
  const { consensus } = await openNodeKeys(folder, { gateways: [], remoteSigner: { publicKey: base64urlEncode(publicKey) } });

  expect(consensus.publicKey).toEqual(publicKey);
  expect(() => consensus.sign(new Uint8Array(1))).toThrow('held by the remote signer');
  expect(readdirSync(join(folder, 'keys'))).not.toContain('consensus.pem');
});

test('a remote signer with a key that is none is refused', async () => {
  const remoteSigner = { publicKey: base64urlEncode(new Uint8Array(32)) };
  await expect(openNodeKeys(folder, { gateways: [], remoteSigner })).rejects.toThrow('no sound Ed25519 key');
});

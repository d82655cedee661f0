import 'reflect-metadata';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { base64urlEncode, encodeCanonical } from '@civitas/canon';
import { nodeCrypto } from '@civitas/canon/node';
import { temporaryFolder } from '@civitas/testkit/temporary-folder';
import { expect, test } from '@jest/globals';
import { Pkcs10CertificateRequest } from '@peculiar/x509';
import { ensureProfile } from './ensure-profile.ts';
import { homeFolder } from './home.ts';
import { listProfiles, loadProfile, needsRefresh, networkOf, parseNetworkAccess } from './load-profile.ts';

const aHome = (): string => temporaryFolder('home');
const CERTIFICATE = '-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n';

test('keys are made once, mode 0600 in a folder of mode 0700, and only public halves come out', async () => {
  const home = aHome();
  const made = await ensureProfile(home, 'hospital-1');
  expect(await ensureProfile(home, 'hospital-1')).toEqual(made);
  const folder = join(home, 'profiles', 'hospital-1');
  expect(statSync(folder).mode & 0o777).toBe(0o700);
  for (const file of ['operation.key', 'tls.key', 'index.key', 'approver.key'])
    expect(statSync(join(folder, file)).mode & 0o777).toBe(0o600);
  expect(JSON.stringify(made)).not.toContain('PRIVATE');
  expect(await new Pkcs10CertificateRequest(made.csr).verify()).toBe(true);
  expect(loadProfile(home, 'hospital-1').publicKey).toBe(made.operationPublicKey);
});

test('two processes that make one profile at one time end with the same keys', async () => {
  const home = aHome();
  const [left, right] = await Promise.all([ensureProfile(home, 'bank-1'), ensureProfile(home, 'bank-1')]);
  expect(left).toEqual(right);
});

test('a missing profile or network is a fault that names what there is', async () => {
  const home = aHome();
  await ensureProfile(home, 'court-1');
  expect(listProfiles(home)).toEqual(['court-1']);
  expect(() => loadProfile(home, 'bank-9')).toThrow(/there are: court-1/);
  expect(() => networkOf(loadProfile(home, 'court-1'), 'courts')).toThrow(/civitas login/);
});

test('a genesis document that does not have the genesis hash is refused', () => {
  const genesis = encodeCanonical({ chainId: 'jincheng-city-1', schemaVersion: 1 });
  const document = {
    network: 'city',
    chainId: 'jincheng-city-1',
    grpc: '127.0.0.1:1',
    vault: '127.0.0.1:1',
    organisation: 'court-1',
    roles: [],
    schemaVersion: 1,
  };
  const json = (text: string): string =>
    JSON.stringify({ ...document, genesis: text, genesisHash: base64urlEncode(nodeCrypto.sha256(genesis)) });
  const right = new TextDecoder().decode(genesis);
  expect(parseNetworkAccess(json(right), CERTIFICATE + CERTIFICATE, '').genesis).toEqual(JSON.parse(right));
  expect(() => parseNetworkAccess(json(right.replace('city', 'pity')), CERTIFICATE + CERTIFICATE, '')).toThrow(/genesis hash/);
  expect(() => parseNetworkAccess(json(right), CERTIFICATE, '')).toThrow(/certificate chain/);
});

test('the home folder is CIVITAS_HOME, else the nearest .civitas', async () => {
  const home = aHome();
  expect(homeFolder({ CIVITAS_HOME: 'x' }, home)).toBe(join(home, 'x'));
  await ensureProfile(join(home, '.civitas'), 'a');
  writeFileSync(join(home, 'note'), '');
  expect(readFileSync(join(home, 'note'), 'utf8')).toBe('');
  expect(homeFolder({}, join(home))).toBe(join(home, '.civitas'));
});

test('while an authority is rolled over both are trusted, and certificates are fetched every ten minutes', async () => {
  const document = {
    ...{ network: 'city', chainId: 'jincheng-city-1', grpc: '127.0.0.1:1', vault: '127.0.0.1:1', organisation: 'court-1' },
    ...{ roles: [], schemaVersion: 1, genesisHash: base64urlEncode(nodeCrypto.sha256(new Uint8Array(0))) },
  };
  const [former, next] = [CERTIFICATE, CERTIFICATE.replace('AA==', 'AQ==')];
  const access = parseNetworkAccess(JSON.stringify(document), `${CERTIFICATE}${former}${next}`, '');
  expect(access.authorityPem).toBe(`${former}${next}`);

  const home = aHome();
  await ensureProfile(home, 'court-1');
  const profile = loadProfile(home, 'court-1');
  const nowUnixMs = 1_800_000_000_000;
  const fetchedAt = (fetchedUnixMs: number) => ({ ...profile, networks: new Map([['city', { ...access, fetchedUnixMs }]]) });
  expect(needsRefresh(profile, nowUnixMs)).toBe(true);
  expect(needsRefresh(fetchedAt(nowUnixMs - 600_001), nowUnixMs)).toBe(true);
});

import { generateKeyPairSync, sign } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { GenesisOrganisation } from '@civitas/deployment';
import { Bundle } from '@civitas/proto/civitas/ledger/v1/operation';
import { generateHpkeKeyPair } from '@civitas/sealed-call';
import { aKeyPair } from '@civitas/testkit';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { GatewayKeys } from '../keys/node-keys.ts';
import type { LedgerHost } from '../ledger/ledger-host.ts';
import { aFakeLedger, aGenesis } from '../testing/fake-ledger.ts';
import { type Gateways, openGateways } from './open-gateways.ts';
import { openPersons, type Persons } from './open-persons.ts';

const CHAIN = 'jincheng-city-1';
const [OFFICE, PORTAL] = ['civil-affairs', 'citizen-portal'];
const PERSON = { system: 'urn:id', identifier: 'CANARY-1' };

let folder: string;
let provider: Server;
let issuer: string;
let roles: Map<string, readonly string[]>;
let installed: readonly string[];
let ledger: LedgerHost;
let gateways: Gateways;
let people: Persons;

const provided = generateKeyPairSync('ed25519');

/** An access token of the provider, for who signs in as `sub`. */
function aToken(sub: string): string {
  const nowS = Math.floor(Date.now() / 1000);
  const claims = { iss: issuer, sub, aud: ['console-api'], azp: 'console', acr: '2', typ: 'Bearer', iat: nowS, exp: nowS + 300 };
  const encoded = [{ alg: 'EdDSA', kid: 'k', typ: 'JWT' }, claims].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'));
  const text = encoded.join('.');
  return `${text}.${sign(null, Buffer.from(text), provided.privateKey).toString('base64url')}`;
}

async function gatewayOf(organisation: string): Promise<GatewayKeys> {
  const { publicKey: hpkePublicKey, privateKey: hpkePrivateKey } = await generateHpkeKeyPair();
  const secret = new Uint8Array(32).fill(3);
  const secrets = { vaultKey: secret, subjectIndexKey: secret, personSecret: secret };
  return { organisation, operation: aKeyPair(organisation), hpkePublicKey, hpkePrivateKey, ...secrets, approver: undefined };
}

/** A ledger whose members are those that `roles` names, as of its last commit. */
function aLedger(contracts: readonly string[]): LedgerHost {
  const genesis = aGenesis(CHAIN, []);
  const fake = aFakeLedger({ ...genesis, appState: { ...genesis.appState, contracts: [...contracts] } });
  const organisationOf = (name: string): GenesisOrganisation | undefined => {
    const held = roles.get(name);
    const terms = { keys: [], hpkePublicKey: '', approvalPolicy: 'manual', founder: false } as const;
    return held && { name, displayName: { zh: name, en: name }, roles: held, ...terms };
  };
  return { ...fake, members: { ...fake.members, findOrganisation: organisationOf, installedContracts: () => installed } };
}

async function open(contracts: readonly string[]): Promise<void> {
  ledger = aLedger(contracts);
  const hosted = await Promise.all([OFFICE, PORTAL].map(gatewayOf));
  const keys = { gateways: new Map(hosted.map((gateway) => [gateway.organisation, gateway])) };
  const refused = (): Promise<never> => Promise.reject(new Error('nothing is submitted here'));
  const admission = { submit: refused, submitBatch: () => [] };
  const parts = { dataFolder: folder, keys, ledger, admission, config: { persons: { issuer } } };
  gateways = openGateways({ ...parts, nowUnixMs: Date.now });
  people = openPersons({ ...parts, gateways, log: { error: () => undefined } });
}

const commit = (): Promise<unknown> => ledger.submit(Bundle.encode(Bundle.fromPartial({})).finish());

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'late-roles-'));
  [roles, installed] = [new Map(), []];
  provider = createServer((_, response) => {
    const key = { ...provided.publicKey.export({ format: 'jwk' }), alg: 'EdDSA', kid: 'k', use: 'sig' };
    response.setHeader('content-type', 'application/json').end(JSON.stringify({ keys: [key] }));
  });
  await new Promise<void>((resolve) => provider.listen(0, '127.0.0.1', resolve));
  issuer = `http://127.0.0.1:${(provider.address() as AddressInfo).port}/realms/city`;
});
afterEach(async () => {
  await people.close();
  await gateways.close();
  provider.closeAllConnections();
  await new Promise((resolve) => provider.close(resolve));
  rmSync(folder, { recursive: true });
});

async function codeOfList(): Promise<string> {
  const call = { token: aToken('fang'), portal: PORTAL, method: 'list', args: {}, idempotencyKey: new Uint8Array(0) };
  const listed = await people.citizens?.run(call);
  return listed?.ok === true ? 'ok' : (listed?.refusal.code ?? 'none');
}

function enrol(): void {
  roles.set(OFFICE, ['registrar']);
  roles.set(PORTAL, ['portal']);
}

test('a registrar and a portal that are enrolled after the node was started serve from that commit on', async () => {
  await open(['city.identity@v1', 'city.consent@v1']);
  expect(gateways.byOrganisation.get(OFFICE)?.methods.Assign).toBeUndefined();
  expect(await codeOfList()).toBe('CITIZENS_NOT_SERVED');

  enrol();
  await commit();
  const { Assign, TieAccount } = gateways.byOrganisation.get(OFFICE)?.methods ?? {};
  expect(await Assign?.({ caller: 'hospital-1', args: { ...PERSON, ledger: CHAIN } })).toMatchObject({ ok: true });
  expect(await TieAccount?.({ caller: PORTAL, args: { ...PERSON, account: 'fang' } })).toMatchObject({ ok: true });
  expect(await codeOfList()).toBe('ok');
  expect(Object.keys(gateways.asked.get(OFFICE) ?? {})).toEqual(['Collect', 'Assign', 'IssueLinkToken', 'Resolve']);
  expect(Object.keys(gateways.asked.get(PORTAL) ?? {})).toEqual(['Collect']);
});

test('contracts that members take up later bring what is done for them', async () => {
  enrol();
  await open([]);
  await commit();
  expect([gateways.registrar, await codeOfList()]).toEqual([undefined, 'CITIZENS_NOT_SERVED']);

  installed = ['city.identity@v1', 'city.consent@v1'];
  await commit();
  expect(await codeOfList()).toBe('CITIZEN_UNKNOWN');
});

test('a role that is taken away and given back ends the service and begins it with the same index', async () => {
  enrol();
  await open(['city.identity@v1', 'city.consent@v1']);
  const assign = () => gateways.byOrganisation.get(OFFICE)?.methods.Assign?.({ caller: 'hospital-1', args: { ...PERSON, ledger: CHAIN } });
  const first = await assign();
  roles.clear();
  await commit();
  expect([await assign(), gateways.registrar, await codeOfList()]).toEqual([undefined, undefined, 'CITIZENS_NOT_SERVED']);

  enrol();
  await commit();
  expect(await assign()).toEqual(first);
});

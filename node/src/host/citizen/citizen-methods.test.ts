import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  base64urlEncode,
  isJsonObject,
  type Json,
  type JsonObject,
  operationHash,
  parseOperation,
  type Result,
  refuse,
} from '@civitas/canon';
import { nodeCrypto } from '@civitas/canon/node';
import { TestCity, type TestLedger } from '@civitas/contracts/testing';
import { IdentityFault, type Principal } from '@civitas/identity';
import { encodeReceipt } from '@civitas/proofs';
import type { SignedOperation } from '@civitas/proto/civitas/ledger/v1/operation';
import { generateHpkeKeyPair } from '@civitas/sealed-call';
import { aKeyPair, waitFor } from '@civitas/testkit';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { GatewayKeys } from '../keys/node-keys.ts';
import type { CommittedBlock, StoredReceipt } from '../ledger/ledger-host.ts';
import { SubjectIndex } from '../subject/subject-index.ts';
import { SubjectMethods } from '../subject/subject-methods.ts';
import { aFakeLedger, aGenesis } from '../testing/fake-ledger.ts';
import { VaultStore } from '../vault/vault-store.ts';
import { CitizenMethods } from './citizen-methods.ts';
import { ConsentIndex } from './consent-index.ts';

const CHAIN = 'jincheng-city-1';
const HEALTH = 'jincheng-health-1';
const ISSUER = 'http://idp.test/realms/city';
const PORTAL = 'citizen-portal';
const DAY_MS = 86_400_000;
const IDENTITY = { system: 'urn:id', identifier: 'CANARY-999' };

let folder: string;
let city: TestCity;
let ledger: TestLedger;
let index: SubjectIndex;
let vault: VaultStore;
let consents: ConsentIndex;
let subjects: SubjectMethods;
let methods: CitizenMethods;
let people: Map<string, Principal>;
let throttledMs: number;
let onCommit: (block: CommittedBlock) => void;

const aCitizen = (sub: string, overrides: Partial<Principal> = {}): Principal => {
  const authTimeUnixS = Math.floor(city.nowUnixMs / 1000);
  return { sub, name: sub, platformRoles: [], organizations: {}, acr: '2', authTimeUnixS, azp: 'console', ...overrides };
};

/** Runs what a gateway signed as the ledger would. */
async function submit({ body }: SignedOperation): Promise<Result<StoredReceipt>> {
  const parsed = parseOperation(body);
  if (!parsed.ok) return parsed;
  const { contract, method, args, organisation, role, actor, idempotencyKey } = parsed.value;
  const key = base64urlEncode(idempotencyKey);
  const outcome = ledger.call({ contract: contract.split('@')[0] ?? '', method, args, organisation, role, actor, idempotencyKey: key });
  const operation = operationHash(nodeCrypto.sha256, body);
  const bytes = encodeReceipt({ height: ledger.height, index: 0, operation, outcome, events: [] });
  return { ok: true, value: { height: ledger.height, index: 0, operationHash: operation, bytes } };
}

async function submitIdentity(method: string, args: JsonObject): Promise<Result<Json>> {
  const by = { organisation: 'civil-affairs', role: 'registrar', actor: 'registrar-gateway' };
  const outcome = ledger.call({ contract: 'city.identity', method, args, ...by });
  return outcome.ok ? { ok: true, value: outcome.result } : { ok: false, refusal: { ...outcome.refusal, then: 'drop' } };
}

async function openPortal(registrar: 'here' | 'elsewhere' = 'here'): Promise<void> {
  const { publicKey, privateKey } = await generateHpkeKeyPair();
  const secret = new Uint8Array(32).fill(3);
  const gateway: GatewayKeys = {
    organisation: PORTAL,
    operation: aKeyPair(PORTAL),
    hpkePublicKey: publicKey,
    hpkePrivateKey: privateKey,
    vaultKey: secret,
    subjectIndexKey: secret,
    personSecret: secret,
    approver: undefined,
  };
  const { genesis, genesisHash, status } = aFakeLedger(aGenesis(CHAIN, []));
  methods = new CitizenMethods({
    issuer: ISSUER,
    verifier: {
      verify: async (token) => {
        if (token === 'nobody answers') throw new IdentityFault('KEYS_UNREACHABLE', 'no keys');
        const principal = people.get(token);
        return principal === undefined ? refuse('TOKEN_SIGNATURE') : { ok: true, value: { principal, expiresAtUnixS: 0 } };
      },
    },
    portals: new Map([[PORTAL, { gateway, vault, consents }]]),
    registrar: registrar === 'here' ? subjects : undefined,
    ledger: {
      genesis,
      genesisHash,
      status,
      read: (key) => ledger.read(key),
      view: ({ contract, method, args, caller }) => ledger.view(contract.split('@')[0] ?? '', method, args, caller),
    },
    admission: { submit },
    calls: { take: () => throttledMs },
    nowUnixMs: () => city.nowUnixMs,
  });
}

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'citizens-'));
  city = new TestCity(nodeCrypto);
  ledger = city.ledger('city');
  throttledMs = 0;
  index = new SubjectIndex(join(folder, 'subjects'), new Uint8Array(32).fill(2));
  const signer = aKeyPair(PORTAL);
  vault = new VaultStore({ folder: join(folder, 'vault'), organisation: PORTAL, vaultKey: new Uint8Array(32), signer, nowUnixMs: () => 0 });
  consents = new ConsentIndex(join(folder, 'consents'));
  const following = {
    ...aFakeLedger(aGenesis(CHAIN, [])),
    onCommit: (listener: typeof onCommit) => {
      onCommit = listener;
      return () => undefined;
    },
  };
  consents.follow({ ...following, status: () => ({ ...following.status(), height: 8 }) }, { error: () => undefined });
  const portal = { ...aGenesis(CHAIN, [{ name: PORTAL, roles: ['portal'], keys: [] }]) };
  const { members } = aFakeLedger(portal);
  subjects = new SubjectMethods({
    chainId: CHAIN,
    index,
    members: () => members,
    submitIdentity,
    issuer: ISSUER,
    nowUnixMs: () => city.nowUnixMs,
  });
  people = new Map([
    ['fang', aCitizen('wang.fang')],
    ['other', aCitizen('gu.rong')],
    ['weak', aCitizen('wang.fang', { acr: '1' })],
    ['untied', aCitizen('new')],
  ]);
  await openPortal();
});

afterEach(async () => {
  await Promise.all([consents.close(), vault.close(), index.close()]);
  rmSync(folder, { recursive: true });
});

const tie = (account: string, identifier = IDENTITY.identifier, caller = PORTAL) =>
  subjects.tieAccount({ caller, args: { system: IDENTITY.system, identifier, account } });

const ask = (method: string, args: JsonObject = {}, token = 'fang', seed = 1) =>
  methods.run({
    token,
    portal: PORTAL,
    method,
    args,
    idempotencyKey: method === 'list' ? new Uint8Array(0) : new Uint8Array(16).fill(seed),
  });

async function answer(asked: Promise<Result<JsonObject>>): Promise<JsonObject> {
  const got = await asked;
  if (!got.ok) throw new Error(JSON.stringify(got.refusal));
  return got.value;
}

const terms = () => ({
  custodian: 'hospital-1',
  source: HEALTH,
  requester: 'fund-centre',
  requesterNetwork: 'jincheng-housing-1',
  predicate: 'illness-in-catalogue',
  purpose: 'verify-eligibility',
  expiresAtUnixMs: city.nowUnixMs + DAY_MS,
  usesMax: 1,
  shown: { en: 'The fund asks the hospital', zh: '公积金中心询问医院' },
});

/** What a consent on the ledger grants. */
function grantOf(consent: string): JsonObject {
  const grant = ledger.read(`city.consent/consents/${consent}`)?.['grant'];
  if (grant === undefined || !isJsonObject(grant)) throw new Error(`no consent ${consent}`);
  return grant;
}

/** The fund consumes the consent and the hospital answers: a digest reaches the city. */
function accessUnder(consent: string): string {
  const requestHash = base64urlEncode(nodeCrypto.sha256(Buffer.from(consent)));
  const args = { consent, requestHash, expiresAtUnixMs: city.nowUnixMs + 1000 };
  const consumed = ledger.call({ contract: 'city.consent', method: 'consume', args, organisation: 'fund-centre', role: 'requester' });
  if (!consumed.ok) throw new Error(JSON.stringify(consumed.refusal));
  const value = {
    ...{ kind: 'digest', record: requestHash, requestHash, handle: null, custodian: 'hospital-1', requester: 'fund-centre' },
    ...{ requesterNetwork: 'jincheng-housing-1', purpose: 'verify-eligibility', basis: 'consent', what: 'illness-in-catalogue' },
    ...{ atUnixMs: city.nowUnixMs, disclosure: 'immediate', visibleFromUnixMs: city.nowUnixMs },
  };
  const payload = { sourcePort: 'health.access', port: 'city.access', version: 'v1', encoding: 'json', value } as const;
  const about = { lane: 'ordered', flow: 'f', purpose: 'verify-eligibility', basis: 'consent', requires: [] } as const;
  const packet = { ...about, source: HEALTH, destination: CHAIN, sequence: 1, timeoutUnixMs: city.nowUnixMs + DAY_MS, payloads: [payload] };
  expect(ledger.receive(packet)).toMatchObject({ status: 'ok' });
  return `${HEALTH}.${requestHash}`;
}

test('a citizen grants, sees who read and why, disputes it, and withdraws what is left', async () => {
  await tie('wang.fang');
  expect(await answer(ask('list'))).toEqual({ accesses: [], next: null, consents: [] });

  const { id } = await answer(ask('grant', terms()));
  expect(await answer(ask('grant', terms()))).toMatchObject({ id, unchanged: true });
  const digest = accessUnder(String(id));
  expect(await answer(ask('list'))).toMatchObject({
    accesses: [{ id: digest, requester: 'fund-centre', custodian: 'hospital-1', purpose: 'verify-eligibility', dispute: 'none' }],
    consents: [{ id, status: 'granted', usesLeft: 0, usesMax: 1, held: true }],
  });

  expect(await answer(ask('dispute', { digest, ground: 'no-reason' }))).toMatchObject({ id: digest });
  expect(await ask('dispute', { digest, ground: 'no-reason' }, 'fang', 2)).toMatchObject({ refusal: { code: 'STATE' } });
  await answer(ask('withdraw', { consent: String(id) }));
  expect(await answer(ask('list'))).toMatchObject({ accesses: [{ dispute: 'open' }], consents: [{ status: 'withdrawn' }] });
  const record = ledger.read(`city.consent/consents/${String(id)}`);
  expect(record).toMatchObject({ keyClass: 'custodial', owner: PORTAL });
  expect(JSON.stringify([record, ledger.events])).not.toMatch(/wang\.fang|CANARY|公积金中心询问医院/);
});

test('nobody sees or acts on what is another citizen’s, whatever they name', async () => {
  await tie('wang.fang');
  await tie('gu.rong', 'CANARY-111');
  const { id } = await answer(ask('grant', terms()));
  const digest = accessUnder(String(id));

  expect(await answer(ask('list', {}, 'other'))).toEqual({ accesses: [], next: null, consents: [] });
  const hers = await answer(ask('list'));
  const subject = String(isJsonObject(hers) ? ledger.read(`city.access/digests/${digest}`)?.['subject'] : '');
  expect(await ask('list', { subject }, 'other')).toMatchObject({ refusal: { code: 'ARGS_INVALID' } });
  expect(await ask('list', { after: `${subject}.000` }, 'other')).toMatchObject({ ok: true, value: { accesses: [], consents: [] } });
  expect(await ask('withdraw', { consent: String(id) }, 'other')).toMatchObject({ refusal: { code: 'NOT_FOUND' } });
  expect(await ask('dispute', { digest, ground: 'no-reason' }, 'other')).toMatchObject({ refusal: { code: 'NOT_FOUND' } });
});

test('an account is tied by a portal alone, to one person once, and not by its claims', async () => {
  expect(await ask('list')).toMatchObject({ refusal: { code: 'CITIZEN_UNKNOWN' } });
  expect(await tie('wang.fang', 'CANARY-999', 'hospital-1')).toMatchObject({ refusal: { code: 'NOT_AUTHORISED' } });
  expect(await tie('wang.fang')).toMatchObject({ ok: true });
  expect(await tie('wang.fang')).toMatchObject({ ok: true });
  expect(await tie('wang.fang', 'CANARY-222')).toMatchObject({ refusal: { code: 'ACCOUNT_TAKEN' } });
  expect(await ask('list', {}, 'untied')).toMatchObject({ refusal: { code: 'CITIZEN_UNKNOWN' } });
});

test('what a citizen signs takes a fresh second factor; what they see does not', async () => {
  await tie('wang.fang');

  expect(await ask('list', {}, 'weak')).toMatchObject({ ok: true });
  for (const [method, args] of [
    ['grant', terms()],
    ['withdraw', {}],
    ['dispute', {}],
  ] as const)
    expect(await ask(method, args, 'weak')).toMatchObject({ refusal: { code: 'STEP_UP_NEEDED' } });
});

test('a forged token, a missing provider, a busy citizen, another portal and a method that is none are each told apart', async () => {
  await tie('wang.fang');
  const call = { token: 'fang', portal: PORTAL, method: 'list', args: {}, idempotencyKey: new Uint8Array(0) };

  expect(await methods.run({ ...call, token: 'forged' })).toMatchObject({ refusal: { code: 'TOKEN_SIGNATURE' } });
  expect(await methods.run({ ...call, token: 'nobody answers' })).toMatchObject({ refusal: { code: 'IDENTITY_UNREACHABLE' } });
  expect(await methods.run({ ...call, portal: 'hospital-1' })).toMatchObject({ refusal: { code: 'CITIZENS_NOT_SERVED' } });
  expect(await methods.run({ ...call, method: 'constructor' })).toMatchObject({ refusal: { code: 'NOT_FOUND' } });
  expect(await methods.run({ ...call, method: 'grant', args: terms() })).toMatchObject({ refusal: { code: 'MALFORMED' } });
  throttledMs = 70;
  expect(await methods.run(call)).toMatchObject({ refusal: { code: 'RATE_LIMITED', facts: { retryAfterMs: 70 } } });
  throttledMs = 0;
  await openPortal('elsewhere');
  expect(await methods.run(call)).toMatchObject({ refusal: { code: 'CITIZENS_NOT_SERVED' } });
});

test('a wish of another form is refused without its values', async () => {
  await tie('wang.fang');
  const refused = await ask('grant', { ...terms(), custodian: 'Dr Who' });

  expect(refused).toMatchObject({ refusal: { code: 'ARGS_INVALID', facts: { field: '/custodian' } } });
  expect(JSON.stringify(refused)).not.toContain('Dr Who');
  const long = { ...terms(), shown: { a: 'x'.repeat(1024), b: '好'.repeat(1024), c: 'x'.repeat(900) } };
  expect(await ask('grant', long)).toMatchObject({ refusal: { code: 'ARGS_INVALID', facts: { field: '/shown' } } });
  expect(await ask('grant', { ...terms(), requester: PORTAL })).toMatchObject({ refusal: { code: 'NOT_AUTHORISED' } });
});

test('a consent that was granted elsewhere is listed, and says that its key is not here', async () => {
  await tie('wang.fang');
  const { id } = await answer(ask('grant', terms()));
  const key = `city.consent/consents/${String(id)}`;
  const subject = String(grantOf(String(id))['subject']);
  const foreign = base64urlEncode(nodeCrypto.sha256(Buffer.from('another')));
  const grant = { ...grantOf(String(id)), keyId: foreign };
  ledger.edit(`city.consent/consents/${foreign}`, () => ({ ...ledger.read(key), grant }));
  const events = [{ contract: 'city.consent', name: 'ConsentGranted', data: { consent: foreign, subject, purpose: 'treatment' } }];
  const bytes = encodeReceipt({ height: 9, index: 0, operation: new Uint8Array(32), outcome: { ok: true, result: {} }, events });
  const block = { height: 9, timeUnixMs: 5, root: new Uint8Array(32), operationCount: 1, successCount: 1, blockBytes: 1 };
  const receipts = [{ height: 9, index: 0, operationHash: new Uint8Array(32), bytes }];
  onCommit({ ...block, receipts, links: { sent: [], answered: [] }, seconds: { execute: 0, persist: 0, total: 0 } });
  await consents.put('someone', 'else', 1);
  await waitFor('its note', () => consents.list(subject).includes(foreign));

  const { consents: listed } = await answer(ask('list'));
  expect(listed).toMatchObject([{ id }, { id: foreign, held: false }]);
  expect(await ask('withdraw', { consent: foreign }, 'fang', 3)).toMatchObject({ refusal: { code: 'CITIZEN_KEY_ELSEWHERE' } });
});

test('an erased citizen’s key is gone with their values', async () => {
  await tie('wang.fang');
  const { id } = await answer(ask('grant', terms()));
  const subject = String(grantOf(String(id))['subject']);
  await vault.erase(subject);

  expect(await ask('withdraw', { consent: String(id) }, 'fang', 4)).toMatchObject({ refusal: { code: 'CITIZEN_KEY_ELSEWHERE' } });
  expect(await ask('grant', terms(), 'fang', 5)).toMatchObject({ refusal: { code: 'ERASED' } });
  expect(await answer(ask('list'))).toMatchObject({ consents: [{ id, held: false }] });
});

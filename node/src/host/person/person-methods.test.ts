import type { AgencyRole, Principal } from '@civitas/identity';
import { generateHpkeKeyPair } from '@civitas/sealed-call';
import { aKeyPair } from '@civitas/testkit';
import { expect, test } from '@jest/globals';
import type { GatewayKeys } from '../keys/node-keys.ts';
import { aFakeLedger, aGenesis } from '../testing/fake-ledger.ts';
import { type AskedMethods, PersonMethods, type PersonMethodsOptions } from './person-methods.ts';

const OWNER: Principal = {
  sub: 'owner',
  name: 'Wang Fang',
  platformRoles: [],
  organizations: { 'hospital-1': ['owner'] },
  acr: '1',
  authTimeUnixS: 0,
  azp: 'console',
};

async function methodsOf(changed: Pick<PersonMethodsOptions, 'calls' | 'asked'>, roles: readonly string[] = ['owner']) {
  const ledger = aFakeLedger(aGenesis('jincheng-health-1', []));
  const { publicKey, privateKey } = await generateHpkeKeyPair();
  const secret = new Uint8Array(32);
  const gateway: GatewayKeys = {
    organisation: 'hospital-1',
    operation: aKeyPair('hospital-1'),
    hpkePublicKey: publicKey,
    hpkePrivateKey: privateKey,
    vaultKey: secret,
    subjectIndexKey: secret,
    personSecret: secret,
    approver: undefined,
  };
  const principal: Principal = { ...OWNER, organizations: { 'hospital-1': roles as readonly AgencyRole[] } };
  return new PersonMethods({
    issuer: 'http://idp.test/realms/city',
    verifier: { verify: async () => ({ ok: true, value: { principal, expiresAtUnixS: 0 } }) },
    gateways: new Map([['hospital-1', gateway]]),
    vaults: new Map(),
    ledger,
    admission: { submit: () => Promise.reject(new Error('nothing is submitted')) },
    nowUnixMs: () => 0,
    ...changed,
  });
}

const call = { token: 't', organisation: 'hospital-1' };

test('one person takes no more calls than a person needs, counted under their pseudonym', async () => {
  const counted: string[] = [];
  const methods = await methodsOf({ asked: new Map(), calls: { take: (name) => (counted.push(name) > 1 ? 250 : 0) } });

  expect(await methods.actorOf(call, 'view')).toMatchObject({ ok: true });
  expect(await methods.actorOf(call, 'view')).toMatchObject({
    refusal: { code: 'RATE_LIMITED', facts: { retryAfterMs: 250 }, then: 'retry' },
  });
  expect(counted[0]).toMatch(/^p\./);
  expect(counted[1]).toBe(counted[0]);
});

test('another organisation’s gateway is asked in the own organisation’s name, by who may act for it, and for nothing else', async () => {
  const asked = new Map<string, AskedMethods>([
    ['civil-affairs', { Assign: async ({ caller, args }) => ({ ok: true, value: { caller, ...args } }) }],
  ]);
  const calls = { take: () => 0 };
  const methods = await methodsOf({ asked, calls });
  const ask = (audience: string, method: string) => methods.askAs(call, { audience, method, args: { ledger: 'x' } });

  expect(await ask('civil-affairs', 'Assign')).toEqual({ ok: true, value: { caller: 'hospital-1', ledger: 'x' } });
  for (const [audience, method] of [
    ['civil-affairs', 'Collect'],
    ['civil-affairs', 'Open'],
    ['civil-affairs', '__proto__'],
    ['nobody', 'Assign'],
  ] as const)
    expect(await ask(audience, method)).toMatchObject({ refusal: { code: 'NOT_FOUND' } });
  const auditors = await methodsOf({ asked, calls }, ['auditor']);
  expect(await auditors.askAs(call, { audience: 'civil-affairs', method: 'Assign', args: {} })).toMatchObject({
    refusal: { code: 'PERSON_NOT_ALLOWED' },
  });
});

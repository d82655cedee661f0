import type { Principal } from '@civitas/identity';
import { generateHpkeKeyPair } from '@civitas/sealed-call';
import { aKeyPair } from '@civitas/testkit';
import { expect, test } from '@jest/globals';
import type { GatewayKeys } from '../keys/node-keys.ts';
import { aFakeLedger, aGenesis } from '../testing/fake-ledger.ts';
import { PersonMethods } from './person-methods.ts';

const OWNER: Principal = {
  sub: 'owner',
  name: 'Wang Fang',
  platformRoles: [],
  organizations: { 'hospital-1': ['owner'] },
  acr: '1',
  authTimeUnixS: 0,
  azp: 'console',
};

test('one person takes no more calls than a person needs, counted under their pseudonym', async () => {
  const counted: string[] = [];
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
  const methods = new PersonMethods({
    issuer: 'http://idp.test/realms/city',
    verifier: { verify: async () => ({ ok: true, value: { principal: OWNER, expiresAtUnixS: 0 } }) },
    gateways: new Map([['hospital-1', gateway]]),
    vaults: new Map(),
    ledger,
    admission: { submit: () => Promise.reject(new Error('nothing is submitted')) },
    calls: { take: (name) => (counted.push(name) > 1 ? 250 : 0) },
    nowUnixMs: () => 0,
  });
  const call = { token: 't', organisation: 'hospital-1' };

  expect(await methods.actorOf(call, 'view')).toMatchObject({ ok: true });
  expect(await methods.actorOf(call, 'view')).toMatchObject({
    refusal: { code: 'RATE_LIMITED', facts: { retryAfterMs: 250 }, then: 'retry' },
  });
  expect(counted[0]).toMatch(/^p\./);
  expect(counted[1]).toBe(counted[0]);
});

import type { JsonObject } from '@civitas/canon';
import { type SealedCall, VaultServiceClient } from '@civitas/proto/civitas/node/v1/vault';
import { openAnswer, sealCall } from '@civitas/sealed-call';
import { aKeyPair, type TestKeyPair } from '@civitas/testkit';
import { afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import {
  aClient,
  ask,
  CHAIN,
  closeGateway,
  FUND,
  HOSPITAL,
  hospital,
  hpke,
  ledger,
  openGateway,
  prepareGateway,
  refusalOf,
} from '../testing/test-gateway.ts';

beforeAll(prepareGateway);
beforeEach(openGateway);
afterEach(closeGateway);

async function aSealedPut(
  sign: TestKeyPair['sign'],
  method = 'Put',
): Promise<{ call: SealedCall; open: (answer: { encapsulatedKey: Uint8Array; ciphertext: Uint8Array }) => ReturnType<typeof openAnswer> }> {
  const args: JsonObject = { items: [{ subject: 's', collection: 'c', fields: [{ name: 'f', value: 1 }], reference: 'r' }] };
  const address = { chainId: CHAIN, audience: 'hospital-1', caller: 'hospital-1', keyId: hospital.keyId };
  const random = new Uint8Array(16);
  crypto.getRandomValues(random);
  const sealed = await sealCall({ address, method, args, audiencePublicKey: hpke.publicKey, sign, nowUnixMs: Date.now(), nonce: random });
  return { call: sealed.call, open: (answer) => openAnswer(answer, sealed.replyKey, sealed.call.signature) };
}

test('a vault call with the signature of the organisation is answered under seal', async () => {
  const client = await aClient(VaultServiceClient, HOSPITAL);
  const { call, open } = await aSealedPut(hospital.sign);

  expect(await open(await ask(client.put.bind(client), call))).toMatchObject({
    ok: true,
    value: { items: [{ ok: true, reference: 'r' }] },
  });
});

test('a vault call with a valid certificate but without the signature of the organisation is refused', async () => {
  const client = await aClient(VaultServiceClient, HOSPITAL);
  const { call } = await aSealedPut(aKeyPair('whoever mints certificates').sign);

  expect(await refusalOf(ask(client.put.bind(client), call))).toMatchObject({ code: 'SIGNATURE_INVALID' });
});

test('a sealed call is refused under the certificate of another, a second time, by a revoked key, and as another method', async () => {
  const [own, other] = await Promise.all([aClient(VaultServiceClient, HOSPITAL), aClient(VaultServiceClient, FUND)]);
  const [first, asOpen] = await Promise.all([aSealedPut(hospital.sign), aSealedPut(hospital.sign, 'Open')]);
  await ask(own.put.bind(own), first.call);

  expect(await refusalOf(ask(other.put.bind(other), first.call))).toMatchObject({ code: 'NOT_AUTHORISED' });
  expect(await refusalOf(ask(own.put.bind(own), first.call))).toMatchObject({ code: 'REPLAYED' });
  expect(await asOpen.open(await ask(own.put.bind(own), asOpen.call))).toMatchObject({ ok: false, refusal: { code: 'NOT_FOUND' } });
  ledger.revoked.add(hospital.keyId);
  expect(await refusalOf(ask(own.put.bind(own), (await aSealedPut(hospital.sign)).call))).toMatchObject({ code: 'NOT_AUTHORISED' });
});

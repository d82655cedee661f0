import { encodeCanonical, type JsonObject, operationHash } from '@civitas/canon';
import { nodeCrypto } from '@civitas/canon/node';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { type FakeGateway, startFakeGateway } from '../testing/fake-gateway.ts';
import { aNetwork, anAgency, smallCity, spaceOf } from '../testing/small-city.ts';
import { aPerson, startTestConsole, type TestConsole } from '../testing/test-console.ts';

let city: TestConsole;
let gateway: FakeGateway;
let officer: string;
let citizen: string;
let wishes = 0;
/** Of the request that is made again. */
let key: string;
const police = anAgency('traffic-police', ['transport', 'city'], ['police', 'issuer']);
const portal = anAgency('citizen-portal', ['city'], ['portal']);
const NOTHING = new Uint8Array(0);

beforeAll(async () => {
  gateway = await startFakeGateway();
  const manifests = [...smallCity, aNetwork('transport', 'transport'), police, ...spaceOf(police), portal, ...spaceOf(portal)];
  city = await startTestConsole(147, { manifests, ledgers: gateway.ledgers });
  officer = city.tokenOf(aPerson({ sub: 'officer', organizations: { 'traffic-police': ['operator'] } }));
  citizen = city.tokenOf(aPerson({ sub: 'wang.fang' }));
}, 60_000);
afterAll(async () => {
  await city.stop();
  await gateway.stop();
});
beforeEach(() => {
  key = `wish-${++wishes}`;
  gateway.executed.clear();
  Object.assign(gateway, { outcome: 'applied', losesAnswers: false, keepsBlocks: true, isOneBlock: false, citizen: {} });
  gateway.asked.length = 0;
});

const ask = async (token: string, path: string, payload?: object) => {
  const headers = { authorization: `Bearer ${token}`, 'idempotency-key': key };
  const url = `/api/v1${path}`;
  const answer = await city.app.inject(
    payload === undefined ? { method: 'POST', url, headers } : { method: 'POST', url, headers, payload },
  );
  return { status: answer.statusCode, body: answer.json() };
};
const stagesOf = async (action: string): Promise<readonly string[]> => {
  const entries = await city.audit.list({ before: 0, limit: 4, wanted: (entry) => entry.action === action });
  return entries.map(({ stage }) => stage).reverse();
};

const values = {
  capturedUnixMs: '1789000000000',
  device: 'camera-17',
  calibratedUntilUnixMs: '1800000000000',
  vehicle: 'A-1',
  vehicleClass: 'A',
  article: '157',
  evidence: 'ab'.repeat(32),
};
const submit = (over: object = {}) =>
  ask(officer, '/networks/transport/cases', { agency: 'traffic-police', values: { ...values, ...over } });
const listed = async (): Promise<readonly string[]> => {
  const answer = await city.app.inject({ url: '/api/v1/cases', headers: { authorization: `Bearer ${officer}` } });
  return answer.json().items.map(({ id }: { id: string }) => id);
};

/** A submission that takes effect, or is refused by its block, and whose answer is lost. */
async function submitUnheard(outcome = 'applied'): Promise<void> {
  Object.assign(gateway, { outcome, losesAnswers: true });
  expect(await submit()).toMatchObject({ status: 503, body: { code: 'LEDGER_UNREACHABLE' } });
  gateway.losesAnswers = false;
  expect(gateway.executed.size).toBe(1);
}

describe('a case that is submitted again after its answer was lost', () => {
  test('is answered with what took effect, and is in the list', async () => {
    await submitUnheard();
    const again = await submit();
    const body = [...gateway.executed.values()][0]?.body ?? NOTHING;
    expect(again).toMatchObject({
      status: 201,
      body: { height: 7, operationHash: Buffer.from(operationHash(nodeCrypto.sha256, body)).toString('hex') },
    });
    expect(await stagesOf('submitCase')).toEqual(['asked', 'failed', 'asked', 'done']);
    expect(await listed()).toContain(again.body.id);
    expect(gateway.executed.size).toBe(1);
  });

  test('is answered with the refusal of the block that refused it', async () => {
    await submitUnheard('STATE_WRONG');
    gateway.outcome = 'applied';
    const before = await listed();
    expect(await submit()).toMatchObject({ status: 409, body: { code: 'LEDGER_REFUSED', reason: 'STATE_WRONG' } });
    expect(await stagesOf('submitCase')).toEqual(['asked', 'failed', 'asked', 'failed']);
    expect(await listed()).toEqual(before);
  });

  test('is found where both came into one block', async () => {
    await submitUnheard();
    gateway.isOneBlock = true;
    expect(await submit()).toMatchObject({ status: 201, body: { height: 7 } });
  });

  test('is neither said to be done nor refused while the block cannot be read', async () => {
    await submitUnheard();
    gateway.keepsBlocks = false;
    expect(await submit()).toMatchObject({ status: 503, body: { code: 'LEDGER_UNREACHABLE', reason: 'REPLAYED' } });
    gateway.keepsBlocks = true;
    expect(await submit()).toMatchObject({ status: 201 });
  });

  test('is not taken for what somebody else put under its key into the same block', async () => {
    await submitUnheard('STATE_WRONG');
    const own = [...gateway.executed];
    gateway.executed.clear();
    gateway.run({
      ...{ call: { token: '', organisation: 'traffic-police' }, contract: 'transport.violation@v1', method: 'record', role: 'police' },
      ...{ args: encodeCanonical({}), idempotencyKey: Buffer.from(own[0]?.[0] ?? '', 'hex') },
    });
    const forged = [...gateway.executed.values()].map((one) => ['forged', { ...one, receipt: NOTHING }] as const);
    gateway.executed.clear();
    for (const [name, one] of [...forged, ...own]) gateway.executed.set(name, one);
    expect(await submit()).toMatchObject({ body: { code: 'LEDGER_REFUSED', reason: 'STATE_WRONG' } });
  });

  test.each([{ article: '158' }, { device: 'camera-18' }])('with %j is another request under the same key', async (over) => {
    await submitUnheard();
    expect(await submit(over)).toMatchObject({ status: 409, body: { code: 'IDEMPOTENCY_REUSED' } });
  });
});

test('a step is answered with what took effect, however its times have moved', async () => {
  const id = 'A'.repeat(22);
  const path = `/networks/transport/cases/${id}/steps`;
  gateway.records.set(`transport.violation/violations/${id}`, { status: 'confirmed', article: 157, vehicleClass: 'A', history: [] });
  const step = { agency: 'traffic-police', step: 'create', values: { amountFen: '20000', points: '3' } };
  gateway.losesAnswers = true;
  expect(await ask(officer, path, step)).toMatchObject({ status: 503 });
  gateway.losesAnswers = false;
  expect(await ask(officer, path, step)).toMatchObject({ status: 201, body: { height: 7 } });
  gateway.records.clear();
});

describe('a citizen’s deed that is done again after its answer was lost', () => {
  const consent = 'C'.repeat(43);
  const path = `/citizen/consents/${consent}/withdraw`;

  /** Is executed with this consent in it, unheard; what is asked next is a repetition. */
  async function withdrawUnheard(withdrawal: JsonObject, outcome = 'applied'): Promise<void> {
    gateway.citizen = 'FAULT';
    expect(await ask(citizen, path)).toMatchObject({ status: 503 });
    Object.assign(gateway, { outcome, citizen: 'REPLAYED' });
    gateway.run({
      ...{ call: { token: '', organisation: 'citizen-portal' }, contract: 'city.consent@v1', method: 'withdraw', role: 'portal' },
      ...{ args: encodeCanonical({ withdrawal, signature: '' }), idempotencyKey: gateway.asked[0]?.idempotencyKey ?? NOTHING },
    });
  }

  test('is answered with what took effect', async () => {
    await withdrawUnheard({ consent, kind: 'consent-withdrawal' });
    expect(await ask(citizen, path)).toMatchObject({ status: 200, body: { id: 'of-withdraw', height: 7 } });
    expect(await stagesOf('withdrawConsent')).toEqual(['asked', 'failed', 'asked', 'done']);
  });

  test('is answered with the refusal of the block that refused it', async () => {
    await withdrawUnheard({ consent }, 'CONSENT_SPENT');
    expect(await ask(citizen, path)).toMatchObject({ status: 409, body: { code: 'LEDGER_REFUSED', reason: 'CONSENT_SPENT' } });
  });

  test('is neither said to be done nor refused while the block cannot be read', async () => {
    await withdrawUnheard({ consent });
    gateway.keepsBlocks = false;
    expect(await ask(citizen, path)).toMatchObject({ status: 503, body: { code: 'LEDGER_UNREACHABLE', reason: 'REPLAYED' } });
  });

  test('is not answered with what was done for another wish', async () => {
    await withdrawUnheard({ consent: 'D'.repeat(43) });
    expect(await ask(citizen, path)).toMatchObject({ status: 409, body: { code: 'IDEMPOTENCY_REUSED' } });
  });
});

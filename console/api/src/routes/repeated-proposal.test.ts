import { isJsonObject, type JsonObject, operationHash, parseCanonical } from '@civitas/canon';
import { nodeCrypto } from '@civitas/canon/node';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { Idempotency } from '../http/idempotency.ts';
import { type FakeGateway, startFakeGateway } from '../testing/fake-gateway.ts';
import { smallCity } from '../testing/small-city.ts';
import { aPerson, startTestConsole, type TestConsole } from '../testing/test-console.ts';

let city: TestConsole;
let gateway: FakeGateway;
let owner: string;
let colleague: string;
let wishes = 0;
/** Of the request that is made again. */
let key: string;
const PUBLIC_KEY = 'A'.repeat(43);
const SIGNATURE = 'A'.repeat(86);

beforeAll(async () => {
  gateway = await startFakeGateway();
  city = await startTestConsole(148, { manifests: smallCity, ledgers: gateway.ledgers });
  owner = city.tokenOf(aPerson({ sub: 'owner', organizations: { 'hospital-1': ['owner'] } }));
  colleague = city.tokenOf(aPerson({ sub: 'colleague', organizations: { 'hospital-1': ['owner'] } }));
}, 60_000);
afterAll(async () => {
  await city.stop();
  await gateway.stop();
});
beforeEach(() => {
  key = `wish-${++wishes}`;
  gateway.executed.clear();
  gateway.prepared.length = 0;
  Object.assign(gateway, { outcome: 'applied', losesAnswers: false, keepsBlocks: true, hasExpired: false, isOneBlock: false });
});

const ask = async (path: string, payload: object, token = owner, header: string | undefined = key) => {
  const headers = { authorization: `Bearer ${token}`, ...(header === '' ? {} : { 'idempotency-key': header }) };
  const answer = await city.app.inject({ method: 'POST', url: `/api/v1/networks/health${path}`, headers, payload });
  return { status: answer.statusCode, body: answer.json() };
};
const stagesOf = async (action: string, count: number): Promise<readonly string[]> => {
  const entries = await city.audit.list({ before: 0, limit: count, wanted: (entry) => entry.action === action });
  return entries.map(({ stage }) => stage).reverse();
};
const argsOf = (args: Uint8Array | undefined): JsonObject => {
  const parsed = parseCanonical(new Uint8Array(args ?? []), 65_536);
  return parsed.ok && isJsonObject(parsed.value) ? parsed.value : {};
};
/** Ids that were proposed, one for each try. */
const proposed = (): readonly unknown[] => gateway.prepared.map(({ args }) => argsOf(args)['id']);
/** What was kept in memory is gone. */
const restart = (): void => {
  Object.assign(city.context, { idempotency: new Idempotency(() => performance.now()) });
};

const propose = (over: object = {}, token = owner, header = key) =>
  ask('/approver-keys', { agency: 'hospital-1', publicKey: PUBLIC_KEY, label: 'Li Na', ...over }, token, header);

describe('a key that is proposed again after the answer was lost', () => {
  async function proposeUnheard(outcome = 'applied'): Promise<void> {
    Object.assign(gateway, { outcome, losesAnswers: true });
    expect(await propose()).toMatchObject({ status: 503, body: { code: 'LEDGER_UNREACHABLE' } });
    Object.assign(gateway, { outcome: 'applied', losesAnswers: false });
  }

  test('makes no second proposal, and is answered with the first', async () => {
    await proposeUnheard();
    const again = await propose();
    const [first] = gateway.executed.values();
    const hash = Buffer.from(operationHash(nodeCrypto.sha256, first?.body ?? new Uint8Array(0))).toString('hex');
    expect(gateway.executed.size).toBe(1);
    expect(again).toMatchObject({ status: 201, body: { proposal: proposed()[0], height: 7, operationHash: hash } });
    expect(new Set(proposed()).size).toBe(1);
    expect(await stagesOf('proposeApproverKey', 4)).toEqual(['asked', 'failed', 'asked', 'done']);
  });

  test('is answered with the refusal of the block that refused it', async () => {
    await proposeUnheard('LIMIT');
    expect(await propose()).toMatchObject({ status: 409, body: { code: 'LEDGER_REFUSED', reason: 'LIMIT' } });
  });

  test.each([{ label: 'Wang Fang' }, { publicKey: 'B'.repeat(42).concat('A') }])('with %j is another request', async (over) => {
    await proposeUnheard();
    expect(await propose(over)).toMatchObject({ status: 409, body: { code: 'IDEMPOTENCY_REUSED' } });
  });
});

test('a key that is proposed twice at once, or again after its answer, is proposed once', async () => {
  const [one, two] = await Promise.all([propose(), propose()]);
  expect([one, two]).toEqual([
    { status: 201, body: one?.body },
    { status: 201, body: one?.body },
  ]);
  expect(await propose()).toEqual(one);
  restart();
  expect(await propose()).toEqual(one);
  expect(gateway.executed.size).toBe(1);
});

test('a key that another person proposes, or under another key or none, is another proposal', async () => {
  const answers = [await propose(), await propose({}, colleague), await propose({}, owner, `${key}-2`), await propose({}, owner, '')];
  expect(answers.map(({ status }) => status)).toEqual([201, 201, 201, 201]);
  expect(new Set(answers.map(({ body }) => body.proposal)).size).toBe(4);
  expect(proposed().every((id) => /^[A-Za-z0-9_-]{1,64}$/.test(String(id)))).toBe(true);
});

describe('an approval that is handed in again as it was signed', () => {
  const prepare = async (): Promise<object> => {
    const { body } = await ask('/proposals/p-1/prepare', { agency: 'hospital-1' });
    return { agency: 'hospital-1', body: body.body, publicKey: PUBLIC_KEY, signature: SIGNATURE };
  };
  const approve = (signed: object) => ask('/proposals/p-1/approve', signed);

  async function approveUnheard(outcome = 'applied'): Promise<object> {
    const signed = await prepare();
    Object.assign(gateway, { outcome, losesAnswers: true });
    expect(await approve(signed)).toMatchObject({ status: 503, body: { code: 'LEDGER_UNREACHABLE' } });
    Object.assign(gateway, { outcome: 'applied', losesAnswers: false });
    return signed;
  }

  test.each([false, true])('is answered with what took effect, its time over: %s', async (hasExpired) => {
    const signed = await approveUnheard();
    gateway.hasExpired = hasExpired;
    expect(await approve(signed)).toMatchObject({ status: 200, body: { proposal: 'p-1', height: 7 } });
    expect(await stagesOf('approveProposal', 4)).toEqual(['asked', 'failed', 'asked', 'done']);
    expect(gateway.executed.size).toBe(1);
  });

  test.each([false, true])('is answered with the refusal of its block, its time over: %s', async (hasExpired) => {
    const signed = await approveUnheard('DUPLICATE');
    gateway.hasExpired = hasExpired;
    expect(await approve(signed)).toMatchObject({ status: 409, body: { code: 'LEDGER_REFUSED', reason: 'DUPLICATE' } });
  });

  test('is done and said once while its answer is kept', async () => {
    const signed = await prepare();
    const one = await approve(signed);
    gateway.hasExpired = true;
    gateway.keepsBlocks = false;
    expect(await approve(signed)).toEqual(one);
    expect(await approve({ ...signed, reason: 'another' })).toMatchObject({ status: 409, body: { code: 'IDEMPOTENCY_REUSED' } });
  });

  test('is neither said to be done nor refused while that cannot be read', async () => {
    const signed = await approveUnheard();
    Object.assign(gateway, { hasExpired: true, keepsBlocks: false });
    expect(await approve(signed)).toMatchObject({ status: 503, body: { code: 'LEDGER_UNREACHABLE', reason: 'EXPIRED' } });
  });

  test('with another signature than the one that counted, or never executed, has expired', async () => {
    const signed = await approveUnheard();
    gateway.hasExpired = true;
    const refused = { status: 409, body: { code: 'LEDGER_REFUSED', reason: 'EXPIRED' } };
    expect(await approve({ ...signed, signature: 'B'.repeat(85).concat('A') })).toMatchObject(refused);
    gateway.executed.clear();
    expect(await approve(signed)).toMatchObject(refused);
  });
});

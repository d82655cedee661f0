import { parseCanonical } from '@civitas/canon';
import { StandIn } from '@civitas/proto/civitas/node/v1/person';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { fineIdOf } from '../cases/traffic-fine.ts';
import { type FakeGateway, startFakeGateway } from '../testing/fake-gateway.ts';
import { aNetwork, anAgency, smallCity, spaceOf } from '../testing/small-city.ts';
import { aPerson, startTestConsole, type TestConsole } from '../testing/test-console.ts';

let city: TestConsole;
let gateway: FakeGateway;
let officer: string;
let auditor: string;
let citizen: string;
const police = anAgency('traffic-police', ['transport', 'city'], ['police', 'issuer']);
const portal = anAgency('citizen-portal', ['city'], ['portal']);
const VIOLATION = 'A'.repeat(22);
const VIOLATION_KEY = `transport.violation/violations/${VIOLATION}`;

beforeAll(async () => {
  gateway = await startFakeGateway();
  const manifests = [...smallCity, aNetwork('transport', 'transport'), police, ...spaceOf(police), portal, ...spaceOf(portal)];
  city = await startTestConsole(137, { manifests, ledgers: gateway.ledgers });
  officer = city.tokenOf(aPerson({ sub: 'officer', organizations: { 'traffic-police': ['operator'] } }));
  auditor = city.tokenOf(aPerson({ sub: 'auditor', organizations: { 'traffic-police': ['auditor'] } }));
  citizen = city.tokenOf(aPerson({ sub: 'wang.fang', name: 'CANARY-NAME' }));
}, 60_000);
afterAll(async () => {
  await city.stop();
  await gateway.stop();
});
beforeEach(() => {
  gateway.records.clear();
  gateway.citizen = {};
  for (const list of [gateway.prepared, gateway.read, gateway.asked]) list.length = 0;
});

const ask = async (token: string, method: 'GET' | 'POST', path: string, payload?: object, headers: Record<string, string> = {}) => {
  const request = { method, url: `/api/v1${path}`, headers: { authorization: `Bearer ${token}`, ...headers } };
  const answer = await city.app.inject(payload === undefined ? request : { ...request, payload });
  return { status: answer.statusCode, body: answer.json() };
};

const values = {
  capturedUnixMs: '1789000000000',
  device: 'camera-17',
  calibratedUntilUnixMs: '1800000000000',
  vehicle: 'CANARY-PLATE',
  vehicleClass: 'A',
  article: '157',
  evidence: 'ab'.repeat(32),
};
const asPolice = { agency: 'traffic-police', values };

describe('cases', () => {
  test('who may begin which is told with its form; who may only look is offered none', async () => {
    const { body } = await ask(officer, 'GET', '/case-openings');
    expect(body.items).toMatchObject([{ network: 'transport', kind: 'traffic-fine', agency: 'traffic-police', form: { step: 'record' } }]);
    expect((await ask(auditor, 'GET', '/case-openings')).body).toEqual({ items: [] });
    expect((await ask(citizen, 'GET', '/cases')).body).toEqual({ items: [] });
  });

  test('a form is tried without anything being done, and what is wrong stands beside its field', async () => {
    const { article: _, ...missing } = values;
    const wrong = await ask(officer, 'POST', '/networks/transport/cases?dryRun=true', { agency: 'traffic-police', values: missing });
    expect(wrong).toMatchObject({ status: 422, body: { errors: [{ field: 'values.article', code: 'required' }] } });
    const tried = await ask(officer, 'POST', '/networks/transport/cases?dryRun=true', asPolice);
    expect(tried).toMatchObject({ status: 200, body: { dryRun: true, operationHash: '' } });
    expect(gateway.prepared).toEqual([]);
  });

  test('a case is submitted once, its private values to the vault alone, and stands in the list of the agency’s people', async () => {
    const headers = { 'idempotency-key': 'wish-1' };
    const first = await ask(officer, 'POST', '/networks/transport/cases', asPolice, headers);
    expect(first).toMatchObject({ status: 201, body: { dryRun: false, network: 'transport', height: 7 } });
    expect((await ask(officer, 'POST', '/networks/transport/cases', asPolice, headers)).body).toEqual(first.body);
    expect(gateway.prepared).toHaveLength(1);
    const [{ call, args, privateValues, idempotencyKey, role }] = gateway.prepared as [FakeGateway['prepared'][number]];
    expect(call).toEqual({ token: officer, organisation: 'traffic-police' });
    expect([role, idempotencyKey.length]).toEqual(['police', 16]);
    expect(parseCanonical(new Uint8Array(args), 65_536)).toMatchObject({ ok: true, value: { id: first.body.id, article: 157 } });
    expect(Buffer.from(args).toString()).not.toContain('CANARY');
    expect(privateValues?.values.map(({ field, standIn }) => [field, standIn])).toEqual([
      ['vehicle', StandIn.STAND_IN_PSEUDONYM],
      ['evidence', StandIn.STAND_IN_COMMITMENT],
    ]);
    const { items } = (await ask(auditor, 'GET', '/cases')).body;
    expect(items).toMatchObject([{ network: 'transport', id: first.body.id, kind: 'traffic-fine', agency: 'traffic-police' }]);
    const entries = await city.audit.list({ before: 0, limit: 100, wanted: () => true });
    expect(JSON.stringify(entries)).not.toContain('CANARY-PLATE');
  });

  test('a case is followed over its ledgers; what an agency is not shown says so', async () => {
    const fine = { status: 'paid', receipt: '51010126-1', receiptStatus: 'sent', courtItem: '', appeal: 'none', events: [] };
    gateway.records.set(VIOLATION_KEY, { status: 'confirmed', history: [{ event: 'recorded', by: 'x:y', atUnixMs: 5, height: 3 }] });
    gateway.records.set(`transport.fine/fines/${fineIdOf(VIOLATION)}`, fine);
    gateway.records.set('city.fiscal-receipt/receipts/51010126-1', { hidden: true });
    const { status, body } = await ask(officer, 'GET', `/networks/transport/cases/${VIOLATION}`);

    expect([status, body.status, body.isFinal, body.forms]).toEqual([200, 'paid', false, []]);
    expect(body.stages.map(({ name, state }: { name: string; state: string }) => `${name} ${state}`)).toEqual([
      'violation there',
      'fine there',
      'receipt hidden',
      'court-item hidden',
    ]);
    expect(body.stages[0].history).toEqual([{ event: 'recorded', by: 'x:y', atUnixMs: 5, height: 3 }]);
    expect(gateway.read.every(({ call }) => call?.organisation === 'traffic-police' && call.token === officer)).toBe(true);
  });

  test('the next step is offered to who may take it, and taken', async () => {
    gateway.records.set(VIOLATION_KEY, { status: 'recorded', history: [] });
    const path = `/networks/transport/cases/${VIOLATION}`;
    expect((await ask(officer, 'GET', path)).body.forms.map(({ step }: { step: string }) => step)).toEqual(['review']);
    expect((await ask(auditor, 'GET', path)).body.forms).toEqual([]);
    const review = { agency: 'traffic-police', step: 'review', values: { verdict: 'confirm' } };
    expect(await ask(officer, 'POST', `${path}/steps`, review)).toMatchObject({ status: 201, body: { height: 7 } });
    expect(gateway.prepared[0]).toMatchObject({ contract: 'transport.violation@v1', method: 'review', privateValues: undefined });
    expect(await ask(auditor, 'POST', `${path}/steps`, review)).toMatchObject({ status: 403, body: { reason: 'role-missing' } });
    expect(await ask(officer, 'POST', `${path}/steps`, { ...review, step: 'burn' })).toMatchObject({ status: 404 });
  });

  test('whose turn it is sees the case wait, as the ledger stands and shows it to them, and nobody else does', async () => {
    const submitted = await ask(officer, 'POST', '/networks/transport/cases', asPolice, { 'idempotency-key': 'wish-waiting' });
    const { id } = submitted.body;
    const key = `transport.violation/violations/${id}`;
    const banker = city.tokenOf(aPerson({ sub: 'b-1', organizations: { 'bank-1': ['owner'] } }));
    const waiting = async (token: string) => (await ask(token, 'GET', '/waiting-cases')).body;
    const mine = { network: 'transport', id, kind: 'traffic-fine', agency: 'traffic-police', status: 'recorded', steps: ['review'] };
    gateway.records.set(key, { status: 'recorded', history: [] });
    expect(await waiting(officer)).toMatchObject({ items: [mine], unreachable: [], isWhole: true });
    expect(gateway.read.every(({ call }) => call?.organisation === 'traffic-police' && call.token === officer)).toBe(true);
    gateway.read.length = 0;
    for (const token of [auditor, citizen, banker]) expect(await waiting(token)).toEqual({ items: [], unreachable: [], isWhole: true });
    expect(gateway.read).toEqual([]);

    gateway.records.set(key, { hidden: true });
    expect(await waiting(officer)).toMatchObject({ items: [], unreachable: [] });
    gateway.records.set(key, { down: true });
    expect(await waiting(officer)).toMatchObject({ items: [], unreachable: ['transport'] });
    gateway.records.set(key, { status: 'confirmed', history: [] });
    gateway.records.set(`transport.fine/fines/${fineIdOf(id)}`, { status: 'notified', events: [] });
    expect((await waiting(officer)).items).toEqual([]);
    gateway.records.set(key, { status: 'void', history: [] });
    gateway.records.delete(`transport.fine/fines/${fineIdOf(id)}`);
    expect((await waiting(officer)).items).toEqual([]);
    // What is over is not looked at again.
    gateway.read.length = 0;
    await waiting(officer);
    expect(gateway.read.some(({ key: read }) => read === key)).toBe(false);
  });

  test('a case that is not there, a ledger without cases and an agency without the role are each told apart', async () => {
    expect(await ask(officer, 'GET', `/networks/transport/cases/${VIOLATION}`)).toMatchObject({ status: 404, body: { code: 'NOT_FOUND' } });
    expect(await ask(officer, 'GET', `/networks/city/cases/${VIOLATION}`)).toMatchObject({ status: 404 });
    expect(await ask(officer, 'POST', '/networks/city/cases', asPolice)).toMatchObject({ status: 404 });
    const banker = city.tokenOf(aPerson({ sub: 'b', organizations: { 'bank-1': ['owner'] } }));
    expect(await ask(banker, 'POST', '/networks/housing/cases', { ...asPolice, agency: 'bank-1' })).toMatchObject({
      status: 403,
      body: { reason: 'role-missing' },
    });
    expect(await ask(banker, 'GET', `/networks/transport/cases/${VIOLATION}`)).toMatchObject({
      status: 403,
      body: { reason: 'not-a-member' },
    });
  });
});

describe('citizens', () => {
  const entry = {
    id: 'jincheng-health-1.x',
    requester: 'traffic-police',
    custodian: 'nobody',
    dispute: 'open',
    escalated: true,
    atUnixMs: 5,
  };

  test('what is about somebody follows from their token alone', async () => {
    gateway.citizen = { accesses: [entry], next: 'more', consents: [{ id: 'c', status: 'granted', held: true, usesLeft: 1 }] };
    const { body } = await ask(citizen, 'GET', '/citizen');

    expect(gateway.asked).toMatchObject([{ token: citizen, portal: 'citizen-portal', method: 'list' }]);
    expect(Buffer.from(gateway.asked[0]?.args ?? []).toString()).toBe('{}');
    expect(body).toMatchObject({
      state: 'tied',
      accesses: [{ dispute: 'open', isOverdue: true, requesterName: { en: 'Agency traffic-police' } }],
    });
    expect(body.consents).toMatchObject([{ mayWithdraw: true }]);
    await ask(citizen, 'GET', `/citizen?cursor=${body.nextAccess}`);
    expect(Buffer.from(gateway.asked[1]?.args ?? []).toString()).toBe('{"after":"more"}');
  });

  test('an account that is nobody’s yet is told its number; any other refusal is passed on', async () => {
    gateway.citizen = 'CITIZEN_UNKNOWN';
    expect((await ask(citizen, 'GET', '/citizen')).body).toMatchObject({
      state: 'untied',
      account: 'wang.fang',
      accesses: [],
      consents: [],
    });
    gateway.citizen = 'CITIZENS_NOT_SERVED';
    expect(await ask(citizen, 'GET', '/citizen')).toMatchObject({ status: 409, body: { reason: 'CITIZENS_NOT_SERVED' } });
  });

  test('a citizen’s deed is in the audit log, and not who they are', async () => {
    gateway.citizen = { id: 'x', height: 9 };
    const consent = {
      ...{ custodian: 'hospital-1', source: 'jincheng-health-1', requester: 'bank-1', requesterNetwork: 'jincheng-housing-1' },
      ...{ predicate: 'illness-in-catalogue', purpose: 'verify-eligibility', days: 7, usesMax: 1, shown: 'CANARY-SHOWN' },
    };
    const headers = { 'idempotency-key': 'consent-1' };
    expect(await ask(citizen, 'POST', '/citizen/consents', consent, headers)).toMatchObject({ status: 201, body: { height: 9 } });
    await ask(citizen, 'POST', '/citizen/consents', consent, headers);
    await ask(citizen, 'POST', `/citizen/consents/${'A'.repeat(43)}/withdraw`);
    await ask(citizen, 'POST', `/citizen/accesses/jincheng-health-1.${'A'.repeat(43)}/dispute`, { ground: 'no-reason' });
    expect(gateway.asked.map(({ method, idempotencyKey }) => [method, idempotencyKey.length])).toEqual([
      ['grant', 16],
      ['withdraw', 16],
      ['dispute', 16],
    ]);
    const deeds = ['grantConsent', 'withdrawConsent', 'disputeAccess'];
    const entries = await city.audit.list({ before: 0, limit: 100, wanted: ({ action }) => deeds.includes(action) });
    expect(entries.filter(({ stage }) => stage === 'done')).toHaveLength(3);
    expect(JSON.stringify(entries)).not.toMatch(/CANARY|wang\.fang/);
  });

  test('signing takes a fresh second factor', async () => {
    const weak = city.tokenOf(aPerson({ sub: 'wang.fang', acr: '1' }));
    expect(await ask(weak, 'POST', `/citizen/consents/${'A'.repeat(43)}/withdraw`)).toMatchObject({
      status: 401,
      body: { code: 'STEP_UP_NEEDED' },
    });
    expect(gateway.asked).toEqual([]);
  });
});

import { type JsonObject, parseCanonical } from '@civitas/canon';
import { nodeCrypto } from '@civitas/canon/node';
import { recordIdOf, viewRequestHashOf } from '@civitas/contracts';
import { systemClock } from '@civitas/kube';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { type FakeGateway, startFakeGateway } from '../testing/fake-gateway.ts';
import { anAgency, smallCity, spaceOf } from '../testing/small-city.ts';
import { aPerson, startTestConsole, type TestConsole } from '../testing/test-console.ts';

let city: TestConsole;
let gateway: FakeGateway;
let clinician: string;
let clerk: string;
let banker: string;
const agencies = [
  anAgency('hospital-2', ['health', 'city'], ['custodian']),
  anAgency('fund-centre', ['housing', 'city', 'health'], ['centre', 'requester']),
  anAgency('fund-2', ['housing'], ['centre']),
  anAgency('bank-2', ['housing'], ['bank']),
  anAgency('civil-affairs', ['city'], ['registrar']),
];
const ID = 'A'.repeat(22);
const HASH = 'A'.repeat(43);
const HOUSING = '/networks/housing/cases';
const APPLICATION = `housing.withdrawal/applications/${ID}`;
const CONSENT = `city.consent/consents/${HASH}`;
const IDENTITY = 'CANARY199001011234';
const grant = {
  ...{ custodian: 'hospital-2', source: 'jincheng-health-1', predicate: 'illness-in-catalogue', purpose: 'verify-eligibility' },
  expiresAtUnixMs: 9_000_000_000_000_000,
};

beforeAll(async () => {
  gateway = await startFakeGateway();
  const manifests = [...smallCity, ...agencies, ...agencies.flatMap(spaceOf)];
  // What is waited for has been waited for a thousand times sooner.
  const clock = { ...systemClock, monotonicMs: () => systemClock.monotonicMs() * 1000 };
  city = await startTestConsole(139, { manifests, ledgers: gateway.ledgers, clock });
  const operatorOf = (sub: string, agency: string) => city.tokenOf(aPerson({ sub, organizations: { [agency]: ['operator'] } }));
  clinician = operatorOf('clinician', 'hospital-2');
  clerk = operatorOf('clerk', 'fund-centre');
  banker = operatorOf('banker', 'bank-2');
}, 60_000);
afterAll(async () => {
  await city.stop();
  await gateway.stop();
});
beforeEach(() => {
  for (const map of [gateway.records, gateway.answers, gateway.lists]) map.clear();
  for (const list of [gateway.prepared, gateway.read, gateway.askedOthers]) list.length = 0;
});

const ask = async (token: string, method: 'GET' | 'POST', path: string, payload?: object, headers: Record<string, string> = {}) => {
  const request = { method, url: `/api/v1${path}`, headers: { authorization: `Bearer ${token}`, ...headers } };
  const answer = await city.app.inject(payload === undefined ? request : { ...request, payload });
  return { status: answer.statusCode, body: answer.json() };
};
const step = (token: string, agency: string, name: string, values: Record<string, string> = {}) =>
  ask(token, 'POST', `${HOUSING}/${ID}/steps`, { agency, step: name, values });

function objectIn(bytes: Uint8Array | undefined): JsonObject {
  const parsed = parseCanonical(new Uint8Array(bytes ?? []), 65_536);
  if (!parsed.ok) throw new Error(parsed.refusal.code);
  return parsed.value as JsonObject;
}
const preparedOnes = () => gateway.prepared.map(({ contract, method, role }) => `${contract} ${method} ${role}`);
const askedOnes = () => gateway.askedOthers.map(({ audience, method, args }) => ({ audience, method, args: objectIn(args) }));
const openApplication = { status: 'open', subject: ID, catalogueVersion: 7, views: [], history: [] };

test('a clinician attests: the registrar says whose id it is, and neither person, answer nor bill is in the arguments or the log', async () => {
  gateway.answers.set('Assign', { subject: ID });
  const values = { identity: IDENTITY, catalogueVersion: '7', answer: 'yes', amountBand: '50k-200k', bill: 'CANARY-BILL' };
  const headers = { 'idempotency-key': 'attest-1' };
  const { status, body } = await ask(clinician, 'POST', '/networks/health/cases', { agency: 'hospital-2', values }, headers);

  expect(status).toBe(201);
  expect(askedOnes()).toMatchObject([
    { audience: 'civil-affairs', method: 'Assign', args: { identifier: IDENTITY, ledger: 'jincheng-health-1' } },
  ]);
  const [prepared] = gateway.prepared;
  expect(objectIn(prepared?.args)).toEqual({ predicate: 'illness-in-catalogue', catalogueVersion: 7, subject: ID });
  const made = { collection: 'health.attestation/attestations', organisation: 'hospital-2' };
  const idempotencyKey = Buffer.from(prepared?.idempotencyKey ?? []).toString('base64url');
  expect(body.id).toBe(recordIdOf(nodeCrypto.sha256, { ...made, idempotencyKey }));
  const { items } = (await ask(clinician, 'GET', '/cases')).body;
  expect(items).toMatchObject([{ network: 'health', id: body.id, kind: 'illness-attestation' }]);
  expect(JSON.stringify(await city.audit.list({ before: 0, limit: 100, wanted: () => true }))).not.toContain('CANARY');
});

test('a form that is wrong asks nobody for anything', async () => {
  const values = { identity: 'CANARY 1', account: ID, amountFen: '100' };
  const { status, body } = await ask(clerk, 'POST', HOUSING, { agency: 'fund-centre', values });

  expect([status, body.errors]).toMatchObject([422, [{ field: 'values.identity', code: 'format' }]]);
  expect([gateway.askedOthers, gateway.prepared]).toEqual([[], []]);
});

test('asking uses the consent for exactly the question that goes out, and goes on where it stopped', async () => {
  gateway.records.set(APPLICATION, openApplication);
  gateway.records.set(CONSENT, { status: 'granted', grant });
  gateway.answers.set('IssueLinkToken', { token: HASH });
  const late = await step(clerk, 'fund-centre', 'ask', { consent: HASH });
  expect(late).toMatchObject({ status: 503, body: { code: 'LEDGER_UNREACHABLE', reason: 'HEADER_LATE' } });
  expect(preparedOnes()).toEqual(['city.consent@v1 consume requester']);
  const { consent, requestHash } = objectIn(gateway.prepared[0]?.args) as { consent: string; requestHash: string };
  expect(consent).toBe(HASH);

  gateway.records.set(`city.consent/consumptions/${requestHash}`, { status: 'consumed', requestHash });
  expect(await step(clerk, 'fund-centre', 'ask', { consent: HASH })).toMatchObject({ status: 201 });
  expect(preparedOnes().slice(1)).toEqual(['housing.withdrawal@v1 requestView centre']);
  const { request, consumption } = objectIn(gateway.prepared[1]?.args) as {
    request: Parameters<typeof viewRequestHashOf>[1];
    consumption: JsonObject;
  };
  expect(viewRequestHashOf(nodeCrypto.sha256, request)).toBe(requestHash);
  expect(request).toMatchObject({ custodian: 'hospital-2', requester: 'fund-centre', requesterNetwork: 'jincheng-housing-1' });
  expect(consumption).toMatchObject({ proof: { peer: 'jincheng-city-1', headerHeight: 7 }, record: { requestHash } });
  const [first, second] = askedOnes();
  expect(first).toMatchObject({ audience: 'civil-affairs', args: { citySubject: ID, audience: 'hospital-2' } });
  expect(second?.args['wish']).toBe(first?.args['wish']);
});

test('an agency without the role on a ledger that a step needs is told so, before anything is done', async () => {
  gateway.records.set(APPLICATION, openApplication);
  const other = city.tokenOf(aPerson({ sub: 'other', organizations: { 'fund-2': ['operator'] } }));

  expect(await step(other, 'fund-2', 'ask', { consent: HASH })).toMatchObject({ status: 403, body: { reason: 'role-missing' } });
  expect(await step(banker, 'bank-2', 'approve')).toMatchObject({ status: 403, body: { reason: 'role-missing' } });
  expect([gateway.askedOthers, gateway.prepared]).toEqual([[], []]);
});

test('a consent that is not there, and an answer that says too little, change nothing', async () => {
  gateway.records.set(APPLICATION, openApplication);
  expect(await step(clerk, 'fund-centre', 'ask', { consent: HASH })).toMatchObject({ status: 404 });
  gateway.records.set(CONSENT, { status: 'granted', grant });
  gateway.answers.set('IssueLinkToken', {});
  expect(await step(clerk, 'fund-centre', 'ask', { consent: HASH })).toMatchObject({ status: 409, body: { reason: 'ANSWER_ODD' } });
  gateway.records.set(CONSENT, { status: 'granted' });
  expect(await step(clerk, 'fund-centre', 'ask', { consent: HASH })).toMatchObject({ status: 409, body: { reason: 'ANSWER_ODD' } });
  expect(gateway.prepared).toEqual([]);
});

test('the hospital is offered the questions that wait for it, and releases to the patient whom the registrar names', async () => {
  const path = `/networks/health/cases/${ID}`;
  gateway.records.set(`health.attestation/attestations/${ID}`, { status: 'confirmed', uses: [], history: [] });
  expect((await ask(clinician, 'GET', path)).body.forms.map((form: { step: string }) => form.step)).toEqual(['revoke']);
  gateway.lists.set('waiting', { requests: [{ requestHash: HASH, dueUnixMs: 1 }], next: null });
  const { forms } = (await ask(clinician, 'GET', path)).body;
  expect(forms[0]).toMatchObject({ step: 'release', fields: [{ name: 'requestHash', kind: 'choice', choices: [HASH] }] });

  const release = { agency: 'hospital-2', step: 'release', values: { requestHash: HASH } };
  expect(await ask(clinician, 'POST', `${path}/steps`, release)).toMatchObject({ status: 404 });
  gateway.records.set(`health.access/requests/${HASH}`, { status: 'waiting', request: { handle: 'H'.repeat(43) } });
  gateway.answers.set('Resolve', { subject: ID });
  expect(await ask(clinician, 'POST', `${path}/steps`, release)).toMatchObject({ status: 201 });
  expect(askedOnes()).toEqual([{ audience: 'civil-affairs', method: 'Resolve', args: { token: 'H'.repeat(43) } }]);
  expect(objectIn(gateway.prepared[0]?.args)).toEqual({ requestHash: HASH, attestation: ID, subject: ID });
});

test('the answer is collected from whoever was asked, its receipt told, and attached', async () => {
  gateway.records.set(APPLICATION, { ...openApplication, views: [HASH] });
  gateway.records.set(`housing.withdrawal/views/${HASH}`, {
    ...{ status: 'answered', requestHash: HASH, source: 'jincheng-health-1', reference: 'r1', request: { custodian: 'hospital-2' } },
  });
  const value = { amountBand: '50k-200k', answer: true };
  gateway.answers.set('Collect', { value, salt: HASH });

  expect(await step(clerk, 'fund-centre', 'attach')).toMatchObject({ status: 201 });
  const args = { network: 'jincheng-health-1', accessKey: `health.access/records/${HASH}`, reference: 'r1' };
  expect(askedOnes()).toEqual([{ audience: 'hospital-2', method: 'Collect', args }]);
  expect(preparedOnes()).toEqual(['health.access@v1 received requester', 'housing.withdrawal@v1 attachView centre']);
  expect(objectIn(gateway.prepared[1]?.args)).toEqual({ requestHash: HASH, value, salt: HASH });
});

test('a bank sees what it pays, and that the rest is not shown to it', async () => {
  gateway.records.set(APPLICATION, { ...openApplication, status: 'approved', amountFen: 500, views: [HASH] });
  gateway.records.set(`housing.withdrawal/views/${HASH}`, { hidden: true });
  const { status, body } = await ask(banker, 'GET', `${HOUSING}/${ID}`);

  expect([status, body.status, body.forms.map((form: { step: string }) => form.step)]).toEqual([200, 'approved', ['pay']]);
  expect(body.stages.map(({ name, state }: { name: string; state: string }) => `${name} ${state}`)).toEqual([
    'application there',
    'question hidden',
    'consent-use hidden',
    'answer hidden',
  ]);
  expect(await step(banker, 'bank-2', 'pay', { bankReference: 'pay-0001' })).toMatchObject({ status: 201 });
  expect(objectIn(gateway.prepared[0]?.args)).toEqual({ application: ID, amountFen: 500, bankReference: 'pay-0001' });
});

test('a withdrawal waits for the counter, then for nobody while the hospital answers, then for the bank', async () => {
  gateway.answers.set('Assign', { subject: ID });
  const { body } = await ask(
    clerk,
    'POST',
    HOUSING,
    { agency: 'fund-centre', values: { identity: IDENTITY, account: ID, amountFen: '100' } },
    { 'idempotency-key': 'turns' },
  );
  const waiting = async (token: string) => {
    const { items } = (await ask(token, 'GET', '/waiting-cases')).body;
    return items.filter((item: { id: string }) => item.id === body.id).map(({ steps }: { steps: string[] }) => steps.join());
  };
  const application = `housing.withdrawal/applications/${body.id}`;
  gateway.records.set(application, openApplication);
  expect([await waiting(clerk), await waiting(banker), await waiting(clinician)]).toEqual([['ask'], [], []]);
  gateway.records.set(application, { ...openApplication, views: [HASH] });
  gateway.records.set(`housing.withdrawal/views/${HASH}`, { status: 'asked' });
  // They could still reject or cancel it: that is no turn of theirs.
  expect(await waiting(clerk)).toEqual([]);
  gateway.records.set(application, { ...openApplication, status: 'proven', views: [HASH] });
  expect(await waiting(clerk)).toEqual(['approve']);
  gateway.records.set(application, { ...openApplication, status: 'approved', amountFen: 1, views: [HASH] });
  expect([await waiting(clerk), await waiting(banker)]).toEqual([[], ['pay']]);
});

import {
  encodeCanonical,
  encodeOperation,
  hashOf,
  type Json,
  type JsonObject,
  type Operation,
  operationSignBytes,
  parseOperation,
  verifySignature,
} from '@civitas/canon';
import { nodeCrypto } from '@civitas/canon/node';
import { spiffe } from '@civitas/deployment';
import type { Principal } from '@civitas/identity';
import { PersonServiceClient, type PrepareRequest, type PrepareResponse, StandIn } from '@civitas/proto/civitas/node/v1/person';
import { aKeyPair } from '@civitas/testkit';
import { afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import {
  aClient,
  ask,
  CHAIN,
  closeGateway,
  HOSPITAL,
  hospital,
  ledger,
  openGateway,
  people,
  prepareGateway,
  refusalOf,
  vault,
} from '../testing/test-gateway.ts';

const OWNER: Principal = {
  sub: 'owner-of-hospital-1',
  name: 'Wang Fang',
  platformRoles: [],
  organizations: { 'hospital-1': ['owner'] },
  acr: '1',
  authTimeUnixS: 0,
  azp: 'console',
};
const call = { token: 'owner', organisation: 'hospital-1' };
const INTENT = new Uint8Array(16).fill(3);
let client: PersonServiceClient;

beforeAll(prepareGateway);
beforeEach(async () => {
  await openGateway();
  client = await aClient(PersonServiceClient, spiffe.console(CHAIN));
  people.tokens.set('owner', OWNER);
  people.tokens.set('auditor', { ...OWNER, sub: 'auditor', organizations: { 'hospital-1': ['auditor'] } });
  people.tokens.set('clerk', { ...OWNER, sub: 'clerk', organizations: { 'hospital-1': ['operator'] } });
});
afterEach(closeGateway);

function prepare(overrides: Partial<PrepareRequest> = {}, args: JsonObject = { id: 'a' }): Promise<PrepareResponse> {
  const frame = { contract: 'health.index@v1', method: 'register', role: 'custodian', idempotencyKey: INTENT };
  const request = { call, ...frame, privateValues: undefined };
  return ask(client.prepare.bind(client), { ...request, args: encodeCanonical(args), ...overrides });
}
const submit = (body: Uint8Array, token = 'owner') =>
  ask(client.submitPrepared.bind(client), { call: { ...call, token }, body, coSignatures: [] });

function operationOf(body: Uint8Array): Operation {
  const parsed = parseOperation(new Uint8Array(body));
  if (!parsed.ok) throw new Error(parsed.refusal.code);
  return parsed.value;
}

test('what a person has prepared and submits goes out under the key of their organisation and their pseudonym', async () => {
  const { body, operationHash } = await prepare();
  const answer = await submit(body);

  expect(answer.operationHash).toEqual(operationHash);
  const [signed] = ledger.bundles.flatMap(({ operations }) => operations);
  expect(signed?.body).toEqual(body);
  const { actor, organisation, idempotencyKey, args } = operationOf(body);
  expect({ organisation, args, idempotencyKey }).toEqual({ organisation: 'hospital-1', args: { id: 'a' }, idempotencyKey: INTENT });
  expect(actor).toMatch(/^p\.[A-Za-z0-9_-]{24}$/);
  expect(JSON.stringify(operationOf(body))).not.toContain(OWNER.sub);
  const message = operationSignBytes(signed?.body ?? body);
  expect(verifySignature(nodeCrypto, { message, signature: signed?.signature ?? message, publicKey: hospital.publicKey })).toBe(true);
});

test('a body is submitted by the person alone who had it prepared, at the gateway that did', async () => {
  const { body } = await prepare();
  const operation = operationOf(body);
  const changed = (change: Partial<Operation>) => submit(encodeOperation({ ...operation, ...change }));

  expect(await refusalOf(submit(body, 'clerk'))).toMatchObject({ code: 'PREPARED_FOREIGN' });
  expect(await refusalOf(changed({ keyId: aKeyPair('another').keyId }))).toMatchObject({ code: 'PREPARED_FOREIGN' });
  expect(await refusalOf(changed({ organisation: 'fund-centre' as Operation['organisation'] }))).toMatchObject({
    code: 'PREPARED_FOREIGN',
  });
  expect((await refusalOf(changed({ genesis: hashOf(new Uint8Array(32)) }))).code).not.toBe('PREPARED_FOREIGN');
  expect(ledger.bundles).toHaveLength(0);
});

test('what a body may do is judged again when it comes back', async () => {
  const { body } = await prepare();
  people.tokens.set('owner', { ...OWNER, organizations: { 'hospital-1': ['auditor'] } });

  expect(await refusalOf(submit(body))).toMatchObject({ code: 'PERSON_NOT_ALLOWED' });
});

test('governance is prepared only with a fresh second factor', async () => {
  const governed = { contract: 'network.members@v1', method: 'approve', role: 'member' };

  expect(await refusalOf(prepare(governed))).toMatchObject({ code: 'STEP_UP_NEEDED' });
  people.tokens.set('owner', { ...OWNER, acr: '2', authTimeUnixS: Math.floor(Date.now() / 1000) });
  expect((await prepare(governed)).coSignBytes.length).toBeGreaterThan(0);
});

test('a token that does not hold, a role that is too little, another agency and a missing provider are each told apart', async () => {
  expect(await refusalOf(prepare({ call: { ...call, token: 'forged' } }))).toMatchObject({ code: 'TOKEN_SIGNATURE' });
  expect(await refusalOf(prepare({ call: undefined }))).toMatchObject({ code: 'TOKEN_SIGNATURE' });
  expect(await refusalOf(prepare({ call: { ...call, token: 'auditor' } }))).toMatchObject({ code: 'PERSON_NOT_ALLOWED' });
  expect(await refusalOf(prepare({ call: { ...call, organisation: 'fund-centre' } }))).toMatchObject({ code: 'PERSON_NOT_ALLOWED' });
  people.tokens.set('elsewhere', { ...OWNER, organizations: { 'fund-centre': ['owner'] } });
  const elsewhere = { token: 'elsewhere', organisation: 'fund-centre' };
  expect(await refusalOf(prepare({ call: elsewhere }))).toMatchObject({ code: 'NOT_FOUND' });
  people.provider = 'down';
  expect(await refusalOf(prepare())).toMatchObject({ code: 'IDENTITY_UNREACHABLE' });
  people.provider = 'none';
  expect(await refusalOf(prepare())).toMatchObject({ code: 'PERSONS_NOT_SERVED' });
  expect(await refusalOf(submit(new Uint8Array(1)))).toMatchObject({ code: 'PERSONS_NOT_SERVED' });
});

test('a body that no ledger takes is told before anybody signs it', async () => {
  expect(await refusalOf(prepare({ contract: 'no contract' }))).toMatchObject({ code: 'MALFORMED' });
  expect(await refusalOf(prepare({ method: 'no method!' }))).toMatchObject({ code: 'MALFORMED' });
  expect(await refusalOf(prepare({ idempotencyKey: new Uint8Array(15) }))).toMatchObject({ code: 'MALFORMED' });
  expect(await refusalOf(prepare({ args: new Uint8Array([1]) }))).toMatchObject({ code: 'JSON_MALFORMED' });
  expect(await refusalOf(prepare({}, { text: 'x'.repeat(70_000) }))).toMatchObject({ code: 'ARGUMENTS_TOO_LARGE' });
});

test('an organisation itself, its nodes and the operator are not asked in person', async () => {
  for (const uri of [HOSPITAL, spiffe.operator(CHAIN), spiffe.node(CHAIN, 'hospital-1', 'health-1')]) {
    const other = await aClient(PersonServiceClient, uri);
    const asked = ask(other.viewAs.bind(other), { call, contract: 'health.index@v1', view: 'find', args: new Uint8Array(0) });
    expect(await refusalOf(asked)).toMatchObject({ code: 'NOT_AUTHORISED' });
  }
});

test('a private value stays in the vault of the gateway: the body carries what stands for it', async () => {
  const value = (json: Json): Uint8Array => encodeCanonical(json);
  const privateValues = {
    ...{ subjectField: 'subject', collection: 'documents', referenceField: 'reference' },
    values: [
      { field: 'subject', standIn: StandIn.STAND_IN_PSEUDONYM, value: value('CANARY-1') },
      { field: 'digest', standIn: StandIn.STAND_IN_COMMITMENT, value: value({ sha256: 'CANARY-2' }) },
    ],
  };
  const { body } = await prepare({ privateValues });
  const { args } = operationOf(body);

  expect(Object.keys(args).sort()).toEqual(['digest', 'id', 'reference', 'subject']);
  expect(JSON.stringify(args)).not.toContain('CANARY');
  expect(vault.read(String(args['reference']))).toMatchObject({ ok: true });
  const wrong = { ...privateValues, values: [{ field: 'x', standIn: StandIn.STAND_IN_UNSPECIFIED, value: value(1) }] };
  expect(await refusalOf(prepare({ privateValues: wrong }))).toMatchObject({ code: 'MALFORMED' });
  const broken = { ...privateValues, values: [{ field: 'x', standIn: StandIn.STAND_IN_COMMITMENT, value: new Uint8Array([1]) }] };
  expect(await refusalOf(prepare({ privateValues: broken }))).toMatchObject({ code: 'JSON_MALFORMED' });
});

test('a record is read under the roles of the organisation, and no citizen is served where there is no portal', async () => {
  const read = { call, key: 'health.index/documents/x' };
  expect(await refusalOf(ask(client.readAs.bind(client), read))).toMatchObject({ code: 'NOT_FOUND' });
  const forged = { call: { ...call, token: 'forged' }, key: read.key };
  expect(await refusalOf(ask(client.readAs.bind(client), forged))).toMatchObject({ code: 'TOKEN_SIGNATURE' });
  const asked = { token: 'owner', portal: 'citizen-portal', method: 'list', args: encodeCanonical({}), idempotencyKey: new Uint8Array(0) };
  expect(await refusalOf(ask(client.asCitizen.bind(client), asked))).toMatchObject({ code: 'PERSONS_NOT_SERVED' });
});

test('a view is asked under the roles of the organisation', async () => {
  const asked = ask(client.viewAs.bind(client), {
    call: { ...call, token: 'auditor' },
    contract: 'health.index@v1',
    view: 'find',
    args: new Uint8Array(0),
  });

  // This gateway runs no contract: what is refused here is the view, not the person.
  expect(await refusalOf(asked)).toMatchObject({ code: 'NOT_FOUND' });
});

import { type JsonObject, keyIdOf } from '@civitas/canon';
import { nodeCrypto } from '@civitas/canon/node';
import { aKeyPair } from '@civitas/testkit';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { Agency } from '../core/resources/agency.ts';
import type { RunningControllers } from './controllers/start-controllers.ts';
import { applyCity, createNamespaces, isAvailable, NAMESPACE, startOperator, waitUntil } from './testing/city-fixture.ts';
import { createFakeLedger, type FakeLedger } from './testing/fake-ledger.ts';
import { type FakeWorld, startFakeWorld } from './testing/fake-world.ts';
import { ourResource, startTestCluster, type TestCluster } from './testing/test-cluster.ts';

const agencies = ourResource<Agency>('agencies');
const AGENCY = 'civil-affairs';
const person = aKeyPair('chief clerk');
const PERSON_RECORD = `network.members/keys/${keyIdOf(nodeCrypto.sha256, person.publicKey)}`;
const publicKey = Buffer.from(person.publicKey).toString('base64url');
const WAIT_MS = 60_000;
const OCTET = 146;

let cluster: TestCluster;
let world: FakeWorld;
let ledger: FakeLedger;
let controllers: RunningControllers;
let stopping: AbortController;

beforeEach(async () => {
  cluster = await startTestCluster(OCTET);
  await createNamespaces(cluster.client);
  ledger = createFakeLedger();
  world = startFakeWorld(cluster.client, NAMESPACE, OCTET, { city: ledger });
  stopping = new AbortController();
  controllers = await startOperator(cluster.client, stopping.signal);
  await applyCity(cluster.client);
  expect(await waitUntil(() => isAvailable(cluster.client, 'city'), WAIT_MS)).toBe(true);
}, 120_000);

afterEach(async () => {
  stopping.abort();
  await controllers?.stop();
  await world?.stop();
  await cluster?.stop();
});

const nameApprover = () =>
  cluster.client.mergePatch(
    agencies,
    { name: AGENCY },
    { spec: { approvers: [{ name: 'chief-clerk', publicKey }] } },
    { fieldManager: 'test' },
  );

/** Keys that the operator has proposed to enrol. */
function proposedKeys(): readonly JsonObject[] {
  return [...ledger.records.values()].flatMap((record) => {
    const change = record['change'] as JsonObject | undefined;
    const keys = change?.['keys'] ?? (change?.['organisation'] as JsonObject | undefined)?.['keys'];
    return Array.isArray(keys) ? (keys as JsonObject[]) : [];
  });
}

test('an approver that an agency names later is proposed to the members like any other key', async () => {
  await nameApprover();
  const isProposed = () => proposedKeys().some((key) => key['publicKey'] === publicKey);
  expect(await waitUntil(async () => isProposed(), WAIT_MS)).toBe(true);
  expect(proposedKeys().find((key) => key['publicKey'] === publicKey)).toEqual({ publicKey, use: 'approver', label: 'chief-clerk' });
}, 120_000);

test('a key that another member has on the ledger is not proposed, and the agency says whose it is', async () => {
  ledger.records.set(PERSON_RECORD, { publicKey, use: 'approver', label: 'director', organisation: 'police', status: 'active' });
  await nameApprover();
  const message = async () => (await cluster.client.get(agencies, { name: AGENCY })).status?.memberships?.[0]?.message ?? '';
  expect(await waitUntil(async () => (await message()).includes('is that of police'), WAIT_MS)).toBe(true);
  expect(proposedKeys().some((key) => key['publicKey'] === publicKey)).toBe(false);
}, 120_000);

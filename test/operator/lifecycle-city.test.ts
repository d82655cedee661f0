import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createKubeClient, defineResource, type KubeClient, type KubeObject, readKubeConfigFile } from '@civitas/kube';
import { waitFor } from '@civitas/testkit';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { civitas } from '../e2e/commands.ts';
import { type RunningCity, startCity } from '../e2e/running-city.ts';

/** Real nodes, ledgers and relay on one machine. */
const WITHIN_MS = 90_000;
const NAMESPACE = 'jincheng';
const API = 'civitas.dev/v1alpha1';

interface Object extends KubeObject {
  readonly spec?: object;
  readonly status?: {
    readonly phase?: string;
    readonly conditions?: readonly { readonly type: string; readonly status: string; readonly reason?: string }[];
  };
}

const ours = (plural: string) => defineResource<Object>({ group: 'civitas.dev', version: 'v1alpha1', namespaced: true, plural });
const [memberships, grants, links, networks] = ['agencymemberships', 'ledgerlinkgrants', 'ledgerlinks', 'ledgernetworks'].map(ours) as [
  ReturnType<typeof ours>,
  ReturnType<typeof ours>,
  ReturnType<typeof ours>,
  ReturnType<typeof ours>,
];

let home = '';
let city: RunningCity | undefined;
let client: KubeClient;

beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), 'civitas-lifecycle-'));
  city = await startCity(home, { readyWithinMs: 200_000 });
  client = createKubeClient(readKubeConfigFile(join(home, 'kubeconfig')));
}, 240_000);

afterAll(async () => {
  client?.close();
  await city?.stop();
  rmSync(home, { recursive: true, force: true });
}, 60_000);

const at = (name: string) => ({ namespace: NAMESPACE, name });

/** A record as a ledger has it, read through a gateway; undefined where there is none. */
async function recordOf(network: string, key: string): Promise<Record<string, unknown> | undefined> {
  const { code, stdout } = await civitas(home, 'read', key, '-n', network, '--json');
  if (code !== 0) return undefined;
  const { value } = JSON.parse(stdout) as { value?: Record<string, unknown> | null };
  return value ?? undefined;
}

const conditionOf = async (link: string, type: string) =>
  (await client.get(links, at(link))).status?.conditions?.find((condition) => condition.type === type);

test('an AgencyMembership is enrolled on the ledger by its members, and ended there by them when it is to end', async () => {
  const metadata = { name: 'court-in-transport', namespace: NAMESPACE };
  const spec = { agencyRef: 'court-1', networkRef: 'transport' };
  await client.create(memberships, { apiVersion: API, kind: 'AgencyMembership', metadata, ...{ spec } });
  const stands = async (): Promise<unknown> => (await recordOf('transport', 'network.members/organisations/court-1'))?.['status'];
  await waitFor('the enrolment', async () => (await client.get(memberships, metadata)).status?.phase === 'Enrolled', WITHIN_MS);
  expect(await stands()).toBe('enrolled');

  await client.mergePatch(memberships, metadata, { spec: { ended: true } });
  await waitFor('the end', async () => (await client.get(memberships, metadata)).status?.phase === 'Removed', WITHIN_MS);
  expect(await stands()).toBe('removed');
  await client.delete(memberships, metadata);
  await waitFor('its going', async () => (await client.find(memberships, metadata)) === undefined, WITHIN_MS);
}, 240_000);

test('a LedgerLinkGrant closes a real ledger to whom it does not name, and its end opens it again', async () => {
  const metadata = { name: 'health-alone', namespace: NAMESPACE };
  const spec = { to: 'housing', from: ['health'] };
  const portsIn = async (): Promise<unknown> => (await recordOf('housing', 'links/jincheng-city-1/terms'))?.['portsIn'];
  await waitFor('the link', async () => (await conditionOf('city-housing', 'Granted'))?.status === 'True', WITHIN_MS);
  const before = await portsIn();
  expect(before).not.toEqual([]);

  await client.create(grants, { apiVersion: API, kind: 'LedgerLinkGrant', metadata, ...{ spec } });
  await waitFor('terms that let nothing in', async () => JSON.stringify(await portsIn()) === '[]', WITHIN_MS);
  await waitFor('the reason', async () => (await conditionOf('city-housing', 'Granted'))?.reason === 'NoGrant', WITHIN_MS);
  expect((await conditionOf('health-housing', 'Granted'))?.status).toBe('True');

  await client.delete(grants, metadata);
  await waitFor('terms as before', async () => JSON.stringify(await portsIn()) === JSON.stringify(before), WITHIN_MS);
  await waitFor('the link again', async () => (await conditionOf('city-housing', 'Granted'))?.status === 'True', WITHIN_MS);
}, 240_000);

test('a network whose data go with it is ended for good on the ledgers that heard it, before it goes', async () => {
  await client.mergePatch(networks, at('courts'), { spec: { deletionPolicy: { data: 'Delete' } } });
  await client.delete(networks, at('courts'));
  await waitFor('courts to be gone', async () => (await client.find(networks, at('courts'))) === undefined, WITHIN_MS * 2);
  for (const peer of ['city', 'transport']) expect((await recordOf(peer, 'links/jincheng-courts-1/client'))?.['status']).toBe('Tombstoned');
  expect((await recordOf('transport', 'links/jincheng-city-1/client'))?.['status']).toBe('Active');
}, 300_000);

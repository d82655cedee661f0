import { get, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { defineResource } from '@civitas/kube';
import { waitFor } from '@civitas/testkit';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type FakeGateway, startFakeGateway } from '../testing/fake-gateway.ts';
import { smallCity } from '../testing/small-city.ts';
import { aPerson, startTestConsole, type TestConsole } from '../testing/test-console.ts';
import { followLedgers } from './follow-ledgers.ts';
import { STREAMS_PER_PERSON_MAX } from './limits.ts';

const networks = defineResource({ group: 'civitas.dev', version: 'v1alpha1', plural: 'ledgernetworks', namespaced: true });

let city: TestConsole;
let gateway: FakeGateway;
let port = 0;
beforeAll(async () => {
  gateway = await startFakeGateway();
  city = await startTestConsole(134, { manifests: smallCity, ledgers: gateway.ledgers });
  await city.app.listen({ host: '127.134.0.2', port: 0 });
  port = (city.app.server.address() as AddressInfo).port;
}, 60_000);
afterAll(async () => {
  await city.stop();
  await gateway.stop();
});

interface Stream {
  readonly status: number;
  text(): string;
  close(): void;
}

function open(token: string, lastEventId?: string): Promise<Stream> {
  const headers = { authorization: `Bearer ${token}`, ...(lastEventId === undefined ? {} : { 'last-event-id': lastEventId }) };
  return new Promise((resolve, reject) => {
    const request = get({ host: '127.134.0.2', port, path: '/api/v1/events', headers, agent: false }, (response: IncomingMessage) => {
      let text = '';
      response.on('data', (chunk: Buffer) => {
        text += chunk.toString();
      });
      response.on('error', () => undefined);
      resolve({ status: response.statusCode ?? 0, text: () => text, close: () => request.destroy() });
    });
    request.on('error', reject);
  });
}

const touch = (name: string, note: string) =>
  city.admin.mergePatch(networks, { namespace: 'jincheng', name }, { metadata: { annotations: { note } } });
const idsIn = (text: string): string[] => [...text.matchAll(/^id: (\S+)$/gm)].map((match) => match[1] ?? '');
const seen = (stream: Stream, what: string): Promise<unknown> => waitFor(what, () => stream.text().includes(what), 30_000);

test('people hear of changes of what they may see, and of nothing else, and go on where they were', async () => {
  const token = city.tokenOf(aPerson({ sub: 'heard', organizations: { 'hospital-1': ['auditor'] } }));
  const stream = await open(token);
  expect(stream.status).toBe(200);
  await seen(stream, 'event: resync');
  await touch('housing', '1');
  await touch('health', '1');
  await seen(stream, '"name":"health"');
  expect(stream.text()).not.toContain('housing');
  const last = idsIn(stream.text()).at(-1) ?? '';
  stream.close();

  await touch('housing', '2');
  await touch('city', '1');
  await waitFor('the change in the cache', () => city.context.view.findNetwork('city')?.metadata.annotations?.['note'] === '1', 30_000);
  const resumed = await open(token, last);
  await seen(resumed, '"name":"city"');
  expect(resumed.text()).not.toContain('resync');
  expect(resumed.text()).not.toContain('housing');
  resumed.close();
});

test.each(['e0-999999999', 'other-1', 'e0-x', ''])('who comes back with %j is told to read everything again', async (id) => {
  const token = city.tokenOf(aPerson({ sub: 'back', platformRoles: ['platform-admin'] }));
  const stream = await open(token, id);
  await seen(stream, 'event: resync');
  stream.close();
});

test('one person does not take all streams there are, and one that is closed is free again', async () => {
  const token = city.tokenOf(aPerson({ sub: 'many' }));
  const streams: Stream[] = [];
  for (let index = 0; index < STREAMS_PER_PERSON_MAX; index++) streams.push(await open(token));
  expect((await open(token)).status).toBe(429);
  streams[0]?.close();
  const opened = async (): Promise<boolean> => {
    const stream = await open(token);
    if (stream.status === 200) streams.push(stream);
    return stream.status === 200;
  };
  expect(await waitFor('a free stream', opened, 30_000)).toBe(true);
  for (const stream of streams) stream.close();
});

test('a stream opens for nobody without a token that holds', async () => {
  const token = city.tokenOf(aPerson({ sub: 'no-token' }));
  expect((await open(`${token}-forged`)).status).toBe(401);
});

interface Told {
  readonly kind: string;
  readonly name: string;
  readonly resourceVersion: string;
}
const toldIn = (text: string): Told[] => [...text.matchAll(/^data: (\{".*\})$/gm)].map((match): Told => JSON.parse(match[1] ?? ''));
const linesIn = (text: string): string[] =>
  toldIn(text).map(({ kind, name, resourceVersion }) => `${kind} ${name} ${resourceVersion}`.trim());

test('people hear that ledgers which they may read have gone on, and of no other ledger and nothing of what happened there', async () => {
  const endFollowing = followLedgers(city.context);
  await waitFor('the streams of blocks', () => gateway.watchers.size === 3, 30_000);
  const member = await open(city.tokenOf(aPerson({ sub: 'member', organizations: { 'hospital-1': ['auditor'] } })));
  const nobody = await open(city.tokenOf(aPerson({ sub: 'nobody' })));
  const platform = await open(city.tokenOf(aPerson({ sub: 'platform', platformRoles: ['platform-admin'] })));
  for (const stream of [member, nobody, platform]) await seen(stream, 'event: resync');

  for (const [height, operations] of [
    [5, 1],
    [6, 0],
    [7, 2],
  ] as const) {
    gateway.tellBlock(height, operations);
    for (const name of ['city', 'health', 'housing'])
      await waitFor(`${name} ${height}`, () => linesIn(platform.text()).includes(`LedgerHead ${name} ${height}`), 30_000);
  }
  await waitFor('the last change', () => linesIn(platform.text()).includes('LedgerRecords housing 7'), 30_000);
  await waitFor('the last change', () => linesIn(member.text()).includes('LedgerRecords health 7'), 30_000);
  const ofHealth = linesIn(member.text()).filter((line) => line.includes('health'));
  expect(ofHealth).toEqual([
    'LedgerHead health 5',
    'LedgerRecords health 5',
    'LedgerHead health 6',
    'LedgerHead health 7',
    'LedgerRecords health 7',
  ]);
  expect(member.text()).not.toContain('housing');
  expect(toldIn(nobody.text())).toEqual([]);
  for (const told of toldIn(platform.text())) expect(Object.keys(told).sort()).toEqual(['kind', 'name', 'namespace', 'resourceVersion']);

  // What is cut is said, and followed again: what came meanwhile may have changed anything.
  const cut = new Set(gateway.watchers);
  for (const call of cut) call.end();
  await waitFor('that nobody answers', () => linesIn(member.text()).includes('LedgerHead health'), 30_000);
  await waitFor('new streams', () => [...gateway.watchers].filter((call) => !cut.has(call)).length === 3, 30_000);
  gateway.tellBlock(9, 0);
  await waitFor('what was missed', () => linesIn(member.text()).includes('LedgerRecords health 9'), 30_000);
  endFollowing();
  await waitFor('the end', () => gateway.watchers.size === 0, 30_000);
  for (const stream of [member, nobody, platform]) stream.close();
});

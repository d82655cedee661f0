import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { base64urlDecode, base64urlEncode, type JsonObject } from '@civitas/canon';
import { nodeCrypto } from '@civitas/canon/node';
import { PORTS } from '@civitas/deployment';
import { validatorOf, validatorsHash } from '@civitas/proofs';
import { type OtlpReceiver, openOtlpReceiver } from '@civitas/telemetry/testing';
import { waitFor } from '@civitas/testkit';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { TestNetwork, TestRelay } from '../testing/test-processes.ts';

const START_MS_MAX = 180_000;
let folder: string;
let city: TestNetwork;
let transport: TestNetwork;
let relay: TestRelay;
let collector: OtlpReceiver;

const LINK = { name: 'city-transport', from: 'city', to: 'transport', paused: false };

async function linkNetworks(): Promise<void> {
  const { genesis } = transport;
  if (genesis === undefined) throw new Error('not born');
  const set = genesis.validators.map(({ publicKey }) =>
    validatorOf(nodeCrypto.sha256, base64urlDecode(publicKey) ?? new Uint8Array(0), 10n),
  );
  const genesisHash = base64urlEncode(transport.genesisHash);
  const record = {
    chainId: transport.chainId,
    name: 'transport',
    domain: 'transport',
    city: 'jincheng',
    genesisHash,
    validatorsHash: base64urlEncode(validatorsHash(nodeCrypto.sha256, set)),
    predecessor: null,
  };
  const platform = { organisation: 'platform', role: 'platform' } as const;
  await city.execute({ ...platform, contract: 'city.registry@v1', method: 'register', args: record });
  await city.execute({
    organisation: 'civil-affairs',
    role: 'registrar',
    contract: 'city.registry@v1',
    method: 'confirm',
    args: { chainId: transport.chainId, genesisHash },
    coSigned: true,
  });
  const validators = genesis.validators.map(({ publicKey, power }) => ({ publicKey, power }));
  const change = { kind: 'createClient', chainId: transport.chainId, validators };
  await city.execute({ ...platform, contract: 'network.members@v1', method: 'propose', args: { change } });
}

async function setRules(): Promise<void> {
  const police = { organisation: 'traffic-police', role: 'rulemaker', contract: 'city.rulebook@v1' } as const;
  const values = { calendar: { holidays: [], workdays: [] }, appealDays: 15, penaltyPercentMax: 100, receiptCode: '12345678' };
  await transport.execute({ ...police, method: 'propose', args: { ruleSet: 'transport', version: 1, values } });
  await transport.execute({ ...police, method: 'approve', args: { ruleSet: 'transport', version: 1 }, coSigned: true });
  await transport.execute({ ...police, method: 'activate', args: { ruleSet: 'transport', version: 1, activeFromUnixMs: 0 } });
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'relay-e2e-'));
  const address = (last: number) => `127.${80 + (process.pid % 100)}.${(process.pid >> 8) % 250}.${last}`;
  city = new TestNetwork({
    domain: 'city',
    root: join(folder, 'city'),
    address: address(1),
    members: [
      { organisation: 'civil-affairs', roles: ['registrar', 'rulemaker'] },
      { organisation: 'traffic-police', roles: ['issuer', 'custodian'] },
    ],
  });
  transport = new TestNetwork({
    domain: 'transport',
    root: join(folder, 'transport'),
    address: address(2),
    members: [
      { organisation: 'traffic-police', roles: ['police', 'rulemaker'] },
      { organisation: 'bank-1', roles: ['bank'] },
    ],
  });
  relay = new TestRelay(join(folder, 'relay'), address(3));
  collector = await openOtlpReceiver(address(9));
  const tracing = { endpoint: collector.endpoint, samplePerMille: 1000 };
  await Promise.all([city, transport, relay].map((process) => process.prepare({ tracing })));
  await relay.enrol([city, transport]);
  relay.process.start('relay');
  city.process.start('serve');
  transport.process.start('serve');
  const relayKey = await relay.fetchKey().catch((cause: unknown) => {
    throw new Error(relay.process.log(), { cause });
  });
  await city.bear(undefined, relayKey);
  await transport.bear(city, relayKey);
  relay.writeConfig([city, transport], [LINK]);
  await linkNetworks();
  await setRules();
}, START_MS_MAX);

afterAll(async () => {
  await Promise.all([city.stop(), transport.stop(), relay.process.stop()]);
  await collector.close();
  rmSync(folder, { recursive: true, force: true });
});

let payments = 0;

/** Creates and pays a fine; in full, so that a packet for the receipt goes to the city. @returns the fine's id. */
async function payFine(): Promise<string> {
  payments += 1;
  const id = (text: string): string => base64urlEncode(nodeCrypto.sha256(new TextEncoder().encode(`${text} ${payments}`)).slice(0, 16));
  const fine = id('fine');
  const onUnixMs = Date.now() - 1000;
  await transport.execute({
    organisation: 'traffic-police',
    role: 'police',
    contract: 'transport.fine@v1',
    method: 'create',
    args: {
      id: fine,
      violation: null,
      officer: 'officer-1',
      amountFen: 20_000,
      article: 157,
      vehicleClass: 'A',
      points: 0,
      dismissal: null,
      onUnixMs,
    },
  });
  await transport.execute({
    organisation: 'bank-1',
    role: 'bank',
    contract: 'transport.fine@v1',
    method: 'pay',
    args: { fine, eventId: id('event'), onUnixMs, amountFen: 20_000, channel: 'bank', paymentReference: id('payment') },
  });
  return fine;
}

const fineOf = (fine: string): Promise<JsonObject | undefined> => transport.read(`transport.fine/fines/${fine}`, 'traffic-police');
const issued = (fine: string) => async () => (await fineOf(fine))?.['receiptStatus'] === 'issued';

test('a packet goes to the other network, is executed there, and its acknowledgement comes back', async () => {
  const fine = await payFine();
  await waitFor('receipt issued', issued(fine), 60_000);
  const receipt = String((await fineOf(fine))?.['receipt']);

  expect(await city.read(`city.fiscal-receipt/receipts/${receipt}`, 'civil-affairs')).toMatchObject({ status: 'issued' });
  expect(await transport.read(`links/${city.chainId}/counter`, 'traffic-police')).toMatchObject({ inFlight: 0 });
}, 180_000);

test('the traces of both networks link to that of the packet, and nothing of its content is in them', async () => {
  const spanOf = (name: string, node: string) =>
    collector.spans.find((span) => span.name === name && span.resource['node'] === node && span.links.length > 0);
  const [sent, packet] = await waitFor(
    'spans of the packet',
    async () => {
      const found = [spanOf('block.execute', 'transport-0'), spanOf('packet', 'relay-0')] as const;
      return found.includes(undefined) ? undefined : found;
    },
    60_000,
  );
  const [delivered] = packet?.links ?? [];
  const received = await waitFor(
    'spans of the delivery',
    async () => collector.spans.find(({ traceId, resource }) => traceId === delivered?.traceId && resource['node'] === 'city-0'),
    60_000,
  );

  expect(sent?.links.map(({ traceId }) => traceId)).toContain(packet?.traceId);
  expect(received.traceId).not.toBe(sent?.traceId);
  const namesSent = () => [...new Set(collector.spans.filter(({ traceId }) => traceId === sent?.traceId).map(({ name }) => name))].sort();
  // What one moment made may come in two exports.
  await waitFor('the span of the operation', () => namesSent().includes('operation'), 60_000);
  expect(namesSent()).toEqual(['block.execute', 'block.persist', 'operation']);
  expect(collector.text()).not.toContain('officer-1');
  // From here on the collector is a black hole: everything below goes on all the same.
  collector.goSilent();
}, 300_000);

test('a relay killed at any moment loses nothing and doubles nothing', async () => {
  const fines: string[] = [];
  for (let round = 0; round < 3; round++) {
    fines.push(await payFine());
    await relay.process.stop('SIGKILL');
    relay.process.start('relay');
  }
  for (const fine of fines) await waitFor(`receipt of ${fine}`, issued(fine), 60_000);
  const counter = await transport.read(`links/${city.chainId}/counter`, 'traffic-police');

  expect(counter).toMatchObject({ lastSequence: 4, inFlight: 0, acknowledged: 4, timedOut: 0 });
  expect(await city.read(`links/${transport.chainId}/counter`, 'civil-affairs')).toMatchObject({ received: 4 });
}, 300_000);

test('a node killed while packets are under way comes back, asks for its grant anew, and they arrive', async () => {
  const fine = await payFine();
  await city.process.stop('SIGKILL');
  city.process.start('serve');
  const status = await city.status();
  expect(['AwaitingGrant', 'AwaitingGenesis']).toContain(status.phase);
  await city.grant();
  await waitFor('receipt issued', issued(fine), 60_000);
}, 300_000);

test('a genesis that differs from the one in force changes nothing and is reported', async () => {
  const before = (await city.status()).genesisHash;
  city.process.write(city.process.pathOf('genesis'), '{"another":"genesis"}');
  const status = await waitFor(
    'mismatch reported',
    async () => {
      const now = await city.status();
      return now.genesisMismatch ? now : undefined;
    },
    60_000,
  );

  expect(Buffer.from(status.genesisHash)).toEqual(Buffer.from(before));
}, 180_000);

test('a relay refuses what is for validators with NOT_A_VALIDATOR', async () => {
  expect(await relay.refusalOfGrant()).toBe('NOT_A_VALIDATOR');
});

test('the metrics of node and relay carry their final names', async () => {
  const scrape = async (address: string) => (await fetch(`http://${address}:${PORTS.metrics}/metrics`)).text();
  const [node, relayed] = await Promise.all([scrape(transport.process.address), scrape(relay.process.address)]);

  expect(node).toMatch(/civitas_block_height\{network="jincheng-transport-1",node="transport-0"\} \d+/);
  expect(node).toMatch(/civitas_link_packets_in_flight\{peer="jincheng-city-1".*\} 0/);
  expect(relayed).toMatch(
    /civitas_relay_packets_total\{source="jincheng-transport-1",destination="jincheng-city-1",result="acknowledged".*\} [1-9]/,
  );
});

test('a relay that is told to probe tries both networks and both directions, and nothing stays open', async () => {
  relay.writeConfig([city, transport], [LINK], { probeIntervalMs: 1000 });
  const names = [city, transport].map(({ chainId }) => chainId);
  const wanted = [
    ...names.map((network) => `civitas_probe_operations_total{network="${network}",result="ok"`),
    ...names.map((source, at) => `civitas_probe_packets_total{source="${source}",destination="${names[1 - at]}",result="ok"`),
  ];
  await waitFor(
    'probes of both networks and directions',
    async () => {
      const text = await (await fetch(`http://${relay.process.address}:${PORTS.metrics}/metrics`)).text();
      return wanted.every((name) => text.includes(name)) ? text : undefined;
    },
    60_000,
  );
  relay.writeConfig([city, transport], [LINK]);

  expect(await transport.read(`links/${city.chainId}/counter`, 'traffic-police')).toMatchObject({ inFlight: 0 });
}, 180_000);

test('a node without a genesis serves AdminService alone, and ends in order when it is told to', async () => {
  const members = [{ organisation: 'court-1', roles: ['court'] }];
  const address = city.process.address.replace(/\d+$/, '4');
  const courts = new TestNetwork({ domain: 'courts', root: join(folder, 'courts'), address, members });
  await courts.prepare();
  courts.process.start('serve');

  expect(await courts.status()).toMatchObject({ phase: 'AwaitingGenesis', height: 0n, signing: false });
  expect((await fetch(`http://${address}:${PORTS.metrics}/readyz`)).status).toBe(503);
  expect(await courts.process.stop()).toBe(0);
  await courts.stop();
}, 180_000);

test('a process told to stop ends in order, before its patience is over, with exit code 0', async () => {
  const processes = [transport.process, relay.process];
  const before = processes.map((process) => process.log().length);
  const codes = await Promise.all(processes.map((process) => process.stop()));

  expect(codes).toEqual([0, 0]);
  for (const [at, process] of processes.entries()) {
    // Its last words may come after its end.
    const said = await waitFor('its last words', () => /"event":"(stopped|stop-[^"]*)"/.exec(process.log().slice(before[at]))?.[1]);
    expect(said).toBe('stopped');
  }
});

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { base64urlEncode, type JsonObject, parseCanonical } from '@civitas/canon';
import { nodeCrypto } from '@civitas/canon/node';
import { parseReceipt, proofToJson } from '@civitas/proofs';
import { afterEach, expect, test } from '@jest/globals';
import { acknowledgementKey, outKey, receiptKey } from '../../core/links/records.ts';
import { failedPacketOf } from './failed-packets.ts';
import { aBundle, anEnvelope, type OperationParts, probe, relayKey } from './ledger-fixture.ts';
import type { LedgerHost } from './ledger-host.ts';
import { aLink, CITY, HEALTH, resultOf, statuses } from './link.fixture.ts';
import { openLedgerHost } from './open-ledger-host.ts';
import { type SimulatedLedger, updatesFrom } from './simulated-ledger.fixture.ts';

const MINUTE_MS = 60_000;
const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/** The health ledger as a node runs it, beside a city ledger that it is linked to. Both clocks are the test's. */
async function aRunningLink() {
  const { city, health } = aLink();
  const { network } = health;
  const dataDir = mkdtempSync(join(tmpdir(), 'civitas-failed-packets-'));
  folders.push(dataDir);
  let nowMs = network.genesis.genesisTimeUnixMs;
  let intent = 0;
  const open = (): Promise<LedgerHost> =>
    openLedgerHost({
      dataDir,
      genesis: network.genesisBytes,
      consensusKey: { publicKey: network.consensus.publicKey, sign: (message) => network.consensus.sign(message) },
      crypto: nodeCrypto,
      clock: { nowUnixMs: () => nowMs, setTimer: () => () => undefined },
      log: { error: () => undefined },
      options: { signing: { granted: () => true, onChange: () => () => undefined }, contracts: [probe] },
    });
  let host = await open();
  const run = async (parts: Partial<OperationParts>): Promise<ReturnType<typeof resultOf>> => {
    const expiresAtUnixMs = host.status().timeUnixMs + 10 * MINUTE_MS;
    const [stored] = await host.submit(aBundle(network, [anEnvelope(network, { expiresAtUnixMs, intent: ++intent, ...parts })]));
    const receipt = parseReceipt(stored?.bytes ?? new Uint8Array());
    if (!receipt.ok) throw new Error(receipt.refusal.code);
    return resultOf(receipt.value);
  };
  return {
    city,
    host: () => host,
    pass: (ms: number) => {
      nowMs += ms;
    },
    put: (id: string) => run({ args: { id, value: 'v' } }),
    send: (value: JsonObject) => run({ method: 'send', args: { to: CITY, timeoutUnixMs: nowMs + MINUTE_MS, value } }),
    relay: (method: string, args: JsonObject) =>
      run({ contract: 'links@v1', method, args, organisation: 'platform', role: 'relay', key: relayKey }),
    reopen: async () => {
      await host.close();
      host = await open();
    },
  };
}

/** `receive` of packets of a running ledger, proven under its newest header. */
function deliver(host: LedgerHost, city: SimulatedLedger, sequences: readonly number[]) {
  const headerHeight = host.status().height;
  const open = host.links.outbox(CITY, 0, 256);
  const packets = sequences.map((sequence) => {
    const packet = parseCanonical(open.find((entry) => entry.sequence === sequence)?.packet ?? new Uint8Array(), 65_536);
    const proven = host.prove(outKey(CITY, sequence), headerHeight);
    if (!packet.ok || proven === undefined) throw new Error(`packet ${sequence} cannot be proven`);
    return { packet: packet.value, proof: proofToJson(proven.proof) };
  });
  const lightBlocks = [base64urlEncode(host.lightBlock(headerHeight) ?? new Uint8Array())];
  const delivered = city.relay('receive', { peer: HEALTH, headerHeight, packets, updates: [{ peer: HEALTH, lightBlocks }] });
  city.block();
  return statuses(delivered);
}

const underNewest = (city: SimulatedLedger, packets: readonly JsonObject[]): JsonObject => ({
  ...{ peer: CITY, headerHeight: city.height },
  ...{ packets: [...packets], updates: updatesFrom(city, city.height) },
});

function acknowledged(city: SimulatedLedger, sequence: number): JsonObject {
  const { value, proof } = city.prove(acknowledgementKey(HEALTH, sequence), city.height);
  return { sequence, acknowledgement: value ?? {}, proof };
}

test('a packet that the peer refused, one it never got and one it never answered stand there with their reasons, newest first', async () => {
  const link = await aRunningLink();
  const { city } = link;
  const sentAtUnixMs: number[] = [];
  for (const value of [{ n: 1 }, { fail: true }, { n: 3 }, { deferUntil: city.nextTimeUnixMs + MINUTE_MS }]) {
    await link.send(value);
    sentAtUnixMs.push(link.host().status().timeUnixMs);
  }
  await link.put('after');
  expect(deliver(link.host(), city, [1, 2, 4])).toEqual(['received', 'received', 'received']);
  await link.relay(
    'acknowledge',
    underNewest(
      city,
      [1, 2, 4].map((sequence) => acknowledged(city, sequence)),
    ),
  );
  const refusedAt = link.host().status().height;
  expect(link.host().links.failed(CITY, 10)).toMatchObject([{ sequence: 2, end: 'refused', endedAtHeight: refusedAt }]);

  city.block([], 2 * MINUTE_MS);
  city.block();
  link.pass(3 * MINUTE_MS);
  await link.put('later');
  const absent = { sequence: 3, proof: city.prove(receiptKey(HEALTH, 3), city.height).proof };
  await link.relay('timeout', underNewest(city, [absent, acknowledged(city, 4)]));

  const failed = link.host().links.failed(CITY, 10);
  const ports = { sourcePort: 'test.probe', port: 'test.probe', senderFault: '', reason: '', retriable: false };
  expect(failed).toMatchObject([
    { sequence: 4, end: 'not-answered', code: '', ...ports },
    { sequence: 3, end: 'not-received', code: '', ...ports, sentAtUnixMs: sentAtUnixMs[2] },
    { sequence: 2, end: 'refused', code: 'STATE', ...ports, sentAtUnixMs: sentAtUnixMs[1] },
  ]);
  for (const { operationHash, endedAtHeight } of failed)
    expect(link.host().findReceipt(operationHash)).toMatchObject({ height: endedAtHeight });
  expect(link.host().links.failed(CITY, 1)).toEqual(failed.slice(0, 1));
  expect(link.host().links.failed('jincheng-courts-1', 10)).toEqual([]);

  await link.reopen();
  expect(link.host().links.failed(CITY, 10)).toEqual(failed);
  await link.host().close();
});

test('what a relay shows in vain is nothing that failed', async () => {
  const link = await aRunningLink();
  const { city } = link;
  await link.send({ fail: true });
  await link.put('after');
  deliver(link.host(), city, [1]);
  const honest = acknowledged(city, 1);
  const forged = { ...honest, acknowledgement: { ...(honest['acknowledgement'] as JsonObject), payloads: [aRefusal('LIMIT')] } };
  await link.relay('acknowledge', underNewest(city, [forged, honest]));
  await link.relay('acknowledge', underNewest(city, [honest]));
  expect(link.host().links.failed(CITY, 10)).toMatchObject([{ sequence: 1, end: 'refused', code: 'STATE' }]);
  await link.host().close();
});

const aRefusal = (code: string): JsonObject => ({ status: 'error', code, retriable: false, facts: {} });

test('an entry that names no operation is a fault of the store', () => {
  expect(() => failedPacketOf({ operationHash: '?' })).toThrow('does not name its operation');
});

import { base64urlDecode, type JsonObject } from '@civitas/canon';
import { unixMsOf } from '@civitas/proofs';
import { openLogger, openMetricsRegistry, probeMetrics } from '@civitas/telemetry';
import { expect, test } from '@jest/globals';
import { aLink } from '../ledger/link.fixture.ts';
import { type SimulatedLedger, updatesFrom } from '../ledger/simulated-ledger.fixture.ts';
import { PROBE_LOG_FAILURES } from './limits.ts';
import { GatewayError, type NetworkClient } from './network-client.ts';
import { Prober } from './prober.ts';

/** What a gateway in front of the ledger answers. */
function clientOf(ledger: SimulatedLedger, overrides: Partial<NetworkClient> = {}): NetworkClient {
  const { chainId } = ledger.network;
  const headerAt: NetworkClient['headerAt'] = async (height) => {
    const lightBlock = base64urlDecode(ledger.lightBlockText(height)) ?? new Uint8Array(0);
    return { height, timeUnixMs: unixMsOf(ledger.lightBlock(height).header.time), lightBlock };
  };
  return {
    network: chainId,
    chainId,
    peers: async () =>
      [...ledger.records.records].flatMap(([key, record]) => {
        const client = /^links\/([^/]+)\/client$/.exec(key);
        if (client === null) return [];
        const { status, latestHeight, latestTimeUnixMs } = record as { status: string; latestHeight: number; latestTimeUnixMs: number };
        const place = { clientHeight: BigInt(latestHeight), clientTimeUnixMs: BigInt(latestTimeUnixMs), wantedHeight: 0n };
        return [{ chainId: client[1] ?? '', status, ...place, lastSequence: 0n, inFlight: 0, oldestSentAtUnixMs: 0n }];
      }),
    outbox: async () => [],
    prove: async (_, { peer, sequences, headerHeight }) =>
      sequences.map((sequence) => {
        const { value, proof } = ledger.prove(`links/${peer}/out/${String(sequence).padStart(12, '0')}`, headerHeight);
        return { found: value !== undefined, value, proof };
      }),
    newestHeader: () => headerAt(ledger.height),
    headerAt,
    deliver: async (method, args) => ledger.relay(method, args),
    wake: async () => ({ activity: 0, outgoing: [], incoming: [] }),
    acquireLease: async () => true,
    close: () => undefined,
    ...overrides,
  };
}

function aProber(source: NetworkClient, destination: NetworkClient) {
  let networks: readonly NetworkClient[] = [source, destination];
  const registry = openMetricsRegistry({});
  const lines: string[] = [];
  const prober = new Prober({
    targets: () => ({ networks, directions: networks.length === 2 ? [{ source, destination }] : [] }),
    metrics: registry.register(probeMetrics),
    log: openLogger({}, 'info', (line) => lines.push(line)),
    nowMs: () => 0,
  });
  const counts = async (): Promise<readonly string[]> =>
    (await registry.text()).split('\n').filter((line) => /^civitas_probe_(operations|packets)_total.* [1-9]/.test(line));
  const unlink = (): void => {
    networks = [source];
  };
  return { prober, counts, unlink, events: () => lines.map((line) => JSON.parse(line) as JsonObject) };
}

/** A link whose city has heard of health. */
function aServedLink() {
  const { city, health } = aLink();
  health.block();
  city.relay('update', { updates: updatesFrom(health, health.height) });
  city.block();
  return { city, health };
}

/** Every record but those against replay, which go when their operations have expired. */
function lastingOf({ records }: SimulatedLedger): readonly string[] {
  return [...records.records].filter(([key]) => !key.startsWith('ledger/replay/')).map((entry) => JSON.stringify(entry));
}

test('synthetic operations and packets are executed by both ledgers and leave nothing but their entries against replay, which expire', async () => {
  const { city, health } = aServedLink();
  const { prober, counts } = aProber(clientOf(health), clientOf(city));
  const before = [city, health].map(lastingOf);
  const heights = [city.height, health.height];
  for (let round = 0; round < 3; round++) await prober.round();

  expect([city.height - (heights[0] ?? 0), health.height - (heights[1] ?? 0)]).toEqual([6, 3]);
  expect([city, health].map(lastingOf)).toEqual(before);
  expect([...(await counts())].sort()).toEqual([
    'civitas_probe_operations_total{network="jincheng-city-1",result="ok"} 3',
    'civitas_probe_operations_total{network="jincheng-health-1",result="ok"} 3',
    'civitas_probe_packets_total{source="jincheng-health-1",destination="jincheng-city-1",result="ok"} 3',
  ]);
});

test('a link that is still being made is not tried', async () => {
  const { city, health } = aLink();
  const { prober, counts } = aProber(clientOf(health), clientOf(city));
  await prober.round();

  expect((await counts()).filter((line) => line.includes('packets'))).toEqual([]);
});

test.each([
  ['a gateway that cannot be reached', { headerAt: () => Promise.reject(new GatewayError('health', 'UNAVAILABLE', true)) }, 'UNAVAILABLE'],
  ['a proof that does not hold', { prove: async () => [{ found: false, value: undefined, proof: {} }] }, 'PROOF_INVALID'],
])('%s fails the packet and not the operation', async (_, wrong, code) => {
  const { city, health } = aServedLink();
  const { prober, counts, events } = aProber(clientOf(health, wrong), clientOf(city));
  await prober.round();

  expect([...(await counts())].sort()).toEqual([
    'civitas_probe_operations_total{network="jincheng-city-1",result="ok"} 1',
    'civitas_probe_operations_total{network="jincheng-health-1",result="ok"} 1',
    'civitas_probe_packets_total{source="jincheng-health-1",destination="jincheng-city-1",result="failed"} 1',
  ]);
  expect(events()).toMatchObject([{ event: 'probe-failed', code, failureCount: 1, source: 'jincheng-health-1' }]);
});

test('what is no longer served is no longer told', async () => {
  const { city, health } = aServedLink();
  const { prober, counts, unlink } = aProber(clientOf(health), clientOf(city));
  await prober.round();
  unlink();
  await prober.round();

  expect(await counts()).toEqual(['civitas_probe_operations_total{network="jincheng-health-1",result="ok"} 2']);
});

test('a frozen client fails the packet', async () => {
  const { city, health } = aServedLink();
  const key = `links/${health.network.chainId}/client`;
  city.records.records.set(key, { ...city.records.records.get(key), status: 'Frozen' });
  const { prober, events } = aProber(clientOf(health), clientOf(city));
  await prober.round();

  expect(events()).toMatchObject([{ code: 'CLIENT_FROZEN' }]);
});

test('a probe that fails again and again is logged once in so many, and a try under way is not doubled', async () => {
  const { city, health } = aServedLink();
  const failing = clientOf(health, { deliver: () => Promise.reject(new GatewayError('health', 'HALTED', false)) });
  const { prober, events } = aProber(failing, clientOf(city));
  for (let round = 0; round < PROBE_LOG_FAILURES + 1; round++) await prober.round();
  expect(events()).toHaveLength(2);

  let answer = (): void => undefined;
  let calls = 0;
  const hanging = clientOf(health, {
    deliver: () => {
      calls += 1;
      return new Promise((_, reject) => {
        answer = () => reject(new GatewayError('health', 'DEADLINE_EXCEEDED', true));
      });
    },
  });
  const slow = aProber(hanging, clientOf(city)).prober;
  const first = slow.round();
  await slow.round();
  expect(calls).toBe(1);
  answer();
  await first;
});

import { describe, expect, test } from '@jest/globals';
import {
  CATALOGUE,
  consoleMetrics,
  LABEL_VALUES_MAX,
  localClusterMetrics,
  type MetricDefinition,
  nodeMetrics,
  openMetricsRegistry,
  operatorMetrics,
  probeMetrics,
  processMetrics,
  relayMetrics,
  runtimeMetrics,
} from './index.ts';
import { SERIES_MAX } from './limits.ts';

type Catalogue = Readonly<Record<string, MetricDefinition>>;

const all = CATALOGUE.flatMap(({ families }) => Object.values(families));
const ours = all.filter(({ name }) => name.startsWith('civitas_'));

test('there are enough families, each with a name of its own and a help', () => {
  expect(new Set(all.map(({ name }) => name)).size).toBe(all.length);
  expect(ours.length).toBeGreaterThanOrEqual(60);
  for (const { help } of all) expect(help).toMatch(/\.$/);
});

test('names of ours follow the conventions: base units last, counters end in _total', () => {
  for (const { name, type, unit } of ours) {
    expect(name).toMatch(/^[a-z][a-z0-9]*(?:_[a-z0-9]+)+$/);
    expect({ name, total: name.endsWith('_total') }).toEqual({ name, total: type === 'counter' });
    expect({ name, reserved: /_(?:count|sum|bucket|milliseconds|minutes|kilobytes)$/.test(name) }).toEqual({ name, reserved: false });
    const stem = name.replace(/_total$/, '');
    if (unit === 'seconds' || unit === 'unix_seconds') expect(stem).toMatch(/_seconds$/);
    if (unit === 'bytes') expect(stem).toMatch(/_bytes$/);
    if (unit === 'unix_seconds') expect(stem).toMatch(/_timestamp_seconds$/);
  }
});

test('every label lists its values or has a bound, and none can hold a person, an operation, a sequence or an address', () => {
  for (const { name, labels } of all) {
    for (const [label, values] of Object.entries(labels)) {
      expect({ name, label, bounded: values !== '*' || LABEL_VALUES_MAX[label] !== undefined }).toEqual({ name, label, bounded: true });
      expect(['operation', 'person', 'subject', 'sequence', 'address', 'message', 'error', 'path', 'id']).not.toContain(label);
    }
  }
});

test('histograms have ascending buckets, and nothing else has any', () => {
  for (const { name, type, buckets } of all.filter((family) => !family.name.startsWith('cometbft_'))) {
    expect({ name, hasBuckets: buckets !== undefined }).toEqual({ name, hasBuckets: type === 'histogram' });
    expect([...(buckets ?? [])]).toEqual([...(buckets ?? [])].sort((left, right) => left - right));
  }
});

/** Values that go together take them together: a network has one resource, a direction has two ends, a request one method and code. */
const TIED: readonly (readonly string[])[] = [
  ['network', 'resource'],
  ['source', 'destination'],
];

/** Every label set that a family can come to hold in one process. */
function fullLabelSets({ labels }: MetricDefinition): Readonly<Record<string, string>>[] {
  let sets: Record<string, string>[] = [{}];
  for (const [label, values] of Object.entries(labels)) {
    if (TIED.some(([first, second]) => second === label && first !== undefined && first in labels)) {
      sets = sets.map((set) => ({ ...set, [label]: Object.values(set)[0] ?? '' }));
      continue;
    }
    const listed = values === '*' ? Array.from({ length: LABEL_VALUES_MAX[label] ?? 0 }, (_, index) => `${label}-${index}`) : values;
    sets = sets.flatMap((set) => listed.map((value) => ({ ...set, [label]: value })));
  }
  return sets;
}

async function seriesWhenFull(catalogues: readonly Catalogue[]): Promise<number> {
  const registry = openMetricsRegistry({ component: 'full', node: 'n-0', network: 'n' });
  for (const catalogue of catalogues) {
    const instruments = registry.register(catalogue);
    for (const [key, family] of Object.entries(catalogue)) {
      for (const labels of fullLabelSets(family)) instruments[key]?.begin(labels);
    }
  }
  return (await registry.text()).split('\n').filter((line) => line !== '' && !line.startsWith('#')).length;
}

/** What one process of each kind registers; a relay sees at most 24 directions: 12 links. */
const PROCESSES: Readonly<Record<string, readonly Catalogue[]>> = {
  node: [{ ...processMetrics, certificateNotAfter: ofOneNetwork('certificateNotAfter') }, nodeMetrics],
  relay: [
    processMetrics,
    relayMetrics,
    probeMetrics,
    { rpcRequests: nodeMetrics.rpcRequests, rpcSeconds: nodeMetrics.rpcSeconds, rpcThrottled: nodeMetrics.rpcThrottled },
  ],
  operator: [{ buildInfo: processMetrics.buildInfo }, operatorMetrics, runtimeMetrics],
  console: [{ buildInfo: processMetrics.buildInfo }, consoleMetrics],
  cluster: [localClusterMetrics],
};

function ofOneNetwork(key: 'certificateNotAfter'): MetricDefinition {
  return { ...processMetrics[key], labels: { network: ['n'] } };
}

describe('series of one process with every label at its bound', () => {
  for (const [name, catalogues] of Object.entries(PROCESSES)) {
    test(`${name}: at most ${SERIES_MAX}`, async () => {
      expect(await seriesWhenFull(catalogues)).toBeLessThanOrEqual(SERIES_MAX);
    });
  }
});

test('what is forgotten is no longer told, what begins is told at zero', async () => {
  const registry = openMetricsRegistry({});
  const { packets, roundTripSeconds } = registry.register(relayMetrics);
  const count = async () => (await registry.text()).split('\n').filter((line) => line.startsWith('civitas_relay_')).length;
  const direction = { source: 'a', destination: 'b' };
  packets.begin(direction);
  packets.inc({ ...direction, result: 'delivered' });
  packets.begin(direction);
  roundTripSeconds.observe(direction, 1);

  expect(await registry.text()).toContain('civitas_relay_packets_total{source="a",destination="b",result="delivered"} 1');
  expect(await registry.text()).toContain('civitas_relay_packets_total{source="a",destination="b",result="refused"} 0');
  packets.forget({ source: 'a' });
  roundTripSeconds.forget({ destination: 'b' });
  expect(await count()).toBe(0);
});

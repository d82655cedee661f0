import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from '@jest/globals';
import type { LedgerNetwork } from '../kube/kinds.ts';
import { readExposition } from './exposition.ts';
import { followFigures } from './follow-figures.ts';
import { ANSWER_BYTES_MAX, FOLLOWED_NETWORKS_MAX, SAMPLES_MAX } from './limits.ts';

const network = (name: string, metrics?: string): LedgerNetwork => ({
  apiVersion: 'civitas.dev/v1alpha1',
  kind: 'LedgerNetwork',
  metadata: { name, namespace: 'city', uid: name, resourceVersion: '1', creationTimestamp: '' },
  spec: { domain: 'health', chainId: `${name}-1` },
  ...(metrics === undefined ? {} : { status: { endpoints: { grpc: '', metrics } } }),
});

const textAt = (height: number, operations: number): string => `# HELP civitas_block_height Height.
civitas_block_height{network="health-1",node="health-0"} ${height}
civitas_block_timestamp_seconds{network="health-1"} 100
civitas_operations_total{result="ok"} ${operations}
civitas_operations_total{result="refused"} 0
civitas_operation_commit_seconds_sum ${operations / 10}
civitas_operation_commit_seconds_count ${operations}
civitas_admission_queue_operations 3
civitas_volume_size_bytes 1000
civitas_volume_free_bytes 250
civitas_link_oldest_packet_age_seconds{peer="city-1"} 1.5
`;

function followed(networks: readonly LedgerNetwork[], answer: () => Promise<string>) {
  let nowUnixMs = 110_000;
  const figures = followFigures({ networks: () => networks, nowUnixMs: () => nowUnixMs, fetchText: answer });
  const next = async (): Promise<void> => {
    nowUnixMs += 15_000;
    await figures.sample();
  };
  return { figures, next };
}

test('labels may hold what looks like their end, and what is no series is left out', () => {
  expect(readExposition('a{b="x\\"} 7",c="}"} 2\nhalf a li\n# TYPE a gauge\nd NaN\ne +Inf')).toEqual([
    { name: 'a', labels: { b: 'x\\"} 7', c: '}' }, value: 2 },
  ]);
});

test('two looks make a rate, and a look that nobody answers is said', async () => {
  const health = network('health', '127.0.0.9:9464');
  const answers = [textAt(7, 10), textAt(9, 40)];
  const { figures, next } = followed([health], async () => {
    const text = answers.shift();
    if (text === undefined) throw new Error('connect ECONNREFUSED');
    return text;
  });
  await next();
  await next();
  expect(figures.samplesOf(health).at(-1)).toEqual({
    atUnixMs: 140_000,
    height: 9,
    blockAgeMs: 40_000,
    operationsPerMinute: 120,
    waiting: 3,
    oldestPacketMs: 1500,
    volumeUsedPercent: 75,
    commitMs: 100,
  });
  expect(figures.isHeard(health)).toBe(true);
  await next();
  figures.close();

  expect(figures.isHeard(health)).toBe(false);
  expect(figures.samplesOf(health)).toHaveLength(2);
});

test('no more is kept than half an hour, and nothing of a network that is gone', async () => {
  const networks = [network('health', '127.0.0.9:9464')];
  const [health] = networks;
  const { figures, next } = followed(networks, async () => textAt(7, 10));
  for (let i = 0; i < SAMPLES_MAX + 5; i++) await next();
  expect(health && figures.samplesOf(health)).toHaveLength(SAMPLES_MAX);
  networks.splice(0, 1);
  await next();
  figures.close();

  expect(health && figures.samplesOf(health)).toEqual([]);
});

test('only so many networks are asked, and never anything that is no address', async () => {
  const asked: string[] = [];
  const many = Array.from({ length: FOLLOWED_NETWORKS_MAX + 3 }, (_, index) => network(`n${index}`, `127.0.1.${index}:9464`));
  const figures = followFigures({
    networks: () => [network('none'), network('bad', 'evil.example/path?:80'), ...many],
    nowUnixMs: () => 0,
    fetchText: async (address) => {
      asked.push(address);
      return textAt(1, 1);
    },
  });
  await figures.sample();
  figures.close();

  expect(asked).toHaveLength(FOLLOWED_NETWORKS_MAX - 2);
});

test('an answer that does not end is not read to its end', async () => {
  const server = createServer((_, response) => {
    response.writeHead(200);
    response.write('#'.repeat(ANSWER_BYTES_MAX + 1));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const health = network('health', `127.0.0.1:${(server.address() as AddressInfo).port}`);
  const figures = followFigures({ networks: () => [health], nowUnixMs: () => 0 });
  await figures.sample();
  figures.close();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));

  expect(figures.isHeard(health)).toBe(false);
});

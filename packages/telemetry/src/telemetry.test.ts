import { expect, test } from '@jest/globals';
import { catalogueOf, nodeMetrics, openLogger, openMetricsRegistry, serveMetrics } from './index.ts';

test('every label set that is known beforehand exists before the first event', async () => {
  const registry = openMetricsRegistry({ network: 'n', node: 'n-0' });
  registry.register(nodeMetrics);
  const text = await registry.text();

  expect(text).toContain('civitas_operations_total{result="refused",network="n",node="n-0"} 0');
  expect(text).toContain('civitas_rpc_requests_total{service="VaultService",result="fault",network="n",node="n-0"} 0');
  expect(text).toContain('civitas_event_loop_lag_seconds_bucket{le="0.05",network="n",node="n-0"} 0');
  expect(text).not.toContain('nodejs_eventloop_lag');
});

test('what the process has open or collects makes no series of its own', async () => {
  const registry = openMetricsRegistry({});
  const seriesCount = async (): Promise<number> => (await registry.text()).split('\n').filter((line) => /^[a-z]/.test(line)).length;
  const before = await seriesCount();
  const server = await serveMetrics({ registry, address: '127.0.0.1', port: 0, isReady: () => true });
  try {
    const text = await fetch(`http://127.0.0.1:${server.port}/metrics`).then((answer) => answer.text());
    expect(text).toContain('nodejs_active_handles_total');
    expect(text).not.toMatch(/^nodejs_(?:active_[a-z]+|gc_[a-z_]+)\{/m);
    expect(await seriesCount()).toBe(before);
  } finally {
    await server.close();
  }
});

test('the metrics server answers probes and metrics and nothing else', async () => {
  const registry = openMetricsRegistry({});
  registry.register(catalogueOf({ one: { name: 'civitas_one', type: 'gauge', unit: 'none', help: 'One.', labels: {} } })).one.set({}, 1);
  const server = await serveMetrics({ registry, address: '127.0.0.1', port: 0, isReady: () => false });
  const get = async (path: string, method = 'GET') => (await fetch(`http://127.0.0.1:${server.port}${path}`, { method })).status;
  try {
    expect([await get('/metrics'), await get('/healthz'), await get('/readyz'), await get('/etc'), await get('/metrics', 'POST')]).toEqual([
      200, 200, 503, 404, 405,
    ]);
  } finally {
    await server.close();
  }
});

test('a planted canary in a personal field never reaches the log', () => {
  const lines: string[] = [];
  const log = openLogger({ component: 'test' }, 'debug', (line) => lines.push(line));
  log.child({ network: 'n' }).info('audited', {
    args: { name: 'CANARY-1' },
    call: { identifier: 'CANARY-2', plaintext: 'CANARY-3' },
    deep: { a: { token: 'CANARY-4' } },
  });

  expect(lines.join('')).not.toContain('CANARY');
  expect(JSON.parse(lines[0] ?? '')).toMatchObject({ level: 'info', event: 'audited', component: 'test', network: 'n' });
});

test('the level changes at run time', () => {
  const lines: string[] = [];
  const log = openLogger({}, 'info', (line) => lines.push(line));
  const child = log.child({ node: 'n-0' });
  child.debug('relayed');
  log.setLevel('debug');
  child.debug('stopped');

  expect(lines.map((line) => JSON.parse(line).event)).toEqual(['stopped']);
});

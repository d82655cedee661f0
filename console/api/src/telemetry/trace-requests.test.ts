import { NO_TRACING, type SpanRecord } from '@civitas/telemetry';
import { expect, test } from '@jest/globals';
import fastify from 'fastify';
import { traceRequests } from './trace-requests.ts';

async function traced(isSampled: boolean): Promise<SpanRecord[]> {
  const spans: SpanRecord[] = [];
  const app = fastify();
  traceRequests(app, { ...NO_TRACING, samples: () => isSampled, record: (span) => void spans.push(span) });
  app.get('/api/v1/citizens/:name', async () => ({}));
  app.get('/api/v1/events', async (_, reply) => reply.type('text/event-stream').send('data: 1\n\n'));
  app.get('/api/v1/broken', async () => {
    throw new Error('bug');
  });
  app.get('/index.html', async () => 'page');
  const headers = { traceparent: `00-${'f'.repeat(32)}-${'e'.repeat(16)}-01`, tracestate: 'vendor=CANARY', baggage: 'person=CANARY' };
  for (const url of ['/api/v1/citizens/CANARY?id=CANARY', '/api/v1/events', '/api/v1/broken', '/index.html'])
    await app.inject({ method: 'GET', url, headers });
  await app.close();
  return spans;
}

test('a request to the API is a span that names its route and not its path; streams and pages are none', async () => {
  const spans = await traced(true);
  expect(spans).toMatchObject([
    { name: 'request', attributes: { method: 'GET', route: '/api/v1/citizens/:name', status: 200 } },
    { name: 'request', attributes: { route: '/api/v1/broken', status: 500 }, failure: '500' },
  ]);
  expect(JSON.stringify(spans)).not.toMatch(/CANARY|f{32}|e{16}/);
});

test('what is not sampled is not recorded', async () => {
  expect(await traced(false)).toEqual([]);
});

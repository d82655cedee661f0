import { createHash } from 'node:crypto';
import { afterEach, expect, test } from '@jest/globals';
import { context, createTraceState, propagation, ROOT_CONTEXT, trace } from '@opentelemetry/api';
import { StackContextManager } from '@opentelemetry/sdk-trace';
import { openLogger, openTracing, rootSpanIdOf, type Tracing, traceIdOf } from '../index.ts';
import { SPAN_QUEUE_MAX } from '../limits.ts';
import { openOtlpReceiver } from '../testing/index.ts';
import { otlpTracing } from './otlp-tracing.ts';

/** A machine that is busy with something else. */
const PATIENT = { flushMs: 100, exportMs: 60_000, closeMs: 60_000 };
const hashOf = (text: string): Uint8Array => createHash('sha256').update(text).digest();
const settings = (endpoint: string, samplePerMille = 1000) => ({
  endpoint,
  samplePerMille,
  service: 'node',
  attributes: { network: 'n-1', node: 'n-0' },
});
const span = (operation: Uint8Array, name: 'operation' | 'block.execute' = 'block.execute') => ({
  name,
  operation,
  startUnixMs: 1000,
  endUnixMs: 1010,
});

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

async function aReceiver() {
  const receiver = await openOtlpReceiver();
  closing.push(receiver.close);
  return receiver;
}

test('spans of one operation from any number of nodes are one trace below one root, with nothing on the wire between them', async () => {
  const receiver = await aReceiver();
  const nodes: Tracing[] = Array.from({ length: 4 }, () => otlpTracing(settings(receiver.endpoint), PATIENT));
  const operation = hashOf('operation');
  const packet = hashOf('elsewhere');
  nodes[0]?.record({ ...span(operation, 'operation'), attributes: { height: 7 }, links: [packet] });
  for (const node of nodes) node.record(span(operation));
  await Promise.all(nodes.map((node) => node.close()));

  expect(new Set(receiver.spans.map(({ traceId }) => traceId))).toEqual(new Set([traceIdOf(operation)]));
  const root = receiver.spans.find(({ name }) => name === 'operation');
  expect(root).toMatchObject({
    spanId: rootSpanIdOf(operation),
    attributes: { height: 7 },
    resource: { 'service.name': 'node', network: 'n-1' },
  });
  expect(root?.parentSpanId ?? '').toBe('');
  expect(root?.links).toMatchObject([{ traceId: traceIdOf(packet), spanId: rootSpanIdOf(packet) }]);
  const executions = receiver.spans.filter(({ name }) => name === 'block.execute');
  expect(executions.map(({ parentSpanId }) => parentSpanId)).toEqual(Array.from({ length: 4 }, () => rootSpanIdOf(operation)));
  expect(new Set(executions.map(({ spanId }) => spanId)).size).toBe(4);
});

test('every node samples the same operations, about as many as it is told', async () => {
  const receiver = await aReceiver();
  const [one, other] = [200, 200].map((perMille) => otlpTracing(settings(receiver.endpoint, perMille), PATIENT));
  closing.push(
    async () => one?.close(),
    async () => other?.close(),
  );
  const operations = Array.from({ length: 1000 }, (_, index) => hashOf(`operation ${index}`));
  const sampled = operations.map((operation) => one?.samples(operation));

  expect(operations.map((operation) => other?.samples(operation))).toEqual(sampled);
  const count = sampled.filter(Boolean).length;
  expect([count > 120, count < 280]).toEqual([true, true]);
});

test('a collector that never answers costs a bounded queue, and the rest is dropped and counted', async () => {
  const hole = await aReceiver();
  hole.goSilent();
  const tracing = otlpTracing(settings(hole.endpoint), { flushMs: 100, exportMs: 500, closeMs: 500 });
  closing.push(() => tracing.close());
  for (let index = 0; index < SPAN_QUEUE_MAX + 500; index++) tracing.record(span(hashOf(`operation ${index}`)));

  expect(tracing.counts()).toEqual({ exported: 0, failed: 0, dropped: 500 });
});

test('a foreign parent, its trace state and its baggage are not taken over, whatever the flag says', async () => {
  const receiver = await aReceiver();
  const [all, none] = [1000, 0].map((perMille) => otlpTracing(settings(receiver.endpoint, perMille), PATIENT));
  const foreign = {
    traceId: 'f'.repeat(32),
    spanId: 'e'.repeat(16),
    traceFlags: 1,
    isRemote: true,
    traceState: createTraceState('vendor=CANARY'),
  };
  const baggage = propagation.createBaggage({ person: { value: 'CANARY' } });
  const around = propagation.setBaggage(trace.setSpanContext(ROOT_CONTEXT, foreign), baggage);
  context.setGlobalContextManager(new StackContextManager().enable());
  closing.push(async () => context.disable());
  context.with(around, () => {
    for (const tracing of [all, none]) {
      tracing?.record(span(hashOf('one'), 'operation'));
      tracing?.record(span(hashOf('one')));
    }
  });
  await Promise.all([all?.close(), none?.close()]);

  expect(receiver.spans.map(({ traceId }) => traceId)).toEqual([traceIdOf(hashOf('one')), traceIdOf(hashOf('one'))]);
  expect(receiver.spans.map(({ parentSpanId = '' }) => parentSpanId)).toEqual(['', rootSpanIdOf(hashOf('one'))]);
  expect(receiver.text()).not.toMatch(/CANARY|f{32}|e{16}/);
});

test('personal text in an attribute is censored', async () => {
  const receiver = await aReceiver();
  const tracing = otlpTracing(settings(receiver.endpoint), PATIENT);
  tracing.record({ ...span(hashOf('one')), attributes: { why: 'of 110101199003074477' }, failure: 'STATE' });
  await tracing.close();

  expect(receiver.spans).toHaveLength(1);
  expect(receiver.text()).not.toContain('110101199003074477');
});

test('without settings nothing is traced; with them the exporter is loaded beside everything else', async () => {
  const receiver = await aReceiver();
  const lines: string[] = [];
  const log = openLogger({}, 'info', (line) => lines.push(line));
  const none = openTracing(undefined, log);
  none.record(span(hashOf('one')));
  expect([none.samples(hashOf('one')), none.counts()]).toEqual([false, { exported: 0, failed: 0, dropped: 0 }]);

  const tracing = openTracing(settings(receiver.endpoint), log);
  await tracing.close();
  expect(lines.map((line) => JSON.parse(line).event)).toEqual(['tracing-started']);
});

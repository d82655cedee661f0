import { createHash } from 'node:crypto';
import { afterEach, expect, test } from '@jest/globals';
import { context, createTraceState, propagation, ROOT_CONTEXT, trace } from '@opentelemetry/api';
import { StackContextManager } from '@opentelemetry/sdk-trace';
import { openLogger, openTracing, rootSpanIdOf, type Tracing, traceIdOf, tracingOfEnvironment } from '../index.ts';
import { SPAN_QUEUE_MAX } from '../limits.ts';
import { openOtlpReceiver } from '../testing/index.ts';
import { otlpTracing } from './otlp-tracing.ts';
import { startTracing } from './start-tracing.ts';

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

test('without settings nothing is traced; what is asked for must have been started by a preload', async () => {
  const lines: string[] = [];
  const log = openLogger({}, 'info', (line) => lines.push(line));
  const none = openTracing(undefined, log);
  none.record(span(hashOf('one')));
  expect([none.samples(hashOf('one')), none.counts()]).toEqual([false, { exported: 0, failed: 0, dropped: 0 }]);

  expect(openTracing(settings('http://127.0.0.1:1/v1/traces'), log).samples(hashOf('one'))).toBe(false);
  expect(lines.map((line) => JSON.parse(line))).toMatchObject([{ event: 'tracing-failed', error: expect.stringContaining('preload') }]);
});

test('a preload starts the SDK, which takes nothing from variables of its own; settings that cannot be read start nothing', async () => {
  const receiver = await aReceiver();
  const lines: string[] = [];
  const log = openLogger({}, 'info', (line) => lines.push(line));
  const variables = {
    OTEL_SDK_DISABLED: 'true',
    OTEL_TRACES_SAMPLER: 'always_off',
    OTEL_LOG_LEVEL: 'all',
    OTEL_RESOURCE_ATTRIBUTES: 'person=CANARY',
    OTEL_SERVICE_NAME: 'CANARY',
    OTEL_EXPORTER_OTLP_HEADERS: 'authorization=CANARY',
    OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT: '1',
  };
  Object.assign(process.env, variables);
  await startTracing(() => settings(receiver.endpoint));
  const tracing = openTracing(settings(receiver.endpoint), log);
  tracing.record({ ...span(hashOf('one'), 'operation'), attributes: { why: 'words' } });
  // What runs for the whole process is not left behind: a library that asks for a tracer gets none that records.
  const foreign = trace.getTracer('library').startSpan('foreign');
  expect([foreign.isRecording(), Object.keys(process.env).filter((name) => name.startsWith('OTEL_'))]).toEqual([false, []]);
  await tracing.close();

  expect(receiver.spans).toMatchObject([{ name: 'operation', attributes: { why: 'words' }, resource: { 'service.name': 'node' } }]);
  expect(receiver.text()).not.toContain('CANARY');
  expect(lines.map((line) => JSON.parse(line).event)).toEqual(['tracing-started']);

  await startTracing(() => {
    throw new Error('not to be read');
  });
  openTracing(settings(receiver.endpoint), log);
  expect(lines.map((line) => JSON.parse(line)).at(-1)).toMatchObject({ event: 'tracing-failed', error: 'not to be read' });
});

test('the environment asks for traces by address and by thousandth, and is refused what is neither', () => {
  const asked = (endpoint?: string, perMille?: string) =>
    tracingOfEnvironment({ CIVITAS_TRACING_ENDPOINT: endpoint, CIVITAS_TRACING_PER_MILLE: perMille });
  expect([asked(), asked('')]).toEqual([undefined, undefined]);
  expect(asked('https://collector/v1/traces')).toEqual({ endpoint: 'https://collector/v1/traces', samplePerMille: 10 });
  expect(asked('http://collector:4318/v1/traces', '1000')?.samplePerMille).toBe(1000);
  for (const wrong of ['collector:4318', 'file:///etc/passwd', 'no address'])
    expect(() => asked(wrong)).toThrow(/CIVITAS_TRACING_ENDPOINT/);
  for (const wrong of ['1001', '-1', '0.5', 'all']) expect(() => asked('http://c/', wrong)).toThrow(/CIVITAS_TRACING_PER_MILLE/);
});

import { createController, systemClock } from '@civitas/kube';
import { NO_TRACING, type SpanRecord } from '@civitas/telemetry';
import { waitFor } from '@civitas/testkit';
import { expect, test } from '@jest/globals';
import { traceReconciles } from './trace-reconciles.ts';

test('every run of a controller is a trace of its own that says how it ended', async () => {
  const spans: SpanRecord[] = [];
  const tracing = { ...NO_TRACING, samples: () => true, record: (span: SpanRecord) => void spans.push(span) };
  const metrics = { count: () => {}, gauge: () => {}, observe: () => {}, reconciled: traceReconciles(tracing, systemClock) };
  const controller = createController({
    name: 'network',
    metrics,
    reconcile: async (key) => {
      if (key === 'city/bad') throw new Error('no');
    },
  });
  controller.enqueue('city/good');
  controller.enqueue('city/bad');
  await controller.start();
  await waitFor('both have run', async () => (spans.length < 2 ? undefined : true), 60_000);
  await controller.stop();

  expect(spans.slice(0, 2)).toMatchObject([
    { name: 'reconcile', attributes: { controller: 'network', object: 'city/good', run: 'network-1', result: 'success' } },
    { name: 'reconcile', attributes: { object: 'city/bad', run: 'network-2', result: 'error' }, failure: 'reconcile failed' },
  ]);
  expect(spans[0]?.operation).not.toEqual(spans[1]?.operation);
});

test('what is not sampled is not recorded', () => {
  const spans: SpanRecord[] = [];
  const tracing = { ...NO_TRACING, record: (span: SpanRecord) => void spans.push(span) };
  traceReconciles(tracing, systemClock)({ controller: 'network', key: 'a', reconcileId: 'network-1', seconds: 1, result: 'success' });
  expect(spans).toEqual([]);
});

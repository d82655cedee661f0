import { createHash } from 'node:crypto';
import { encodeReceipt, type Receipt } from '@civitas/proofs';
import { NO_TRACING, type SpanRecord, type Tracing } from '@civitas/telemetry';
import { expect, test } from '@jest/globals';
import { packetTraceOf } from './packet-trace.ts';
import { traceBlock } from './trace-block.ts';
import { tracePacket } from './trace-packet.ts';

const hashOf = (text: string): Uint8Array => new Uint8Array(createHash('sha256').update(text).digest());

function aTracing(isSampled: (operation: Uint8Array) => boolean = () => true): Tracing & { readonly spans: SpanRecord[] } {
  const spans: SpanRecord[] = [];
  return { ...NO_TRACING, samples: isSampled, record: (span) => void spans.push(span), spans };
}

function stored(receipt: Partial<Receipt> & Pick<Receipt, 'operation'>) {
  const whole: Receipt = { height: 7, index: 0, outcome: { ok: true, result: {} }, events: [], ...receipt };
  return { height: 7, index: 0, operationHash: whole.operation, bytes: encodeReceipt(whole) };
}

const seconds = { execute: 0.2, persist: 0.3, total: 1 };

test('each traced operation of a block is executed and persisted in its own trace, and links to the packets that it sent', () => {
  const tracing = aTracing();
  const sent = { contract: 'links', name: 'Sent', data: { peer: 'city', sequence: 5 } };
  traceBlock(tracing, 'health', { height: 7, seconds, receipts: [stored({ operation: hashOf('one'), events: [sent] })] }, 10_000);

  expect(tracing.spans).toMatchObject([
    { name: 'block.execute', operation: hashOf('one'), startUnixMs: 9000, endUnixMs: 9200, links: [packetTraceOf('health', 'city', 5)] },
    { name: 'block.persist', startUnixMs: 9700, endUnixMs: 10_000, attributes: { height: 7, operations: 1 } },
  ]);
});

test('what is not sampled leaves nothing, and what was refused says with which code', () => {
  const tracing = aTracing((operation) => operation[0] === hashOf('one')[0]);
  const refused = stored({ operation: hashOf('one'), outcome: { ok: false, refusal: { code: 'STATE', facts: {} } } });
  traceBlock(tracing, 'health', { height: 7, seconds, receipts: [refused, stored({ operation: hashOf('two') })] }, 10_000);

  expect(tracing.spans.map(({ name, failure }) => [name, failure])).toEqual([
    ['block.execute', 'STATE'],
    ['block.persist', 'STATE'],
  ]);
});

test('a packet has one trace on both sides, which begins with its being sent and links to the operation that delivered it', () => {
  const tracing = aTracing();
  const packet = { source: 'health', destination: 'city', sequence: 5, sentAtUnixMs: 8000 };
  const receipt = { operation: hashOf('receive'), height: 9 };
  for (const result of ['delivered', 'redelivered', 'acknowledged', 'refused'])
    tracePacket(tracing, packet, { result, receipt, endUnixMs: 9000 });

  expect(tracing.spans).toMatchObject([
    { name: 'packet', operation: packetTraceOf('health', 'city', 5), startUnixMs: 8000, endUnixMs: 9000, links: [hashOf('receive')] },
    { name: 'packet.acknowledge', operation: packetTraceOf('health', 'city', 5) },
  ]);
});

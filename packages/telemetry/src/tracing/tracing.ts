import { randomBytes } from 'node:crypto';

/** Names of spans: what a trace is made of. */
export const SPAN_NAMES = [
  // At the node that took the operation in: from its admission to its receipt. The root of its trace.
  'operation',
  // At every node: the block that holds it is executed, then made durable.
  'block.execute',
  'block.persist',
  // At a relay, in the trace of a packet: from its being sent to its delivery, which is its root; then its answer going back.
  'packet',
  'packet.acknowledge',
  'packet.timeout',
  // At the operator: one run of a controller for one object; at the console: one request. Each is a trace of its own.
  'reconcile',
  'request',
] as const;

export type SpanName = (typeof SPAN_NAMES)[number];

/** Those that a trace begins with. */
export const ROOT_SPANS: ReadonlySet<SpanName> = new Set<SpanName>(['operation', 'packet', 'reconcile', 'request']);

/** A span that has ended. Whose trace it is follows from a hash alone, so that nothing about traces is ever sent or trusted. */
export interface SpanRecord {
  readonly name: SpanName;
  /** Hash of the operation, what stands for the packet, or `aTrace()`; 32 bytes: its first 16 are the trace, the next eight the trace's root. */
  readonly operation: Uint8Array;
  readonly startUnixMs: number;
  readonly endUnixMs: number;
  /** No personal value: names of networks and nodes, heights, counts, codes. */
  readonly attributes?: Readonly<Record<string, string | number | boolean>>;
  /** Hashes whose traces this one has to do with. */
  readonly links?: readonly Uint8Array[];
  /** Code of what went wrong. */
  readonly failure?: string;
}

export interface TracingSettings {
  /** Where a collector takes OTLP over HTTP, such as `http://collector:4318/v1/traces`. */
  readonly endpoint: string;
  /** Of a thousand operations, how many are traced: 0 … 1000, the same on every node of a network. */
  readonly samplePerMille: number;
  readonly service: string;
  /** On every span of the process: network, node, version. */
  readonly attributes: Readonly<Record<string, string>>;
}

export type SpanResult = 'exported' | 'failed' | 'dropped';

/** Where spans go. No call blocks, waits or throws, whatever the collector does. */
export interface Tracing {
  /** Whether the trace of this operation is sampled: the same answer on every node of the same ratio. */
  samples(operation: Uint8Array): boolean;
  record(span: SpanRecord): void;
  /** Spans so far, by what became of them. */
  counts(): Readonly<Record<SpanResult, number>>;
  /** Sends what waits, within its bound. */
  close(): Promise<void>;
}

const TRACE_BYTES = 32;

/** Of what no hash names. */
export function aTrace(): Uint8Array {
  return randomBytes(TRACE_BYTES);
}

/** For where no collector is configured. */
export const NO_TRACING: Tracing = {
  samples: () => false,
  record: () => undefined,
  counts: () => ({ exported: 0, failed: 0, dropped: 0 }),
  close: async () => undefined,
};

function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex');
}

/** Trace of an operation: the first 16 bytes of its hash, 32 hex digits; what a log line of it says in `trace_id`. */
export function traceIdOf(operation: Uint8Array): string {
  return hexOf(operation.subarray(0, 16));
}

/** Root span of an operation's trace: the next eight bytes, 16 hex digits. */
export function rootSpanIdOf(operation: Uint8Array): string {
  return hexOf(operation.subarray(16, 24));
}

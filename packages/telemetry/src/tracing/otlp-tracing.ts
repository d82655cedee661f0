import {
  type Attributes,
  type Context,
  type ContextManager,
  context,
  logs,
  ROOT_CONTEXT,
  SpanStatusCode,
  type Tracer,
  trace,
} from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { NodeSDK } from '@opentelemetry/sdk-node';
import {
  BatchSpanProcessor,
  type IdGenerator,
  RandomIdGenerator,
  SamplingDecision,
  type SpanExporter,
  type SpanLimits,
  TraceIdRatioBasedSampler,
} from '@opentelemetry/sdk-trace';
import {
  SPAN_ATTRIBUTE_CHARS_MAX,
  SPAN_ATTRIBUTES_MAX,
  SPAN_BATCH,
  SPAN_CLOSE_MS,
  SPAN_EXPORT_MS,
  SPAN_FLUSH_MS,
  SPAN_LINKS_MAX,
  SPAN_QUEUE_MAX,
} from '../limits.ts';
import { redactText } from '../redact.ts';
import { ROOT_SPANS, rootSpanIdOf, type SpanRecord, type Tracing, type TracingSettings, traceIdOf } from './tracing.ts';

/** Times that tests lengthen. */
export interface SpanPace {
  /** How long spans wait for company. */
  readonly flushMs: number;
  /** How long one export may take. */
  readonly exportMs: number;
  /** How long the end waits for the last ones. */
  readonly closeMs: number;
}

const SPAN_PACE: SpanPace = { flushMs: SPAN_FLUSH_MS, exportMs: SPAN_EXPORT_MS, closeMs: SPAN_CLOSE_MS };
const TRACER = 'civitas';
const SAMPLED_FLAG = 1;

/** Every limit is ours: what is left out here, the SDK would read from the environment. */
const SPAN_LIMITS: SpanLimits = {
  attributeValueLengthLimit: SPAN_ATTRIBUTE_CHARS_MAX,
  attributeCountLimit: SPAN_ATTRIBUTES_MAX,
  linkCountLimit: SPAN_LINKS_MAX,
  eventCountLimit: 0,
  attributePerEventCountLimit: 0,
  attributePerLinkCountLimit: 0,
};

/** Of contexts there is only the root: nothing that runs is ever inside anybody's trace. */
const ROOT_ONLY: ContextManager = {
  active: () => ROOT_CONTEXT,
  with: (_context, act, thisArgument, ...args) => act.call(thisArgument, ...args),
  bind: (_context, target) => target,
  enable: () => ROOT_ONLY,
  disable: () => ROOT_ONLY,
};

/** Random ids, but for the one that the caller has just asked for. */
class GivenIds implements IdGenerator {
  readonly #random = new RandomIdGenerator();
  given: { readonly traceId: string; readonly spanId: string } | undefined;

  generateTraceId(): string {
    return this.given?.traceId ?? this.#random.generateTraceId();
  }

  generateSpanId(): string {
    return this.given?.spanId ?? this.#random.generateSpanId();
  }
}

/** An exporter that counts what became of spans, so that what waits is bounded here whatever happens behind it. */
function counted(exporter: SpanExporter, counts: { exported: number; failed: number }): SpanExporter {
  return {
    export: (spans, done) =>
      exporter.export(spans, (result) => {
        if (result.error === undefined) counts.exported += spans.length;
        else counts.failed += spans.length;
        done(result);
      }),
    shutdown: () => exporter.shutdown(),
    ...(exporter.forceFlush === undefined ? {} : { forceFlush: () => exporter.forceFlush?.() ?? Promise.resolve() }),
  };
}

function attributesOf(attributes: SpanRecord['attributes']): Attributes {
  const entries = Object.entries(attributes ?? {}).map(([name, value]) => [name, typeof value === 'string' ? redactText(value) : value]);
  return Object.fromEntries(entries);
}

/** Spans of a trace are children of its root, which is the span of the node that took the operation in. */
function parentOf(operation: Uint8Array): Context {
  const parent = { traceId: traceIdOf(operation), spanId: rootSpanIdOf(operation), traceFlags: SAMPLED_FLAG, isRemote: true };
  return trace.setSpanContext(ROOT_CONTEXT, parent);
}

/**
 * Starts the SDK with every part named, so that it asks the environment for none: traces alone, no metrics, no logs, no detectors, no
 * propagator and no instrumentation, which would make one span of a stream that lives for days. What it registers for the whole process is
 * taken back: no library beside us can add a span, or read one.
 */
function startSdk(
  { service, attributes }: TracingSettings,
  exporter: SpanExporter,
  { sampler, ids, flushMs, exportMs }: { sampler: TraceIdRatioBasedSampler; ids: IdGenerator; flushMs: number; exportMs: number },
): { readonly tracer: Tracer; readonly shutdown: () => Promise<void> } {
  const processor = new BatchSpanProcessor({
    exporter,
    maxQueueSize: SPAN_QUEUE_MAX,
    maxExportBatchSize: SPAN_BATCH,
    scheduledDelayMillis: flushMs,
    exportTimeoutMillis: exportMs,
  });
  const sdk = new NodeSDK({
    sampler,
    idGenerator: ids,
    resource: resourceFromAttributes({ 'service.name': service, ...attributes }),
    autoDetectResources: false,
    spanLimits: SPAN_LIMITS,
    spanProcessors: [processor],
    contextManager: ROOT_ONLY,
    textMapPropagator: null,
    instrumentations: [],
    metricReaders: [],
    logRecordProcessors: [],
  });
  sdk.start();
  const tracer = trace.getTracer(TRACER);
  for (const registered of [trace, context, logs]) registered.disable();
  return { tracer, shutdown: () => sdk.shutdown() };
}

/**
 * Spans to a collector over OTLP/HTTP. At most SPAN_QUEUE_MAX wait; what comes while the collector does not answer is dropped and counted.
 * The sampler decides by the trace's id alone: no parent and no flag of anybody else's is ever read.
 */
export function otlpTracing(settings: TracingSettings, { flushMs, exportMs, closeMs }: SpanPace = SPAN_PACE): Tracing {
  const { endpoint, samplePerMille } = settings;
  const counts = { exported: 0, failed: 0, dropped: 0 };
  let recordedCount = 0;
  const sampler = new TraceIdRatioBasedSampler(samplePerMille / 1000);
  const ids = new GivenIds();
  const exporter = counted(
    new OTLPTraceExporter({ url: endpoint, timeoutMillis: exportMs, concurrencyLimit: SPAN_QUEUE_MAX / SPAN_BATCH }),
    counts,
  );
  const { tracer, shutdown } = startSdk(settings, exporter, { sampler, ids, flushMs, exportMs });
  const samples = (operation: Uint8Array): boolean =>
    sampler.shouldSample(ROOT_CONTEXT, traceIdOf(operation)).decision === SamplingDecision.RECORD_AND_SAMPLED;
  const start = (span: SpanRecord) => {
    const options = {
      startTime: span.startUnixMs,
      attributes: attributesOf(span.attributes),
      links: (span.links ?? []).map((hash) => ({
        context: { traceId: traceIdOf(hash), spanId: rootSpanIdOf(hash), traceFlags: SAMPLED_FLAG },
      })),
    };
    if (!ROOT_SPANS.has(span.name)) return tracer.startSpan(span.name, options, parentOf(span.operation));
    ids.given = { traceId: traceIdOf(span.operation), spanId: rootSpanIdOf(span.operation) };
    const root = tracer.startSpan(span.name, { ...options, root: true }, ROOT_CONTEXT);
    ids.given = undefined;
    return root;
  };
  return {
    samples,
    record: (span) => {
      if (!samples(span.operation)) return;
      if (recordedCount - counts.exported - counts.failed >= SPAN_QUEUE_MAX) {
        counts.dropped += 1;
        return;
      }
      recordedCount += 1;
      const started = start(span);
      if (span.failure !== undefined) started.setStatus({ code: SpanStatusCode.ERROR, message: span.failure });
      started.end(span.endUnixMs);
    },
    counts: () => ({ ...counts }),
    close: async () => {
      const timer = { id: undefined as NodeJS.Timeout | undefined };
      const bound = new Promise<void>((resolve) => {
        timer.id = setTimeout(resolve, closeMs);
      });
      await Promise.race([shutdown().catch(() => undefined), bound]);
      clearTimeout(timer.id);
    },
  };
}

import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { MetricDefinition } from './metric.ts';

type Labels<D extends MetricDefinition> = { readonly [Label in keyof D['labels']]: string };

interface Instrument {
  readonly counter: { inc(labels: object, by?: number): void };
  readonly gauge: { set(labels: object, value: number): void };
  readonly histogram: { observe(labels: object, value: number): void };
}

export interface CounterOf<D extends MetricDefinition> {
  /** @param by how many; default 1. */
  inc(labels: Labels<D>, by?: number): void;
}
export interface GaugeOf<D extends MetricDefinition> {
  set(labels: Labels<D>, value: number): void;
}
export interface HistogramOf<D extends MetricDefinition> {
  observe(labels: Labels<D>, value: number): void;
}

/** The instrument that a definition describes; its label names are checked by the compiler. */
export type InstrumentOf<D extends MetricDefinition> = D['type'] extends 'counter'
  ? CounterOf<D>
  : D['type'] extends 'gauge'
    ? GaugeOf<D>
    : HistogramOf<D>;

export type Instruments<Catalogue extends Readonly<Record<string, MetricDefinition>>> = {
  readonly [Name in keyof Catalogue]: InstrumentOf<Catalogue[Name]>;
};

/** One process's metrics. */
export interface MetricsRegistry {
  /** Creates the instruments of a catalogue, with every label set that is known beforehand at zero. */
  register<Catalogue extends Readonly<Record<string, MetricDefinition>>>(catalogue: Catalogue): Instruments<Catalogue>;
  /** Runs before each scrape, for gauges that are read rather than followed. */
  beforeScrape(refresh: () => void): void;
  /** The text exposition format. */
  text(): Promise<string>;
  readonly contentType: string;
}

/** Every combination of the listed label values; none when a label's values are only known later. */
export function knownLabelSets(definition: MetricDefinition): Record<string, string>[] {
  let sets: Record<string, string>[] = [{}];
  for (const [label, values] of Object.entries(definition.labels)) {
    if (values === '*') return [];
    sets = sets.flatMap((set) => values.map((value) => ({ ...set, [label]: value })));
  }
  return sets;
}

function create(definition: MetricDefinition, registers: Registry[]): Instrument[keyof Instrument] {
  const options = { name: definition.name, help: definition.help, labelNames: Object.keys(definition.labels), registers };
  const known = knownLabelSets(definition);
  if (definition.type === 'counter') {
    const counter = new Counter(options);
    for (const labels of known) counter.inc(labels, 0);
    return { inc: (labels: Record<string, string>, by = 1) => counter.inc(labels, by) };
  }
  if (definition.type === 'gauge') {
    const gauge = new Gauge(options);
    for (const labels of known) gauge.set(labels, 0);
    return { set: (labels: Record<string, string>, value: number) => gauge.set(labels, value) };
  }
  const histogram = new Histogram({ ...options, buckets: [...(definition.buckets ?? [])] });
  for (const labels of known) histogram.zero(labels);
  return { observe: (labels: Record<string, string>, value: number) => histogram.observe(labels, value) };
}

/**
 * Opens a registry with the runtime's own metrics in it.
 *
 * @param constantLabels on every series of the process, such as network and node.
 */
export function openMetricsRegistry(constantLabels: Readonly<Record<string, string>>): MetricsRegistry {
  const registry = new Registry();
  registry.setDefaultLabels({ ...constantLabels });
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: 20 });
  const refreshers: (() => void)[] = [];
  return {
    register: <Catalogue extends Readonly<Record<string, MetricDefinition>>>(catalogue: Catalogue) => {
      const entries = Object.entries(catalogue).map(([key, definition]) => [key, create(definition, [registry])]);
      return Object.fromEntries(entries) as Instruments<Catalogue>;
    },
    beforeScrape: (refresh) => {
      refreshers.push(refresh);
    },
    text: async () => {
      for (const refresh of refreshers) refresh();
      return registry.metrics();
    },
    contentType: registry.contentType,
  };
}

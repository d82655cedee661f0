import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import { watchEventLoop } from './event-loop-lag.ts';
import type { MetricDefinition } from './metric.ts';
import { eventLoopMetrics } from './node-runtime-metrics.ts';

type Labels<D extends MetricDefinition> = { readonly [Label in keyof D['labels']]: string };

interface Instrument {
  readonly counter: CounterOf<MetricDefinition>;
  readonly gauge: GaugeOf<MetricDefinition>;
  readonly histogram: HistogramOf<MetricDefinition>;
}

/** Series of what comes and goes: a link, a network. */
interface Series<D extends MetricDefinition> {
  /** Series of these labels with every known value of the others, at zero: rates over them are right from the first event on. */
  begin(labels: Partial<Labels<D>>): void;
  /** Drops every series that has these labels: what it was about is gone, and its last value would stand for ever. */
  forget(labels: Partial<Labels<D>>): void;
}

export interface CounterOf<D extends MetricDefinition> extends Series<D> {
  /** @param by how many; default 1. */
  inc(labels: Labels<D>, by?: number): void;
}
export interface GaugeOf<D extends MetricDefinition> extends Series<D> {
  set(labels: Labels<D>, value: number): void;
}
export interface HistogramOf<D extends MetricDefinition> extends Series<D> {
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

type LabelValues = Readonly<Record<string, string>>;

/** Every combination of the listed label values with these; none while a label has neither. */
export function knownLabelSets(definition: MetricDefinition, given: LabelValues = {}): LabelValues[] {
  let sets: LabelValues[] = [{}];
  for (const [label, listed] of Object.entries(definition.labels)) {
    const one = given[label];
    if (one === undefined && listed === '*') return [];
    const values = one === undefined && listed !== '*' ? listed : [one ?? ''];
    sets = sets.flatMap((set) => values.map((value) => ({ ...set, [label]: value })));
  }
  return sets;
}

/** The label sets of a family that may lose some; of one whose labels are all listed there is nothing to remember. */
class KnownSeries {
  readonly #sets = new Map<string, LabelValues>();
  readonly #isOpen: boolean;

  constructor({ labels }: MetricDefinition) {
    this.#isOpen = Object.values(labels).includes('*');
  }

  /** True the first time. */
  add(labels: LabelValues): boolean {
    if (!this.#isOpen) return false;
    const key = JSON.stringify(labels);
    if (this.#sets.has(key)) return false;
    this.#sets.set(key, { ...labels });
    return true;
  }

  take(wanted: LabelValues): LabelValues[] {
    const taken: LabelValues[] = [];
    for (const [key, labels] of this.#sets) {
      if (!Object.entries(wanted).every(([label, value]) => labels[label] === value)) continue;
      this.#sets.delete(key);
      taken.push(labels);
    }
    return taken;
  }
}

interface Family {
  remove(labels: LabelValues): void;
}

function seriesOf(definition: MetricDefinition, family: Family, zero: (labels: LabelValues) => void) {
  const known = new KnownSeries(definition);
  const begin = (labels: Partial<LabelValues>): void => {
    const given = Object.fromEntries(Object.entries(labels).flatMap(([label, value]) => (value === undefined ? [] : [[label, value]])));
    for (const set of knownLabelSets(definition, given)) {
      if (known.add(set)) zero(set);
    }
  };
  const forget = (labels: Partial<LabelValues>): void => {
    const wanted = Object.fromEntries(Object.entries(labels).flatMap(([label, value]) => (value === undefined ? [] : [[label, value]])));
    for (const set of known.take(wanted)) family.remove(set);
  };
  return { known, begin, forget };
}

function create(definition: MetricDefinition, registers: Registry[]): Instrument[keyof Instrument] {
  const options = { name: definition.name, help: definition.help, labelNames: Object.keys(definition.labels), registers };
  const initial = knownLabelSets(definition);
  if (definition.type === 'counter') {
    const counter = new Counter(options);
    const { known, begin, forget } = seriesOf(definition, counter, (labels) => counter.inc(labels, 0));
    for (const labels of initial) counter.inc(labels, 0);
    const inc = (labels: LabelValues, by = 1): void => {
      known.add(labels);
      counter.inc(labels, by);
    };
    return { inc, begin, forget };
  }
  if (definition.type === 'gauge') {
    const gauge = new Gauge(options);
    const { known, begin, forget } = seriesOf(definition, gauge, (labels) => gauge.set(labels, 0));
    for (const labels of initial) gauge.set(labels, 0);
    const set = (labels: LabelValues, value: number): void => {
      known.add(labels);
      gauge.set(labels, value);
    };
    return { set, begin, forget };
  }
  const histogram = new Histogram({ ...options, buckets: [...(definition.buckets ?? [])] });
  const { known, begin, forget } = seriesOf(definition, histogram, (labels) => histogram.zero(labels));
  for (const labels of initial) histogram.zero(labels);
  const observe = (labels: LabelValues, value: number): void => {
    known.add(labels);
    histogram.observe(labels, value);
  };
  return { observe, begin, forget };
}

/** Of prom-client: series for each kind of thing that the process happens to have open or to collect. Totals stay. */
const UNBOUNDED_DEFAULTS = ['nodejs_active_handles', 'nodejs_active_requests', 'nodejs_active_resources', 'nodejs_gc_duration_seconds'];
/** Of prom-client: they count the interval of their timer as lag, and begin anew with whoever reads them. */
const LAG_DEFAULTS = ['', '_min', '_max', '_mean', '_stddev', '_p50', '_p90', '_p99'].map((of) => `nodejs_eventloop_lag${of}_seconds`);
/** As seldom as the runtime lets them be taken meanwhile, ms. */
const LAG_DEFAULTS_EVERY_MS = 60_000;

/**
 * Opens a registry with the runtime's own metrics in it.
 *
 * @param constantLabels on every series of the process, such as network and node.
 */
export function openMetricsRegistry(constantLabels: Readonly<Record<string, string>>): MetricsRegistry {
  const registry = new Registry();
  registry.setDefaultLabels({ ...constantLabels });
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: LAG_DEFAULTS_EVERY_MS });
  for (const name of [...UNBOUNDED_DEFAULTS, ...LAG_DEFAULTS]) registry.removeSingleMetric(name);
  const register = <Catalogue extends Readonly<Record<string, MetricDefinition>>>(catalogue: Catalogue): Instruments<Catalogue> => {
    const entries = Object.entries(catalogue).map(([key, definition]) => [key, create(definition, [registry])]);
    return Object.fromEntries(entries) as Instruments<Catalogue>;
  };
  const { eventLoopLag } = register(eventLoopMetrics);
  watchEventLoop((seconds) => eventLoopLag.observe({}, seconds));
  const refreshers: (() => void)[] = [];
  return {
    register,
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

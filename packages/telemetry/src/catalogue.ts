import { consoleMetrics } from './console-metrics.ts';
import { engineMetrics } from './engine-metrics.ts';
import { localClusterMetrics } from './local-cluster-metrics.ts';
import type { MetricDefinition } from './metric.ts';
import { nodeMetrics } from './node-metrics.ts';
import { nodeRuntimeMetrics } from './node-runtime-metrics.ts';
import { operatorMetrics } from './operator-metrics.ts';
import { probeMetrics } from './probe-metrics.ts';
import { processMetrics } from './process-metrics.ts';
import { relayMetrics } from './relay-metrics.ts';
import { runtimeMetrics } from './runtime-metrics.ts';

/** Families that one kind of process serves. */
export interface CatalogueSection {
  readonly title: string;
  readonly families: Readonly<Record<string, MetricDefinition>>;
  /** Labels that the process itself, or the scrape, puts on each of them. */
  readonly constantLabels: readonly string[];
}

/** What Prometheus puts on every series: the job of the scrape, who was asked, and the pod. */
export const SCRAPE_LABELS = ['job', 'instance', 'pod', 'namespace'] as const;

/** Families of Prometheus itself that rules and panels may name. */
export const PROMETHEUS_FAMILIES = ['up', 'ALERTS', 'scrape_duration_seconds', 'scrape_samples_scraped'] as const;

/** Every family that there is: what is not here does not exist, and no panel or rule may name it. */
export const CATALOGUE: readonly CatalogueSection[] = [
  { title: 'Every process', families: processMetrics, constantLabels: ['network', 'node', 'component'] },
  { title: 'Runtime of every process', families: nodeRuntimeMetrics, constantLabels: ['network', 'node', 'component'] },
  { title: 'Node', families: nodeMetrics, constantLabels: ['network', 'node'] },
  { title: 'Engine of a node (CometBFT)', families: engineMetrics, constantLabels: ['network', 'node', 'chain_id'] },
  { title: 'Relay', families: relayMetrics, constantLabels: ['component', 'node'] },
  { title: 'Probe (in the relay)', families: probeMetrics, constantLabels: ['component', 'node'] },
  { title: 'Operator', families: operatorMetrics, constantLabels: ['component'] },
  { title: 'Controller runtime of the operator', families: runtimeMetrics, constantLabels: ['component'] },
  { title: 'Console', families: consoleMetrics, constantLabels: ['component'] },
  { title: 'Local cluster: the root process of a laptop', families: localClusterMetrics, constantLabels: [] },
];

/**
 * Values that a label whose values come from the configuration may take in one process. Labels with fixed values bound themselves; never is
 * an operation, a person, a sequence, an address or an error text a label.
 */
export const LABEL_VALUES_MAX: Readonly<Record<string, number>> = {
  network: 40,
  resource: 24,
  node: 100,
  peer: 24,
  source: 24,
  destination: 24,
  link: 24,
  agency: 40,
  organisation: 24,
  version: 1,
  component: 1,
  engine: 1,
  name: 1,
  code: 8,
  verb: 5,
  // Of the engine, whose set of validators is at most this large and whose steps, votes and methods are fixed.
  validator_address: 100,
  step: 9,
  vote_type: 3,
  status: 3,
  message_type: 40,
  method: 15,
  type: 3,
};

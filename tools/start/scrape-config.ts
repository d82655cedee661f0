import { PORTS } from '@civitas/deployment';
import { defineResource, type KubeClient, type KubeObject } from '@civitas/kube';
import { stringify } from 'yaml';

export interface ScrapeTarget {
  readonly job: string;
  /** `host:port`. */
  readonly address: string;
  readonly labels: Readonly<Record<string, string>>;
}

/**
 * `prometheus.yml` for this home: `prometheus --config.file=.civitas/prometheus.yml` scrapes the whole city.
 *
 * @param alertmanager `host:port` that is told of alerts, where one runs.
 */
export function scrapeConfigOf(targets: readonly ScrapeTarget[], rulesPath: string, alertmanager?: string): string {
  return stringify({
    global: { scrape_interval: '5s', evaluation_interval: '5s' },
    rule_files: [rulesPath],
    ...(alertmanager === undefined ? {} : { alerting: { alertmanagers: [{ static_configs: [{ targets: [alertmanager] }] }] } }),
    scrape_configs: scrapeJobsOf(targets),
  });
}

/** `scrape_configs` of Prometheus for these targets. */
export function scrapeJobsOf(targets: readonly ScrapeTarget[]): readonly object[] {
  const jobs = [...new Set(targets.map((target) => target.job))].sort();
  return jobs.map((job) => ({
    job_name: job,
    static_configs: targets.filter((target) => target.job === job).map(({ address, labels }) => ({ targets: [address], labels })),
    // CometBFT says chain_id: with network and node its series join those of the node beside it, as the chart's PodMonitor has it.
    ...(job === ENGINE_JOB
      ? { metric_relabel_configs: [{ source_labels: ['chain_id'], regex: '(.+)', target_label: 'network', action: 'replace' }] }
      : {}),
  }));
}

interface PodAddress extends KubeObject {
  readonly metadata: KubeObject['metadata'];
  readonly spec: { readonly containers: readonly { readonly name: string }[] };
  readonly status?: { readonly podIP?: string };
}

const pods = defineResource<PodAddress>({ group: '', version: 'v1', plural: 'pods', namespaced: true });

/** The metrics address of every pod of ours, and of its engine where it has one: its own address, a port each. */
export async function fetchScrapeTargets(kube: KubeClient): Promise<readonly ScrapeTarget[]> {
  const { items } = await kube.listAll(pods);
  return items.flatMap(({ metadata, spec, status }): readonly ScrapeTarget[] => {
    const host = status?.podIP;
    if (host === undefined) return [];
    const labels = { pod: metadata.name, namespace: metadata.namespace ?? '' };
    const own = { job: jobOf(metadata.name), address: `${host}:${PORTS.metrics}`, labels };
    const hasEngine = spec.containers.some(({ name }) => name === ENGINE_CONTAINER);
    const node = metadata.labels?.[NODE_LABEL] ?? metadata.name;
    return hasEngine ? [own, { job: ENGINE_JOB, address: `${host}:${PORTS.engineMetrics}`, labels: { ...labels, node } }] : [own];
  });
}

/** The consensus engine beside a node. */
const ENGINE_CONTAINER = 'engine';
export const ENGINE_JOB = 'civitas-engine';
const NODE_LABEL = 'civitas.dev/node';

function jobOf(pod: string): string {
  if (pod.startsWith('relay-')) return 'civitas-relay';
  const own = ['civitas-operator', 'civitas-console'].find((name) => pod.startsWith(name));
  return own ?? 'civitas-node';
}

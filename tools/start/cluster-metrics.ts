import type { ApiServerOptions, Kubelet } from '@civitas/localcluster';
import { localClusterMetrics, openMetricsRegistry, serveMetrics } from '@civitas/telemetry';

type AuditEntry = Parameters<NonNullable<ApiServerOptions['audit']>>[0];

/** Metrics of this process, on the cluster's own address. */
export interface ClusterMetrics {
  /** Counts one request to the API. */
  readonly count: (entry: AuditEntry) => void;
  /** Serves what was counted and what the kubelet says; `host:port`. */
  serve(kubelet: Kubelet): Promise<string>;
  close(): Promise<void>;
}

/** Not the pods' 9464: the API server's address is also the first pod's. */
const METRICS_PORT = 9465;
const VERBS: ReadonlySet<string> = new Set(localClusterMetrics.requests.labels.verb);

export function openClusterMetrics(address: string): ClusterMetrics {
  const registry = openMetricsRegistry({});
  const instruments = registry.register(localClusterMetrics);
  let close = async (): Promise<void> => undefined;
  return {
    count: ({ verb, isAllowed }) => instruments.requests.inc({ verb: VERBS.has(verb) ? verb : 'other', allowed: String(isAllowed) }),
    async serve(kubelet) {
      registry.beforeScrape(() => {
        const stats = kubelet.stats();
        instruments.pods.set({}, stats.pods);
        instruments.processes.set({}, stats.processes);
        instruments.restarts.set({}, stats.containerRestarts);
        instruments.probeFailures.set({}, stats.probeFailures);
        instruments.faults.set({}, stats.faults);
        instruments.proxyConnections.set({}, stats.proxyConnections);
      });
      const server = await serveMetrics({ registry, address, port: METRICS_PORT, isReady: () => true });
      close = () => server.close();
      return `${address}:${server.port}`;
    },
    close: () => close(),
  };
}

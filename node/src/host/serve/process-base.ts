import { PORTS, type TracingConfig } from '@civitas/deployment';
import {
  countSpans,
  followLevelSignal,
  type Instruments,
  type Logger,
  type LogLevel,
  type MetricsRegistry,
  type MetricsServer,
  openLogger,
  openMetricsRegistry,
  openTracing,
  processMetrics,
  serveMetrics,
  type Tracing,
} from '@civitas/telemetry';
import type { Pod } from '../config/pod.ts';
import { type CertificateFolder, openCertificateFolder } from '../tls/certificate-folder.ts';

/** What a node and a relay have in common: log, metrics, certificates. */
export interface ProcessBase {
  readonly log: Logger;
  readonly registry: MetricsRegistry;
  readonly metrics: Instruments<typeof processMetrics>;
  readonly tracing: Tracing;
  openCertificates(network: string, folder: string): Promise<CertificateFolder>;
  serveMetrics(isReady: () => boolean): Promise<MetricsServer>;
}

export interface ProcessBaseOptions {
  readonly pod: Pod;
  readonly component: 'node' | 'relay';
  readonly version: string;
  readonly engine: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly logLevel: LogLevel;
  readonly tracing: TracingConfig | undefined;
}

export function openProcessBase(options: ProcessBaseOptions): ProcessBase {
  const { pod, component, version, engine, labels, logLevel } = options;
  const log = openLogger({ component, version, ...labels }, logLevel);
  followLevelSignal(log);
  const registry = openMetricsRegistry(labels);
  const metrics = registry.register(processMetrics);
  metrics.buildInfo.set({ version, component, engine }, 1);
  const tracing = openTracing(options.tracing, log);
  countSpans(tracing, metrics, registry);
  return {
    log,
    registry,
    metrics,
    tracing,
    openCertificates: (network, folder) =>
      openCertificateFolder({
        folder,
        nowUnixMs: Date.now,
        onChange: (outcome) => {
          if ('rejected' in outcome) {
            metrics.certificateReloads.inc({ network, result: 'rejected' });
            log.warn('certificate-rejected', { network, code: outcome.rejected });
            return;
          }
          metrics.certificateReloads.inc({ network, result: 'accepted' });
          metrics.certificateNotAfter.set({ network }, outcome.accepted.notAfterUnixMs / 1000);
          log.info('certificate-accepted', { network, notAfterUnixMs: outcome.accepted.notAfterUnixMs });
        },
      }),
    serveMetrics: (isReady) => serveMetrics({ registry, address: pod.address, port: PORTS.metrics, isReady }),
  };
}

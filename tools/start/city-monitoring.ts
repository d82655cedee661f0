import { join } from 'node:path';
import { type Monitoring, startMonitoring } from './monitoring.ts';
import { findMonitoringPrograms, type MonitoringPrograms } from './monitoring-programs.ts';

/** Of the home's own address, which no other home has. */
const PROMETHEUS_PORT = 9090;
const ALERTMANAGER_PORT = 9093;

/** A Prometheus and an Alertmanager beside a city on one machine. */
export interface CityMonitoring {
  /** `host:port` that Prometheus tells its alerts. */
  readonly alertmanager: string;
  /** Once `prometheus.yml` stands in the home. */
  start(): Monitoring;
}

/**
 * What `--prometheus` asks for, where it is installed.
 *
 * @param programs default: those of PATH; where one is missing the city goes without, and is told how to get it.
 */
export function planMonitoring(
  home: string,
  address: string,
  say: (line: string) => void,
  programs: MonitoringPrograms | { readonly missing: readonly string[] } = findMonitoringPrograms(),
): CityMonitoring | undefined {
  if ('missing' in programs) {
    say(
      `--prometheus: not installed: ${programs.missing.join(', ')}; the city runs without (Debian: apt-get install prometheus prometheus-alertmanager)`,
    );
    return undefined;
  }
  return {
    alertmanager: `${address}:${ALERTMANAGER_PORT}`,
    start: () =>
      startMonitoring(programs, {
        folder: join(home, 'monitoring'),
        address,
        prometheusPort: PROMETHEUS_PORT,
        alertmanagerPort: ALERTMANAGER_PORT,
        configPath: join(home, 'prometheus.yml'),
      }),
  };
}

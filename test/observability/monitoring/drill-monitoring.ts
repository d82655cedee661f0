import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Pace, ruleGroups } from '@civitas/telemetry';
import { waitFor } from '@civitas/testkit';
import { stringify } from 'yaml';
import { type Monitoring, startMonitoring } from '../../../tools/start/monitoring.ts';
import { findMonitoringPrograms } from '../../../tools/start/monitoring-programs.ts';
import { type ScrapeTarget, scrapeJobsOf } from '../../../tools/start/scrape-config.ts';

/** Twenty times as fast as in production: what takes five minutes there takes fifteen seconds here. */
export const DRILL_PACE: Pace = { timeScale: 20, windowSecondsMin: 15 };

const programs = findMonitoringPrograms();
/** What the drill needs; undefined where it is missing. */
export const monitoringFound = 'missing' in programs ? undefined : programs.prometheus;
export const MONITORING_MISSING = 'no Prometheus or Alertmanager; apt-get install prometheus prometheus-alertmanager';

/** Loopback address that no city takes: theirs begin at 127.1. */
export const DRILL_ADDRESS = '127.0.77.1';

const UP_MS = 120_000;

interface ActiveAlert {
  readonly labels: Readonly<Record<string, string>>;
  readonly status: { readonly state: string };
}

export type Labels = Readonly<Record<string, string>>;

/** Prometheus with the rules at the drill's pace, and the Alertmanager that it tells. */
export class DrillMonitoring {
  readonly #monitoring: Monitoring;
  readonly #folder: string;

  private constructor(monitoring: Monitoring, folder: string) {
    this.#monitoring = monitoring;
    this.#folder = folder;
  }

  /** From now on it scrapes these; resolves once it has heard of each. */
  async scrape(targets: readonly ScrapeTarget[]): Promise<void> {
    const alertmanager = new URL(this.#monitoring.alertmanagerUrl).host;
    writeFileSync(join(this.#folder, 'prometheus.yml'), configOf(targets, { rules: join(this.#folder, 'rules.yaml'), alertmanager }));
    const { ok, status } = await fetch(`${this.prometheusUrl}/-/reload`, { method: 'POST' });
    if (!ok) throw new Error(`Prometheus did not read its configuration: ${status}`);
    await this.#heard(targets);
  }

  async #heard(targets: readonly ScrapeTarget[]): Promise<void> {
    await waitFor('the first scrape of every target', async () => (await this.count('up == 1')) >= targets.length, UP_MS);
  }

  /** @param address loopback address that nothing else uses. */
  static async start(address: string, targets: readonly ScrapeTarget[]): Promise<DrillMonitoring> {
    if ('missing' in programs) throw new Error(MONITORING_MISSING);
    const folder = mkdtempSync(join(tmpdir(), 'civitas-drill-'));
    const ports = { prometheusPort: 9090, alertmanagerPort: 9093 };
    writeFileSync(join(folder, 'rules.yaml'), stringify({ groups: ruleGroups(DRILL_PACE) }, { lineWidth: 0 }));
    const configPath = join(folder, 'prometheus.yml');
    writeFileSync(
      configPath,
      configOf(targets, { rules: join(folder, 'rules.yaml'), alertmanager: `${address}:${ports.alertmanagerPort}` }),
    );
    const drill = new DrillMonitoring(startMonitoring(programs, { folder, address, configPath, ...ports }), folder);
    try {
      for (const url of [drill.prometheusUrl, drill.#monitoring.alertmanagerUrl])
        await waitFor(`readiness of ${url}`, async () => (await fetch(`${url}/-/ready`)).ok, UP_MS);
      await drill.#heard(targets);
      return drill;
    } catch (error) {
      const logs = ['prometheus', 'alertmanager'].map((name) => readFileSync(join(folder, `${name}.log`), 'utf8').slice(-4000));
      await drill.stop();
      throw new Error(`the monitoring did not come up\n${logs.join('\n')}`, { cause: error });
    }
  }

  get prometheusUrl(): string {
    return this.#monitoring.prometheusUrl;
  }

  /** Series that an expression gives now. */
  async count(expr: string): Promise<number> {
    const response = await fetch(`${this.prometheusUrl}/api/v1/query`, { method: 'POST', body: new URLSearchParams({ query: expr }) });
    const { data } = (await response.json()) as { data: { result: readonly unknown[] } };
    return data.result.length;
  }

  /** Whether Alertmanager holds the alert with these labels as active. */
  async isActive(alert: string, labels: Labels): Promise<boolean> {
    const response = await fetch(`${this.#monitoring.alertmanagerUrl}/api/v2/alerts?active=true`);
    const alerts = (await response.json()) as readonly ActiveAlert[];
    const wanted = Object.entries({ alertname: alert, ...labels });
    return alerts.some((one) => one.status.state === 'active' && wanted.every(([name, value]) => one.labels[name] === value));
  }

  async stop(): Promise<void> {
    await this.#monitoring.stop();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

function configOf(targets: readonly ScrapeTarget[], { rules, alertmanager }: { rules: string; alertmanager: string }): string {
  return stringify({
    // What a scrape may take on a machine that is busy; the shortest range still holds five of them.
    global: { scrape_interval: '3s', scrape_timeout: '3s', evaluation_interval: '1s' },
    rule_files: [rules],
    alerting: { alertmanagers: [{ static_configs: [{ targets: [alertmanager] }] }] },
    scrape_configs: scrapeJobsOf(targets),
  });
}

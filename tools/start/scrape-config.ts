import { stringify } from 'yaml';

export interface ScrapeTarget {
  readonly job: string;
  /** `host:port`. */
  readonly address: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** `prometheus.yml` for this home: `prometheus --config.file=.civitas/prometheus.yml` scrapes the whole city. */
export function scrapeConfigOf(targets: readonly ScrapeTarget[], rulesPath: string): string {
  const jobs = [...new Set(targets.map((target) => target.job))].sort();
  return stringify({
    global: { scrape_interval: '5s', evaluation_interval: '5s' },
    rule_files: [rulesPath],
    scrape_configs: jobs.map((job) => ({
      job_name: job,
      static_configs: targets.filter((target) => target.job === job).map(({ address, labels }) => ({ targets: [address], labels })),
    })),
  });
}

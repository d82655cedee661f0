import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';

/** Addresses of the metrics listeners of a home, by job, as the file says that `npm start` wrote. */
export function scrapeTargets(home: string): ReadonlyMap<string, readonly string[]> {
  const config = parse(readFileSync(join(home, 'prometheus.yml'), 'utf8')) as {
    readonly scrape_configs: readonly { readonly job_name: string; readonly static_configs: readonly { readonly targets: string[] }[] }[];
  };
  return new Map(config.scrape_configs.map((job) => [job.job_name, job.static_configs.flatMap(({ targets }) => targets)]));
}

/** Whether every process of a job says that it is ready. */
export async function isJobReady(home: string, job: string): Promise<boolean> {
  const targets = scrapeTargets(home).get(job) ?? [];
  const answers = await Promise.all(targets.map((target) => fetch(`http://${target}/readyz`)));
  return answers.length > 0 && answers.every(({ ok }) => ok);
}

// Writes charts/civitas/dashboards/*.json from packages/telemetry/src/dashboards; --check exits 1 when a file differs.
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DASHBOARDS } from '../packages/telemetry/src/dashboards/index.ts';
import { grafanaDashboard } from './dashboards/grafana-dashboard.ts';

const folder = join(dirname(dirname(fileURLToPath(import.meta.url))), 'charts', 'civitas', 'dashboards');
mkdirSync(folder, { recursive: true });
const wanted = new Map(
  DASHBOARDS.map((dashboard) => [`${dashboard.uid}.json`, `${JSON.stringify(grafanaDashboard(dashboard, DASHBOARDS), null, 2)}\n`]),
);
const there = readdirSync(folder).filter((name) => name.endsWith('.json'));
const differing = [...new Set([...wanted.keys(), ...there])].filter(
  (name) => !there.includes(name) || readFileSync(join(folder, name), 'utf8') !== wanted.get(name),
);
if (process.argv.includes('--check')) {
  if (differing.length > 0) {
    process.stderr.write(`charts/civitas/dashboards is out of date (${differing.join(', ')}): run node tools/dashboards.ts\n`);
    process.exit(1);
  }
} else {
  for (const name of differing) {
    const text = wanted.get(name);
    if (text === undefined) rmSync(join(folder, name));
    else writeFileSync(join(folder, name), text);
  }
}

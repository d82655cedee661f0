/** Writes charts/civitas/crds/*.yaml from the one source in operator/src/core/resources. `--check` only compares. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { crdFiles } from '../operator/src/host/config/crd-files.ts';

const folder = new URL('../charts/civitas/crds/', import.meta.url);
mkdirSync(folder, { recursive: true });
let stale = 0;
for (const { name, yaml } of crdFiles()) {
  const path = new URL(name, folder);
  if (process.argv.includes('--check')) {
    if (readFileSync(path, 'utf8') === yaml) continue;
    process.stderr.write(`charts/civitas/crds/${name} differs from its source: run npm run crds\n`);
    stale++;
  } else {
    writeFileSync(path, yaml);
  }
}
process.exitCode = stale === 0 ? 0 : 1;

// Refuses a change of proto/ that breaks peers of the last release: compared against the newest tag; says so where there is none yet.
import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const tag = spawnSync('git', ['describe', '--tags', '--abbrev=0'], { cwd: root, encoding: 'utf8' });
if (tag.status !== 0) {
  process.stdout.write('proto breaking: no release tag yet, nothing to compare with\n');
  process.exit(0);
}
const against = `${join(root, '.git')}#tag=${tag.stdout.trim()},subdir=proto`;
const run = spawnSync(process.execPath, [join(root, 'tools/proto.ts'), 'breaking', '--against', against], { stdio: 'inherit' });
process.exit(run.status ?? 1);

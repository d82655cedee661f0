// Installs what the lock file names, once per lock file. Runs under whatever Node starts npm (20 or later), before any dependency exists.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** @param {string} root Folder of package.json. Ends the process with exit code 1 when npm cannot install. */
export function install(root) {
  const stamp = join(root, 'node_modules', '.civitas-lock');
  const lock = createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === lock) return;
  process.stderr.write('civitas: installing what package-lock.json names (once)…\n');
  const run = spawnSync('npm', ['ci', '--loglevel=error'], { cwd: root, stdio: ['ignore', 2, 2] });
  if (run.status !== 0) {
    process.stderr.write(`civitas: npm ci failed with exit code ${run.status ?? 'none'}; see the lines above\n`);
    process.exit(1);
  }
  writeFileSync(stamp, lock);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) install(dirname(dirname(fileURLToPath(import.meta.url))));

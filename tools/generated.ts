// Regenerates what is generated and committed (proto, CRDs, references) and fails when the tree changes by it.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const outputs = ['proto/gen', 'charts', 'docs/reference'];
const generators = [
  'proto',
  'crds',
  'dashboards',
  'metrics-reference',
  'alert-rules',
  'events-reference',
  'errors-reference',
  'resources-reference',
  'conditions-reference',
  'openapi-reference',
];

const state = (): string =>
  spawnSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard', '--', ...outputs], { cwd: root, encoding: 'utf8' })
    .stdout.split('\0')
    .filter((path) => path !== '' && existsSync(join(root, path)))
    .map((path) => `${path} ${spawnSync('git', ['hash-object', path], { cwd: root, encoding: 'utf8' }).stdout.trim()}`)
    .join('\n');

const before = state();
for (const name of generators) {
  const script = join(root, 'tools', `${name}.ts`);
  if (!existsSync(script)) continue;
  const run = spawnSync(process.execPath, [script], { cwd: root, stdio: ['ignore', 2, 2] });
  if (run.status !== 0) process.exit(run.status ?? 1);
}
const after = state();
if (before !== after) {
  const known = new Set(before.split('\n'));
  const changed = after.split('\n').filter((line) => !known.has(line));
  process.stderr.write(
    `generated files were out of date and have been rewritten; commit them:\n${changed.map((line) => `  ${line.split(' ')[0]}`).join('\n')}\n`,
  );
  process.exit(1);
}

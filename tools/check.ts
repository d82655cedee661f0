// `npm run check`: everything that reads the tree without running the product. Each step prints how long it took; all steps run.
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const bin = (name: string): string => join(root, 'node_modules', '.bin', name);
const rooms = ['packages', 'contracts', 'node', 'operator', 'console', 'cli', 'tools', 'test', 'bench'];
// A launcher that relies on an install script is passed over for the program it would have linked.
const biome = createRequire(import.meta.url).resolve(`@biomejs/cli-linux-${process.arch}/biome`);

const steps: readonly (readonly [string, string, readonly string[]])[] = [
  ['format', biome, ['ci', '--colors=off', '--linter-enabled=false', '--error-on-warnings', '.']],
  ['types, pure rooms', bin('tsc'), ['-p', 'tsconfig.pure.json']],
  ['types', bin('tsc'), ['-p', 'tsconfig.json']],
  ['types, web', bin('tsc'), ['-p', 'console/web/tsconfig.json']],
  ['lint', bin('oxlint'), ['--type-aware', '--quiet', ...rooms]],
  ['import table', bin('depcruise'), ['--config', '.dependency-cruiser.cjs', ...rooms]],
  ['dead code', bin('knip'), ['--no-progress']],
  ['proto lint', process.execPath, ['tools/proto.ts', 'lint']],
  ['proto breaking', process.execPath, ['tools/proto-breaking.ts']],
  ['generated is current', process.execPath, ['tools/generated.ts']],
];

const only = process.argv.slice(2);
// Launchers name `node`: this one, not the machine's.
const env = { ...process.env, PATH: `${join(root, 'node_modules', '.bin')}${delimiter}${process.env['PATH'] ?? ''}` };
let failed = 0;
for (const [name, command, args] of steps) {
  if (only.length > 0 && !only.includes(name)) continue;
  const startedMs = performance.now();
  const run = spawnSync(command, args, { cwd: root, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024, env });
  const seconds = ((performance.now() - startedMs) / 1000).toFixed(1);
  const ok = run.status === 0;
  if (!ok) {
    failed += 1;
    process.stdout.write(`${run.stdout ?? ''}${run.stderr ?? ''}${run.error === undefined ? '' : String(run.error)}\n`);
  }
  process.stdout.write(`${ok ? 'ok  ' : 'FAIL'} ${name} (${seconds} s)\n`);
}
process.exit(failed === 0 ? 0 : 1);

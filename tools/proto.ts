// Generates proto/gen from proto/**/*.proto with the pinned buf binary and ts-proto; `npm run proto`.
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
// buf's JavaScript launcher relies on an install script, which stays off: its platform binary is called directly.
const buf = createRequire(import.meta.url).resolve(`@bufbuild/buf-linux-${process.arch === 'arm64' ? 'aarch64' : 'x64'}/bin/buf`);
const args = process.argv.slice(2);

const run = spawnSync(buf, args.length === 0 ? ['generate'] : args, {
  cwd: join(root, 'proto'),
  stdio: 'inherit',
  env: { ...process.env, PATH: `${join(root, 'node_modules', '.bin')}${delimiter}${process.env['PATH'] ?? ''}` },
});
process.exit(run.status ?? 1);

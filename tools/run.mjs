// `node tools/run.mjs tools/<program>.ts …`: what every npm script calls. Installs what the lock file names when it is not installed yet
// (npm's own pre-scripts do not run, because install scripts are switched off in .npmrc), then runs the program on the Node that the lock
// file brings. Plain JavaScript: it must run on whatever Node started npm, 20 or later.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { install } from './install.mjs';

const NODE_MAJOR_MIN = 24;
const root = dirname(dirname(fileURLToPath(import.meta.url)));
const [program, ...args] = process.argv.slice(2);

install(root);
if (Number(process.versions.node.split('.')[0]) >= NODE_MAJOR_MIN) {
  process.argv.splice(1, 2, join(root, program));
  await import(pathToFileURL(join(root, program)).href);
} else {
  runOnBroughtNode();
}

function runOnBroughtNode() {
  const node = join(root, 'node_modules', '.bin', 'node');
  if (!existsSync(node)) {
    process.stderr.write(
      `civitas needs Node ${NODE_MAJOR_MIN} or later. On Linux x64 and arm64 the installation brings it; this is ${process.platform} ${process.arch} with ${process.version}.\n`,
    );
    process.exit(1);
  }
  const child = spawn(node, [join(root, program), ...args], { stdio: 'inherit' });
  // A terminal sends Ctrl-C to both; a supervisor only to this one. The program ends at its own pace either way.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('exit', (code, signal) => process.exit(code ?? (signal === null ? 1 : 128)));
}

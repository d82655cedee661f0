// Runs a program under whatever Node the machine has; ours need one that strips types (24), which npm installed beside us.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { constants } from 'node:os';
import { dirname, join } from 'node:path';

const MAJOR_MIN = 24;

function findBundledNode() {
  const require = createRequire(import.meta.url);
  try {
    const packed = dirname(require.resolve(`node-linux-${process.arch}/package.json`));
    const program = join(packed, 'bin', 'node');
    return existsSync(program) ? program : undefined;
  } catch {
    return undefined;
  }
}

/** Runs `main` (a path) here where this Node can, else under the bundled one, and ends as it ends. */
export async function launch(name, main) {
  if (Number(process.versions.node.split('.')[0]) >= MAJOR_MIN) {
    await import(main);
    return;
  }
  const program = findBundledNode();
  if (program === undefined) {
    process.stderr.write(
      `${name} needs Node ${MAJOR_MIN} or newer; this is ${process.version} and no bundled one is installed (run: npm ci)\n`,
    );
    process.exit(1);
  }
  const child = spawn(program, [main, ...process.argv.slice(2)], { stdio: 'inherit' });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('exit', (code, signal) => process.exit(code ?? 128 + (constants.signals[signal] ?? 1)));
}

// Installs what the lock file names, once per lock file. Runs under whatever Node starts npm (20 or later), before any dependency exists.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const TURN_POLL_MS = 250;
/** A turn whose holder has not told its id for so long was left behind. */
const UNTOLD_MS = 10_000;
const HOLDER = 'pid';

/** @param {string} root Folder of package.json. Ends the process with exit code 1 when npm cannot install. */
export function install(root) {
  const stamp = join(root, 'node_modules', '.civitas-lock');
  const lock = createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex');
  const isInstalled = () => existsSync(stamp) && readFileSync(stamp, 'utf8') === lock;
  if (isInstalled()) return;
  const release = takeTurn(root);
  if (!isInstalled()) {
    process.stderr.write('civitas: installing what package-lock.json names (once)…\n');
    const run = spawnSync('npm', ['ci', '--loglevel=error'], { cwd: root, stdio: ['ignore', 2, 2] });
    if (run.status !== 0) {
      release();
      process.stderr.write(`civitas: npm ci failed with exit code ${run.status ?? 'none'}; see the lines above\n`);
      process.exit(1);
    }
    writeFileSync(stamp, lock);
  }
  release();
}

/**
 * Waits until no other process installs into this folder: two at once empty it under each other.
 *
 * @param {string} root
 * @returns {() => void} Ends the turn.
 */
function takeTurn(root) {
  const turn = join(tmpdir(), `civitas-install-${createHash('sha256').update(root).digest('hex').slice(0, 16)}`);
  for (;;) {
    try {
      mkdirSync(turn, { mode: 0o700 });
      writeFileSync(join(turn, HOLDER), String(process.pid));
      return () => rmSync(turn, { recursive: true, force: true });
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
    }
    if (isLeftBehind(turn)) rmSync(turn, { recursive: true, force: true });
    else Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, TURN_POLL_MS);
  }
}

/**
 * Whether the process whose turn it was is gone. One that has only begun its turn has not told its id yet.
 *
 * @param {string} turn
 */
function isLeftBehind(turn) {
  try {
    const pid = Number(readFileSync(join(turn, HOLDER), 'utf8'));
    if (pid > 0) process.kill(pid, 0);
    return pid <= 0 && Date.now() - statSync(turn).mtimeMs > UNTOLD_MS;
  } catch (error) {
    return error.code === 'ESRCH' || (error.code === 'ENOENT' && existsSync(turn) && Date.now() - statSync(turn).mtimeMs > UNTOLD_MS);
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) install(dirname(dirname(fileURLToPath(import.meta.url))));

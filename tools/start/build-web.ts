import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const WEB = 'console/web';
const MARK = 'dist/.sources';
const MODE = 'production';
/** What the pages are built from. */
const SOURCES = ['console/web/src', 'console/web/public', 'packages/console-contract/src', 'packages/canon/src', 'packages/proofs/src'];
const FILES = ['console/web/index.html', 'console/web/package.json', 'console/web/vite.config.ts', 'package-lock.json'];
const OUTPUT_LINES_SHOWN = 20;

function filesBelow(root: string, folder: string): readonly string[] {
  if (!existsSync(join(root, folder))) return [];
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

function hashOfSources(root: string): string {
  const hash = createHash('sha256').update(MODE);
  const files = [...SOURCES.flatMap((folder) => filesBelow(root, folder)), ...FILES.map((file) => join(root, file))];
  for (const path of files) hash.update(path).update('\0').update(readFileSync(path)).update('\0');
  return hash.digest('hex');
}

/**
 * Builds the console's pages into `console/web/dist` unless what is there was built from the same sources.
 *
 * @throws Error with the last lines of the build's output.
 */
export async function buildWeb(root: string, stop: AbortSignal): Promise<void> {
  const mark = join(root, WEB, MARK);
  const hash = hashOfSources(root);
  if (existsSync(mark) && readFileSync(mark, 'utf8') === hash) return;
  const vite = join(root, 'node_modules/vite/bin/vite.js');
  const child = spawn(process.execPath, [vite, 'build', '--logLevel', 'warn'], {
    cwd: join(root, WEB),
    // Under a test runner React would be built as it is for its developers, and half as large again.
    env: { ...process.env, NODE_ENV: MODE },
    stdio: ['ignore', 'pipe', 'pipe'],
    signal: stop,
  });
  const output: string[] = [];
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => output.push(chunk.toString()));
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  if (code !== 0)
    throw new Error(`the console's pages could not be built:\n${output.join('').split('\n').slice(-OUTPUT_LINES_SHOWN).join('\n')}`);
  writeFileSync(mark, hash);
}

import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const CHILD = fileURLToPath(new URL('./state-run.ts', import.meta.url));
const LOAD_BATCH = 5_000;

/** One job on the store in a process of its own; the figures it prints. */
async function run(folder: string, args: readonly (string | number)[]): Promise<object> {
  const child = spawn(process.execPath, ['--no-warnings', '--max-semi-space-size=16', CHILD, ...args.map(String), folder], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout.on('data', (data: Buffer) => {
    output += data.toString('utf8');
  });
  const code = await new Promise((resolve) => child.on('close', resolve));
  if (code !== 0) throw new Error(`${args.join(' ')} ended with ${String(code)}`);
  return JSON.parse(output) as object;
}

/** CPU, memory and disk of state tree and store at a number of keys: load, open, updates in batches, new keys with receipts and indexes. */
export async function benchState(options: { readonly keys: number; readonly say: (line: string) => void }): Promise<object> {
  const { keys, say } = options;
  const folder = mkdtempSync(join(tmpdir(), 'civitas-bench-state-'));
  const figures: Record<string, object> = {};
  try {
    for (const [name, job, batch, blocks] of [
      ['load', 'load', LOAD_BATCH, 0],
      ['open', 'open', 0, 0],
      ['snapshot', 'snapshot', 0, 0],
      ['updates of 50', 'update', 50, 200],
      ['updates of 500', 'update', 500, 60],
      ['updates of 5000', 'update', 5_000, 8],
      ['inserts of 500', 'insert', 500, 200],
    ] as const) {
      say(`${name} at ${keys} keys`);
      figures[name] = await run(folder, [job, keys, batch, blocks]);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return { keys, ...figures };
}

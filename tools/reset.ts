// `npm run reset`: asks, then clears the home folder. `-- --yes` does not ask.
import { existsSync, rmSync } from 'node:fs';
import { createInterface } from 'node:readline/promises';
import { homePathOf, openHome } from './start/home.ts';
import { StartRefused } from './start/start-refused.ts';

const path = homePathOf(undefined);
if (!existsSync(path)) {
  process.stdout.write(`nothing to clear: there is no ${path}\n`);
  process.exit(0);
}
try {
  // Takes the same lock as a running city, so that its data is never pulled from under it.
  openHome(path);
} catch (error) {
  if (!(error instanceof StartRefused) || error.code !== 'ALREADY_RUNNING') throw error;
  process.stderr.write(`${error.message}\n`);
  process.exit(1);
}
const confirmed = process.argv.includes('--yes') || (await ask());
if (!confirmed) {
  rmSync(`${path}/lock.json`, { force: true });
  process.stdout.write('kept.\n');
  process.exit(1);
}
rmSync(path, { recursive: true, force: true });
process.stdout.write(`cleared ${path}\n`);

async function ask(): Promise<boolean> {
  if (!process.stdin.isTTY) {
    process.stderr.write('npm run reset needs a terminal to ask, or -- --yes\n');
    return false;
  }
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  const answer = await terminal.question(`Delete every ledger, vault and key below ${path}? Type the word delete: `);
  terminal.close();
  return answer.trim() === 'delete';
}

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { openJournal } from './store/journal.ts';
import { openUsersFile } from './store/users-file.ts';

const WRITER = new URL('./testing/endless-writer.ts', import.meta.url).pathname;
const WAIT_MS_MAX = 60_000;

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'civitas-kill-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** Runs the writer until it has answered for so many writes, and kills it in the midst of the next. */
async function killAfter(answeredCount: number): Promise<number> {
  const writer = spawn(process.execPath, [WRITER, folder], { stdio: ['ignore', 'pipe', 'inherit'] });
  let answered = -1;
  for await (const line of createInterface({ input: writer.stdout })) {
    answered = Number(line);
    if (answered >= answeredCount) writer.kill('SIGKILL');
  }
  if (writer.exitCode === null && writer.signalCode === null) await once(writer, 'exit');
  return answered;
}

test(
  'what was answered for is there after a kill, in the journal and in the users file',
  async () => {
    for (const answeredCount of [20, 33, 47]) {
      const answered = await killAfter(answeredCount);
      expect(answered).toBeGreaterThanOrEqual(answeredCount);
      const journal = await openJournal(join(folder, 'sessions.log'), () => 0);
      expect(journal.wasBroken).toBe(false);
      const last = journal.get('last');
      await journal.close();
      expect(last).toBeGreaterThanOrEqual(answered);
      const { organizations } = (await openUsersFile(join(folder, 'users.json'))).state();
      expect(Number(organizations[0]?.name)).toBeGreaterThanOrEqual(answered);
    }
  },
  WAIT_MS_MAX,
);

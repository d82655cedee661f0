// Child of vault-images.test.ts: a vault that stores and erases, and logs what it promised, each line in one write.
import { openSync, writeSync } from 'node:fs';
import { openTestVault, recordOf, SUBJECTS, subjectOf } from './vault-of-images.fixture.ts';

const [folder = '', logPath = '', rounds = '0'] = process.argv.slice(2);
const log = openSync(logPath, 'a');
const say = (line: string): void => void writeSync(log, `${line}\n`);
const vault = openTestVault(folder);

async function store(references: readonly string[]): Promise<void> {
  for (const reference of references) say(`storing ${reference}`);
  const results = await vault.put(references.map((reference) => ({ reference, record: recordOf(reference) })));
  for (const [at, result] of results.entries()) if (result.ok) say(`stored ${references[at]} ${result.value['result']}`);
}

for (let round = 0; round < Number(rounds); round++) {
  // One by one, then several subjects in one call: files and index are written side by side.
  await store([`${round}-${round % SUBJECTS}-a`]);
  await store(Array.from({ length: SUBJECTS }, (_, subject) => `${round}-${subject}-b`));
  if (round % 2 === 1) {
    const subject = subjectOf(`${round}-${(round - 1) % SUBJECTS}-x`);
    say(`erasing ${subject}`);
    await vault.erase(subject);
    say(`erased ${subject}`);
  }
}
await vault.close();

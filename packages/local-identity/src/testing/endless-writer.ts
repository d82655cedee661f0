// Writes to the folder it is given until it is killed, and says the number of each write once it is answered for.
import { writeSync } from 'node:fs';
import { join } from 'node:path';
import { openJournal } from '../store/journal.ts';
import { openUsersFile } from '../store/users-file.ts';

const [folder = ''] = process.argv.slice(2);
const journal = await openJournal(join(folder, 'sessions.log'), () => 0);
const users = await openUsersFile(join(folder, 'users.json'));

for (let count = 0; ; count += 1) {
  const organization = {
    id: 'o',
    alias: 'o',
    name: String(count),
    description: undefined,
    isEnabled: true,
    domains: [],
    attributes: {},
    groups: [],
    members: [],
  };
  await Promise.all([
    journal.write([{ key: 'last', value: count }]),
    users.change((state) => ({ ok: true, state: { ...state, organizations: [organization] }, value: undefined })),
  ]);
  writeSync(1, `${count}\n`);
}

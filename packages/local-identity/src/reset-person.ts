import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { refuse } from '@civitas/canon';
import { createPasswordHasher } from './password/password-hash.ts';
import { lockFolder } from './store/folder-lock.ts';
import { findUserByName, withChanged } from './store/state.ts';
import { openUsersFile } from './store/users-file.ts';

const USAGE = `reset-person <folder> <user name or e-mail address>

Gives somebody who has lost password or authenticator a new one-time password, and ends their sessions. The console must be stopped.
`;
const PASSWORD_BYTES = 15;

/**
 * Gives a person a random one-time password, takes their authenticator away and voids their sessions.
 *
 * @param folder that of the local identity, held by no other process.
 * @returns The password; undefined when there is no such person.
 * @throws LocalIdentityFault IDENTITY_FOLDER_TAKEN while the console runs, IDENTITY_FILE_BROKEN.
 */
export async function resetPerson(folder: string, name: string, nowUnixS: number): Promise<string | undefined> {
  const unlock = await lockFolder(folder);
  try {
    const users = await openUsersFile(join(folder, 'users.json'));
    const oneTime = randomBytes(PASSWORD_BYTES).toString('base64url');
    const password = await createPasswordHasher().hashOneTime(oneTime);
    const changed = await users.change((state) => {
      const user = findUserByName(state, name);
      if (user === undefined) return refuse('IDENTITY_UNKNOWN');
      const next = { ...user, password, mustChangePassword: true, totp: undefined, notBeforeUnixS: nowUnixS };
      return { ok: true, state: { ...state, users: withChanged(state.users, user.id, () => next) }, value: undefined };
    });
    return changed.ok ? oneTime : undefined;
  } finally {
    await unlock();
  }
}

async function main([folder, name]: readonly string[]): Promise<number> {
  if (folder === undefined || name === undefined) {
    process.stderr.write(USAGE);
    return 2;
  }
  const password = await resetPerson(folder, name, Math.floor(Date.now() / 1000));
  if (password === undefined) {
    process.stderr.write(`nobody there is called ${name}\n`);
    return 1;
  }
  process.stdout.write(`${password}\n`);
  return 0;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) process.exitCode = await main(process.argv.slice(2));

import { readFile } from 'node:fs/promises';
import { accept, type Refused, type Result } from '@civitas/canon';
import { writeFileDurably } from '@civitas/durable-file';
import { LocalIdentityFault } from '../codes.ts';
import { type DirectoryState, EMPTY_STATE } from './state.ts';

/** What a change makes of the state: the next state and an answer, or a refusal that leaves everything as it was. */
export type Change<T> = (state: DirectoryState) => { readonly ok: true; readonly state: DirectoryState; readonly value: T } | Refused;

export interface UsersFile {
  /** The state as it is on disk. */
  readonly state: () => DirectoryState;
  /** Changes run one after the other; each is on disk before it is seen or answered. */
  readonly change: <T>(change: Change<T>) => Promise<Result<T>>;
  /** True when the file was not there before. */
  readonly isNew: boolean;
}

function parseState(path: string, text: string): DirectoryState {
  try {
    const parsed = JSON.parse(text) as DirectoryState;
    const lists = [parsed.users, parsed.organizations, parsed.invitations, parsed.clients];
    if (parsed.formatVersion === 1 && lists.every(Array.isArray)) return parsed;
  } catch (cause) {
    throw new LocalIdentityFault('IDENTITY_FILE_BROKEN', `${path} is not JSON`, { cause });
  }
  throw new LocalIdentityFault('IDENTITY_FILE_BROKEN', `${path} has another format than version 1`);
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw cause;
  }
}

/**
 * Opens the users file; a missing one is an empty directory, which is written with the first change.
 *
 * @throws LocalIdentityFault IDENTITY_FILE_BROKEN when it cannot be understood: it is never started over silently.
 */
export async function openUsersFile(path: string): Promise<UsersFile> {
  const text = await readIfThere(path);
  let current = text === undefined ? EMPTY_STATE : parseState(path, text);
  let queue: Promise<unknown> = Promise.resolve();

  const run = async <T>(change: Change<T>): Promise<Result<T>> => {
    const outcome = change(current);
    if (!outcome.ok) return outcome;
    if (outcome.state !== current) {
      await writeFileDurably(path, `${JSON.stringify(outcome.state, null, 1)}\n`);
      current = outcome.state;
    }
    return accept(outcome.value);
  };
  return {
    state: () => current,
    change: (change) => {
      const turn = queue.then(() => run(change));
      queue = turn.catch(() => undefined);
      return turn;
    },
    isNew: text === undefined,
  };
}

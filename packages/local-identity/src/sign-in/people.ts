import { randomBytes } from 'node:crypto';
import { accept, type Result, refuse } from '@civitas/canon';
import type { PasswordHasher } from '../password/password-hash.ts';
import { base32Of, findTotpStep, TOTP_SECRET_BYTES } from '../password/totp.ts';
import { findUserByName, type User, withChanged } from '../store/state.ts';
import type { UsersFile } from '../store/users-file.ts';
import type { FailureCounter } from './failure-counter.ts';

export interface PeopleOptions {
  readonly users: UsersFile;
  readonly hasher: PasswordHasher;
  readonly failures: FailureCounter;
  /** Unix seconds. */
  readonly nowUnixS: () => number;
}

/** What an attempt came to: the person, a wrong answer, or a pause. */
export type Attempt =
  | { readonly is: 'right'; readonly user: User }
  | { readonly is: 'wrong' }
  | { readonly is: 'paused'; readonly waitS: number };

export interface People {
  readonly find: (id: string | undefined) => User | undefined;
  /** @throws HashQueueFull under overload. */
  readonly checkPassword: (typed: { readonly name: string; readonly password: string; readonly address: string }) => Promise<Attempt>;
  readonly checkCode: (user: User, code: string, address: string) => Promise<Attempt>;
  readonly makeSecret: () => string;
  /** Takes a first code of an offered secret and makes it the person's. */
  readonly enrol: (user: User, secret: string, code: string, address: string) => Promise<Attempt>;
  /** True when the password is the person's present one. */
  readonly isPresent: (user: User, password: string) => Promise<boolean>;
  /** Saves a new password; every sign-in before that second is void. @param announce hears of the second just before. */
  readonly changePassword: (user: User, password: string, announce: (atUnixS: number) => Promise<void>) => Promise<Result<User>>;
}

const SECONDS = 1000;

/** Checks what people enter and changes what they may change themselves. */
export function createPeople({ users, hasher, failures, nowUnixS }: PeopleOptions): People {
  const find = (id: string | undefined): User | undefined => users.state().users.find((user) => user.id === id && user.isEnabled);
  const paused = (key: string, address: string): Attempt | undefined => {
    const waitMs = failures.waitMs(key, address);
    return waitMs > 0 ? { is: 'paused', waitS: Math.ceil(waitMs / SECONDS) } : undefined;
  };
  const changeUser = (id: string, change: (user: User) => User | undefined): Promise<Result<User>> =>
    users.change((state) => {
      const user = state.users.find((candidate) => candidate.id === id);
      const changed = user === undefined ? undefined : change(user);
      if (changed === undefined) return refuse('IDENTITY_UNKNOWN');
      return { ok: true, state: { ...state, users: withChanged(state.users, id, () => changed) }, value: changed };
    });
  const takeCode = async (user: User, secret: string, code: string, address: string): Promise<Attempt> => {
    // Apart from passwords: who knows the password must not buy new guesses of the code with it.
    const key = `code ${user.id}`;
    const pause = paused(key, address);
    if (pause !== undefined) return pause;
    failures.begin(key, address);
    const taken = await changeUser(user.id, (present) => {
      const lastStep = present.totp?.secret === secret ? present.totp.lastStep : 0;
      const step = findTotpStep(code, { secret, lastStep }, nowUnixS());
      return step === undefined ? undefined : { ...present, totp: { secret, lastStep: step } };
    });
    if (!taken.ok) return { is: 'wrong' };
    failures.succeeded(key, address);
    return { is: 'right', user: taken.value };
  };
  return {
    find,
    checkPassword: async ({ name, password, address }) => {
      const user = findUserByName(users.state(), name);
      const key = user?.id ?? name;
      const pause = paused(key, address);
      if (pause !== undefined) return pause;
      failures.begin(key, address);
      const isRight = await hasher.matches(password, user?.password);
      if (user === undefined || !isRight || !user.isEnabled) return { is: 'wrong' };
      failures.succeeded(key, address);
      return { is: 'right', user };
    },
    checkCode: async (user, code, address) => (user.totp === undefined ? { is: 'wrong' } : takeCode(user, user.totp.secret, code, address)),
    makeSecret: () => base32Of(randomBytes(TOTP_SECRET_BYTES)),
    enrol: async (user, secret, code, address) => (user.totp === undefined ? takeCode(user, secret, code, address) : { is: 'wrong' }),
    isPresent: (user, password) => hasher.matches(password, user.password),
    changePassword: async (user, password, announce) => {
      const hash = await hasher.hash(password);
      const atUnixS = nowUnixS();
      await announce(atUnixS);
      const changed = await changeUser(user.id, (present) => ({
        ...present,
        password: hash,
        mustChangePassword: false,
        notBeforeUnixS: atUnixS,
      }));
      return changed.ok ? accept(changed.value) : changed;
    },
  };
}

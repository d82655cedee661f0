import type { User } from '../store/state.ts';

/** What an authorization request wants of the person. */
export interface Demand {
  /** A password, though there may be a session. */
  readonly password: boolean;
  /** A code of the authenticator. */
  readonly code: boolean;
  /** The person wants another password. */
  readonly change: boolean;
}

/** What the person has shown in this sign-in so far. */
export interface Progress {
  readonly userId: string | undefined;
  readonly hasPassword: boolean;
  readonly hasCode: boolean;
  readonly hasChanged: boolean;
  /** Secret offered for enrolment, not theirs until a code of it was entered. */
  readonly offeredSecret: string | undefined;
}

export type Step = 'password' | 'change-password' | 'enrol' | 'code' | 'done';

export const NO_PROGRESS: Progress = { userId: undefined, hasPassword: false, hasCode: false, hasChanged: false, offeredSecret: undefined };

/**
 * The next thing a sign-in asks for. An authenticator is enrolled only right after the password: an open session alone must not be
 * enough to make somebody else's phone the second factor.
 */
export function nextStep(demand: Demand, progress: Progress, user: User | undefined): Step {
  if (user === undefined) return 'password';
  const enrols = demand.code && user.totp === undefined;
  if (!progress.hasPassword && (demand.password || demand.change || enrols)) return 'password';
  if (user.mustChangePassword || (demand.change && !progress.hasChanged)) return 'change-password';
  if (!demand.code || progress.hasCode) return 'done';
  return enrols ? 'enrol' : 'code';
}

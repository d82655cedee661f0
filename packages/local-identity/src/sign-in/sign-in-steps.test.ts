import { describe, expect, test } from '@jest/globals';
import type { User } from '../store/state.ts';
import { type Demand, NO_PROGRESS, nextStep, type Progress } from './sign-in-steps.ts';

const USER: User = {
  id: 'u',
  username: 'li.na',
  email: '',
  firstName: '',
  lastName: '',
  locale: undefined,
  isEnabled: true,
  password: { scheme: 'scrypt', n: 16, r: 1, parallelization: 1, salt: '', hash: '' },
  mustChangePassword: false,
  totp: undefined,
  platformRoles: [],
  notBeforeUnixS: 0,
};
const ENROLLED = { ...USER, totp: { secret: 'A', lastStep: 0 } };
const FIRST = { ...USER, mustChangePassword: true };
const demand = (wants: Partial<Demand>): Demand => ({ password: false, code: false, change: false, ...wants });
const progress = (has: Partial<Progress>): Progress => ({ ...NO_PROGRESS, userId: 'u', ...has });

describe('the next step of a sign-in', () => {
  test.each<[string, Demand, Progress, User | undefined, string]>([
    ['nobody known yet', demand({ password: true }), NO_PROGRESS, undefined, 'password'],
    ['nobody known, only a code wanted', demand({ code: true }), NO_PROGRESS, undefined, 'password'],
    ['password given', demand({ password: true }), progress({ hasPassword: true }), USER, 'done'],
    ['first sign-in', demand({ password: true }), progress({ hasPassword: true }), FIRST, 'change-password'],
    ['first sign-in, password not given yet', demand({ password: true }), progress({}), FIRST, 'password'],
    ['step-up, no authenticator', demand({ code: true }), progress({}), USER, 'password'],
    ['step-up, no authenticator, password given', demand({ code: true }), progress({ hasPassword: true }), USER, 'enrol'],
    ['step-up in a session', demand({ code: true }), progress({}), ENROLLED, 'code'],
    ['step-up in a session, code given', demand({ code: true }), progress({ hasCode: true }), ENROLLED, 'done'],
    ['fresh step-up', demand({ code: true, password: true }), progress({}), ENROLLED, 'password'],
    ['fresh step-up, code first', demand({ code: true, password: true }), progress({ hasCode: true }), ENROLLED, 'password'],
    ['change at will', demand({ change: true }), progress({}), USER, 'password'],
    ['change at will, password given', demand({ change: true }), progress({ hasPassword: true }), USER, 'change-password'],
    ['change at will, changed', demand({ change: true }), progress({ hasPassword: true, hasChanged: true }), USER, 'done'],
  ])('%s', (_name, wants, has, user, step) => {
    expect(nextStep(wants, has, user)).toBe(step);
  });

  test('is never done without a password or a session, never without the code that is wanted', () => {
    const flags = [false, true];
    for (const password of flags)
      for (const code of flags)
        for (const hasPassword of flags)
          for (const hasCode of flags)
            for (const user of [USER, ENROLLED, FIRST]) {
              const isDone = nextStep(demand({ password, code }), progress({ hasPassword, hasCode }), user) === 'done';
              if (!isDone) continue;
              expect(hasPassword || !password).toBe(true);
              expect(hasCode || !code).toBe(true);
              expect(user.mustChangePassword).toBe(false);
            }
  });
});

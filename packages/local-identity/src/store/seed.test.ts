import { describe, expect, test } from '@jest/globals';
import { createPasswordHasher } from '../password/password-hash.ts';
import { parseSeed, seedState } from './seed.ts';

const USER = { username: 'li.na', password: 'one-time-password-1' };
const seedOf = (...users: readonly object[]): string => JSON.stringify({ users });

describe('the list of first users', () => {
  test('makes people who must change their password, and the organizations they belong to', async () => {
    const hasher = createPasswordHasher({ n: 16, r: 1, parallelization: 1 });
    const state = await seedState(
      seedOf(
        { ...USER, email: 'Li.Na@Hospital.example', organizations: { 'hospital-1': ['owner'], 'court-1': [] } },
        { ...USER, username: 'b', organizations: { 'hospital-1': ['auditor'] } },
      ),
      hasher,
    );
    expect(state.users.map(({ username, email, mustChangePassword }) => ({ username, email, mustChangePassword }))).toEqual([
      { username: 'li.na', email: 'li.na@hospital.example', mustChangePassword: true },
      { username: 'b', email: '', mustChangePassword: true },
    ]);
    const [first, second] = state.users.map(({ id }) => id);
    const hospital = state.organizations.find(({ alias }) => alias === 'hospital-1');
    expect(hospital?.members).toEqual([first, second]);
    expect(Object.fromEntries(hospital?.groups.map(({ name, members }) => [name, members]) ?? [])).toEqual({
      owner: [first],
      operator: [],
      auditor: [second],
      developer: [],
    });
    expect(state.organizations.map(({ alias }) => alias)).toEqual(['hospital-1', 'court-1']);
  });

  test.each([
    ['no JSON', '{'],
    ['no list', '{}'],
    ['too many', seedOf(...Array.from({ length: 201 }, (_, index) => ({ ...USER, username: `u${index}` })))],
    ['no user', JSON.stringify({ users: ['li.na'] })],
    ['no name', seedOf({ password: USER.password })],
    ['a name in capitals', seedOf({ ...USER, username: 'Li.Na' })],
    ['a short password', seedOf({ ...USER, password: 'short' })],
    ['an address that is none', seedOf({ ...USER, email: 'li.na' })],
    ['an unknown role', seedOf({ ...USER, organizations: { 'hospital-1': ['king'] } })],
    ['an alias that is none', seedOf({ ...USER, organizations: { 'Hospital 1': ['owner'] } })],
    ['a name twice', seedOf(USER, USER)],
    ['an address as a name', seedOf({ ...USER, email: 'a@b.example' }, { ...USER, username: 'a@b.example' })],
  ])('with %s is refused: IDENTITY_SEED_BROKEN', (_name, text) => {
    let code = '';
    try {
      parseSeed(text);
    } catch (cause) {
      code = (cause as { code: string }).code;
    }
    expect(code).toBe('IDENTITY_SEED_BROKEN');
  });
});

import { describe, expect, test } from '@jest/globals';
import { createClient } from '../admin/clients.ts';
import { createOrganization } from '../admin/organizations.ts';
import { INVITATIONS_MAX, ORGANIZATIONS_MAX, SERVICE_CLIENTS_MAX, USERS_MAX } from '../limits.ts';
import { type DirectoryState, EMPTY_STATE, type Invitation, type Organization, type User } from '../store/state.ts';
import { acceptInvitation, invite } from './memberships.ts';

const HASH = { scheme: 'scrypt', n: 16, r: 1, parallelization: 1, salt: '', hash: '' } as const;
const aUser = (index: number): User => ({
  id: `u${index}`,
  username: `user-${index}`,
  email: `user-${index}@city.example`,
  firstName: '',
  lastName: '',
  locale: undefined,
  isEnabled: true,
  password: HASH,
  mustChangePassword: false,
  totp: undefined,
  platformRoles: [],
  notBeforeUnixS: 0,
});
const anOrganization = (alias: string): Organization => ({
  id: alias,
  alias,
  name: alias,
  description: undefined,
  isEnabled: true,
  domains: [],
  attributes: {},
  groups: [],
  members: [],
});
const anInvitation = (index: number): Invitation => ({
  id: `i${index}`,
  organizationId: 'court',
  email: `guest-${index}@city.example`,
  firstName: '',
  lastName: '',
  token: `token-${index}`,
  sentAtUnixS: 0,
  expiresAtUnixS: 100,
});
const stateWith = (parts: Partial<DirectoryState>): DirectoryState => ({
  ...EMPTY_STATE,
  organizations: [anOrganization('court')],
  ...parts,
});
const list = <T>(count: number, make: (index: number) => T): readonly T[] => Array.from({ length: count }, (_, index) => make(index));
const GUEST = { email: 'x@city.example', firstName: '', lastName: '' };
const PERSON = { username: 'new', firstName: 'N', lastName: 'P', locale: 'en', password: HASH };

describe('the local identity is for one city', () => {
  test.each([
    ['people', () => acceptInvitation('token-0', PERSON, 1)(stateWith({ users: list(USERS_MAX, aUser), invitations: [anInvitation(0)] }))],
    ['invitations', () => invite('court', GUEST, 1)(stateWith({ invitations: list(INVITATIONS_MAX, anInvitation) }))],
    [
      'organizations',
      () =>
        createOrganization({ name: 'one-more', alias: 'one-more' })(
          stateWith({ organizations: list(ORGANIZATIONS_MAX, (index) => anOrganization(`o${index}`)) }),
        ),
    ],
    [
      'clients',
      () => {
        const client = { name: '', isEnabled: true, secret: '', attributes: {}, protocolMappers: [] };
        const clients = list(SERVICE_CLIENTS_MAX, (index) => ({ ...client, id: `c${index}`, clientId: `agency.c${index}` }));
        return createClient({ clientId: 'agency.one.more' }, [])(stateWith({ clients }));
      },
    ],
  ])('and takes only so many %s: IDENTITY_FULL', (_name, change) => {
    expect(change()).toMatchObject({ ok: false, refusal: { code: 'IDENTITY_FULL' } });
  });

  test('invitations that have run out make room, also for the same address', () => {
    const state = stateWith({ invitations: list(INVITATIONS_MAX, anInvitation) });
    expect(invite('court', { ...GUEST, email: 'guest-1@city.example' }, 100)(state)).toMatchObject({ ok: true });
  });

  test('an address that is somebody’s user name cannot be taken by an invited person', () => {
    const state = stateWith({ users: [{ ...aUser(0), email: 'new' }], invitations: [anInvitation(0)] });
    expect(acceptInvitation('token-0', PERSON, 1)(state)).toMatchObject({ ok: false, refusal: { code: 'IDENTITY_TAKEN' } });
  });
});

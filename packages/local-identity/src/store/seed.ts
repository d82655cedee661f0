import { randomUUID } from 'node:crypto';
import { isAlias, isRecord, isText, parseEmail, textsOf } from '../admin/field.ts';
import { LocalIdentityFault } from '../codes.ts';
import { ORGANIZATIONS_MAX, USERS_MAX } from '../limits.ts';
import type { PasswordHasher } from '../password/password-hash.ts';
import { type DirectoryState, type Group, ORGANIZATION_ROLES, type Organization, type User } from './state.ts';

/** Somebody of the list of first users. */
interface SeedUser {
  readonly username: string;
  readonly email: string;
  readonly firstName: string;
  readonly lastName: string;
  readonly locale: string | undefined;
  /** Random, for the first sign-in only. */
  readonly password: string;
  readonly platformRoles: readonly string[];
  /** Roles by alias of the agency. */
  readonly organizations: Readonly<Record<string, readonly string[]>>;
}

const ROLES: readonly string[] = ORGANIZATION_ROLES;
const ONE_TIME_PASSWORD_CHARACTERS_MIN = 12;

function broken(index: number, field: string): never {
  throw new LocalIdentityFault('IDENTITY_SEED_BROKEN', `users[${index}].${field} is missing or has another form`);
}

function parseOrganizations(value: unknown, index: number): SeedUser['organizations'] {
  if (value === undefined) return {};
  if (!isRecord(value)) return broken(index, 'organizations');
  for (const [alias, roles] of Object.entries(value)) {
    if (!isAlias(alias) || textsOf(roles)?.every((role) => ROLES.includes(role)) !== true) broken(index, `organizations.${alias}`);
  }
  return value as SeedUser['organizations'];
}

function parseUser(value: unknown, index: number): SeedUser {
  if (!isRecord(value)) return broken(index, '');
  const { username, firstName = '', lastName = '', locale, password } = value;
  if (!isText(username) || username === '' || username !== username.toLowerCase()) return broken(index, 'username');
  if (!isText(firstName)) return broken(index, 'firstName');
  if (!isText(lastName)) return broken(index, 'lastName');
  if (locale !== undefined && !isText(locale)) return broken(index, 'locale');
  if (!isText(password) || password.length < ONE_TIME_PASSWORD_CHARACTERS_MIN) return broken(index, 'password');
  const email = value['email'] === undefined ? '' : parseEmail(value['email']);
  if (typeof email !== 'string' && !email.ok) return broken(index, 'email');
  const platformRoles = textsOf(value['platformRoles'] ?? []);
  if (platformRoles === undefined) return broken(index, 'platformRoles');
  const organizations = parseOrganizations(value['organizations'], index);
  return {
    username,
    email: typeof email === 'string' ? email : email.value,
    firstName,
    lastName,
    locale,
    password,
    platformRoles,
    organizations,
  };
}

/**
 * Reads the list of first users: `{ "users": [{ username, email?, firstName?, lastName?, locale?, password, platformRoles?,
 * organizations?: { "<alias>": ["owner"] } }] }`.
 *
 * @throws LocalIdentityFault IDENTITY_SEED_BROKEN with the field.
 */
export function parseSeed(text: string): readonly SeedUser[] {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (cause) {
    throw new LocalIdentityFault('IDENTITY_SEED_BROKEN', 'the list of first users is not JSON', { cause });
  }
  const list = isRecord(parsed) ? parsed['users'] : undefined;
  if (!Array.isArray(list) || list.length > USERS_MAX) {
    throw new LocalIdentityFault('IDENTITY_SEED_BROKEN', `users is no list of at most ${USERS_MAX}`);
  }
  const users = list.map(parseUser);
  const names = users.flatMap(({ username, email }) => [username, ...(email === '' ? [] : [email])]);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw new LocalIdentityFault('IDENTITY_SEED_BROKEN', `users: ${twice} stands there twice`);
  return users;
}

function organizationOf(alias: string, members: readonly { readonly id: string; readonly roles: readonly string[] }[]): Organization {
  const groups: readonly Group[] = ORGANIZATION_ROLES.map((name) => ({
    id: randomUUID(),
    name,
    members: members.filter(({ roles }) => roles.includes(name)).map(({ id }) => id),
  }));
  return {
    id: randomUUID(),
    alias,
    name: alias,
    description: undefined,
    isEnabled: true,
    domains: [],
    attributes: {},
    groups,
    members: members.map(({ id }) => id),
  };
}

/**
 * The first state: everybody of the list, each with a password to be changed at the first sign-in, in organizations that the operator
 * will find there when it makes their agencies.
 *
 * @throws LocalIdentityFault IDENTITY_SEED_BROKEN.
 */
export async function seedState(text: string, hasher: PasswordHasher): Promise<DirectoryState> {
  const seeds = parseSeed(text);
  const users: User[] = [];
  for (const { password, organizations: _memberships, ...seed } of seeds) {
    const hash = await hasher.hashOneTime(password);
    users.push({
      ...seed,
      id: randomUUID(),
      password: hash,
      isEnabled: true,
      mustChangePassword: true,
      totp: undefined,
      notBeforeUnixS: 0,
    });
  }
  const aliases = [...new Set(seeds.flatMap(({ organizations }) => Object.keys(organizations)))];
  if (aliases.length > ORGANIZATIONS_MAX) {
    throw new LocalIdentityFault('IDENTITY_SEED_BROKEN', `users name more than ${ORGANIZATIONS_MAX} organizations`);
  }
  const membersOf = (alias: string) =>
    seeds.flatMap(({ organizations }, index) => {
      const roles = organizations[alias];
      return roles === undefined ? [] : [{ id: users[index]?.id ?? '', roles }];
    });
  return {
    formatVersion: 1,
    users,
    organizations: aliases.map((alias) => organizationOf(alias, membersOf(alias))),
    invitations: [],
    clients: [],
  };
}

import { type Result, refuse } from '@civitas/canon';
import type { IdentityDirectory, Person } from '../identity-directory.ts';
import { EMAIL_CHARS_MAX } from '../limits.ts';
import type { AgencyRole } from '../role.ts';
import { type AdminRest, messageOf } from './admin-rest.ts';
import { accepted, type Organizations } from './organizations.ts';
import { isId, readPages } from './pages.ts';
import { type Representation, representationsOf } from './representation.ts';

export type Members = Pick<IdentityDirectory, 'listMembers' | 'findPerson' | 'addMember' | 'removeMember' | 'grantRole' | 'withdrawRole'>;

const DONE = { ok: true, value: undefined } as const;
const isEmail = (text: string): boolean => text.length <= EMAIL_CHARS_MAX && /^[^\s@]+@[^\s@]+$/.test(text);

export function createMembers(rest: AdminRest, organizations: Organizations): Members {
  const findPerson: Members['findPerson'] = async (email) => {
    if (!isEmail(email)) return undefined;
    const { body } = await rest.call({ method: 'GET', path: '/users', query: { email, exact: 'true' } });
    const row = representationsOf(body, 'users').find((user) => user.textOr('email', '').toLowerCase() === email.toLowerCase());
    return row === undefined ? undefined : personOf(row);
  };

  /** Who is a member of a group alone is not one of the organization: Keycloak holds them apart, and so does the answer. */
  const listMembers: Members['listMembers'] = async (alias) => {
    const organization = await organizations.find(alias);
    if (organization === undefined) return refuse('ORGANIZATION_UNKNOWN', { alias });
    const roles = new Map<string, AgencyRole[]>();
    for (const [role, groupId] of (await organizations.groups(organization.id)) ?? []) {
      for (const row of (await readPages(rest, `/organizations/${organization.id}/groups/${groupId}/members`)) ?? [])
        roles.set(row.text('id'), [...(roles.get(row.text('id')) ?? []), role]);
    }
    const rows = await readPages(rest, `/organizations/${organization.id}/members`);
    if (rows === undefined) return refuse('ORGANIZATION_UNKNOWN', { alias });
    return { ok: true, value: rows.map((row) => ({ ...personOf(row), roles: roles.get(row.text('id')) ?? [] })) };
  };

  const grantRole: Members['grantRole'] = (alias, personId, role) =>
    changeRole(rest, organizations, { method: 'PUT', alias, personId, role });

  return {
    findPerson,
    listMembers,
    grantRole,
    withdrawRole: (alias, personId, role) => changeRole(rest, organizations, { method: 'DELETE', alias, personId, role }),
    async addMember(alias, email, roles) {
      const organization = await organizations.find(alias);
      if (organization === undefined) return refuse('ORGANIZATION_UNKNOWN', { alias });
      const person = await findPerson(email);
      if (person === undefined) return refuse('PERSON_UNKNOWN', { alias });
      const answer = await rest.call({ method: 'POST', path: `/organizations/${organization.id}/members`, json: person.id });
      if (answer.status === 409) return refuse('MEMBER_ALREADY', { alias });
      if (answer.status === 400) return refuse('DIRECTORY_INPUT', { said: messageOf(answer.body) });
      if (answer.status === 404) return refuse('ORGANIZATION_UNKNOWN', { alias });
      for (const role of roles) {
        const granted = await grantRole(alias, person.id, role);
        if (!granted.ok) return granted;
      }
      return { ok: true, value: { ...person, roles } };
    },
    async removeMember(alias, personId) {
      const organization = await organizations.find(alias);
      if (organization === undefined) return refuse('ORGANIZATION_UNKNOWN', { alias });
      if (!isId(personId)) return refuse('PERSON_UNKNOWN', { alias });
      const answer = await rest.call({ method: 'DELETE', path: `/organizations/${organization.id}/members/${personId}` });
      if (answer.status === 400 || answer.status === 404) return refuse('PERSON_UNKNOWN', { alias });
      accepted(answer, 'member');
      return DONE;
    },
  };
}

interface RoleChange {
  readonly method: 'PUT' | 'DELETE';
  readonly alias: string;
  readonly personId: string;
  readonly role: AgencyRole;
}

async function changeRole(
  rest: AdminRest,
  organizations: Organizations,
  { method, alias, personId, role }: RoleChange,
): Promise<Result<undefined>> {
  const organization = await organizations.find(alias);
  if (organization === undefined) return refuse('ORGANIZATION_UNKNOWN', { alias });
  if (!isId(personId)) return refuse('PERSON_UNKNOWN', { alias });
  let groupId = (await organizations.groups(organization.id))?.get(role);
  if (groupId === undefined && method === 'PUT') {
    await organizations.ensure(organization);
    groupId = (await organizations.groups(organization.id))?.get(role);
  }
  if (groupId === undefined) return method === 'DELETE' ? DONE : refuse('ORGANIZATION_UNKNOWN', { alias });
  const answer = await rest.call({ method, path: `/organizations/${organization.id}/groups/${groupId}/members/${personId}` });
  // 400 and 404: no member of the organization; 409: in the group already.
  if (answer.status === 400 || answer.status === 404) return refuse('PERSON_UNKNOWN', { alias });
  return DONE;
}

export function personOf(row: Representation): Person {
  const username = row.textOr('username', '');
  const name = [row.textOr('lastName', ''), row.textOr('firstName', '')].filter((part) => part !== '');
  return {
    id: row.text('id'),
    username,
    email: row.textOr('email', ''),
    name: nameOf(name) || username,
    enabled: row.flag('enabled', true),
    isEmailVerified: row.flag('emailVerified', false),
  };
}

const HAN = /^\p{Script=Han}+$/u;

/** Family name first without a space in Chinese, last with one elsewhere. */
function nameOf(familyFirst: readonly string[]): string {
  return familyFirst.every((part) => HAN.test(part)) ? familyFirst.join('') : familyFirst.toReversed().join(' ');
}

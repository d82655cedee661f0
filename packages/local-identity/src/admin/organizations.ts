import { randomUUID } from 'node:crypto';
import { accept, type Refused, type Result, refuse } from '@civitas/canon';
import { ORGANIZATIONS_MAX } from '../limits.ts';
import { findOrganization, withoutMember } from '../sign-in/memberships.ts';
import { type Group, type Organization, type User, withChanged } from '../store/state.ts';
import type { Change } from '../store/users-file.ts';
import { isAlias, isRecord, isText, textsOf } from './field.ts';

export const GROUPS_MAX = 32;

const invalid = (field: string): Refused => refuse('IDENTITY_INVALID', { field });

/** An organization as Keycloak writes it. */
export function organizationRow(organization: Organization) {
  const { id, name, alias, isEnabled, description, domains, attributes } = organization;
  return { id, name, alias, enabled: isEnabled, ...(description === undefined ? {} : { description }), domains, attributes };
}

export function memberRow({ id, username, email, firstName, lastName, isEnabled }: User) {
  return { id, username, email, firstName, lastName, enabled: isEnabled, emailVerified: email !== '' };
}

export function groupRow({ id, name }: Group) {
  return { id, name, path: `/${name}` };
}

type Written = Pick<Organization, 'alias' | 'name' | 'description' | 'isEnabled' | 'domains' | 'attributes'>;

function parseDomains(value: unknown): Organization['domains'] | undefined {
  if (value === undefined) return [];
  if (!Array.isArray(value) || !value.every((domain) => isRecord(domain) && isText(domain['name']))) return undefined;
  return value.map((domain: Record<string, unknown>) => ({ name: String(domain['name']), verified: domain['verified'] === true }));
}

function parseAttributes(value: unknown): Organization['attributes'] | undefined {
  if (value === undefined) return {};
  if (!isRecord(value)) return undefined;
  const entries = Object.entries(value).map(([key, texts]) => [key, textsOf(texts)] as const);
  return entries.every(([, texts]) => texts !== undefined)
    ? Object.fromEntries(entries.map(([key, texts]) => [key, texts ?? []]))
    : undefined;
}

function parseOrganization(body: unknown): Result<Written> {
  if (!isRecord(body)) return invalid('body');
  const { name, alias = name, description, enabled = true } = body;
  if (!isText(name) || name === '') return invalid('name');
  if (!isAlias(alias)) return invalid('alias');
  if (description !== undefined && !isText(description)) return invalid('description');
  const domains = parseDomains(body['domains']);
  if (domains === undefined) return invalid('domains');
  const attributes = parseAttributes(body['attributes']);
  if (attributes === undefined) return invalid('attributes');
  return accept({ name, alias, description, isEnabled: enabled === true, domains, attributes });
}

export function createOrganization(body: unknown): Change<string> {
  const parsed = parseOrganization(body);
  return (state) => {
    if (!parsed.ok) return parsed;
    const { alias, name } = parsed.value;
    if (state.organizations.some((other) => other.alias === alias || other.name === name)) return refuse('IDENTITY_TAKEN');
    if (state.organizations.length >= ORGANIZATIONS_MAX) return refuse('IDENTITY_FULL', { countMax: ORGANIZATIONS_MAX });
    const made: Organization = { ...parsed.value, id: randomUUID(), groups: [], members: [] };
    return { ok: true, state: { ...state, organizations: [...state.organizations, made] }, value: made.id };
  };
}

/** Writes the whole organization: what the body leaves out is erased; the alias must be the one it has. */
export function replaceOrganization(id: string, body: unknown): Change<void> {
  const parsed = parseOrganization(body);
  return (state) => {
    const present = findOrganization(state, id);
    if (present === undefined) return refuse('IDENTITY_UNKNOWN');
    if (!parsed.ok) return parsed;
    if (parsed.value.alias !== present.alias) return invalid('alias');
    if (state.organizations.some((other) => other.id !== id && other.name === parsed.value.name)) return refuse('IDENTITY_TAKEN');
    const organizations = withChanged(state.organizations, id, (before) => ({ ...before, ...parsed.value }));
    return { ok: true, state: { ...state, organizations }, value: undefined };
  };
}

/** Deletes an organization with its invitations; its people stay. */
export function deleteOrganization(id: string): Change<void> {
  return (state) => {
    if (findOrganization(state, id) === undefined) return refuse('IDENTITY_UNKNOWN');
    const organizations = state.organizations.filter((organization) => organization.id !== id);
    const invitations = state.invitations.filter(({ organizationId }) => organizationId !== id);
    return { ok: true, state: { ...state, organizations, invitations }, value: undefined };
  };
}

/** Changes one organization that is there. */
function changeOne<T>(
  id: string,
  change: (present: Organization) => Result<{ readonly next: Organization; readonly value: T }>,
): Change<T> {
  return (state) => {
    const present = findOrganization(state, id);
    if (present === undefined) return refuse('IDENTITY_UNKNOWN');
    const changed = change(present);
    if (!changed.ok) return changed;
    return {
      ok: true,
      state: { ...state, organizations: withChanged(state.organizations, id, () => changed.value.next) },
      value: changed.value.value,
    };
  };
}

export function createGroup(organizationId: string, body: unknown): Change<string> {
  return changeOne(organizationId, (present) => {
    const name = isRecord(body) ? body['name'] : undefined;
    if (!isText(name) || name === '' || name.includes('/')) return invalid('name');
    if (present.groups.some((group) => group.name === name)) return refuse('IDENTITY_TAKEN');
    if (present.groups.length >= GROUPS_MAX) return refuse('IDENTITY_FULL', { countMax: GROUPS_MAX });
    const group: Group = { id: randomUUID(), name, members: [] };
    return accept({ next: { ...present, groups: [...present.groups, group] }, value: group.id });
  });
}

/** Puts a member into a group or takes them out; twice is once. */
export function setGroupMember(
  organizationId: string,
  groupId: string,
  member: { readonly userId: string; readonly isIn: boolean },
): Change<void> {
  return changeOne(organizationId, (present) => {
    const group = present.groups.find(({ id }) => id === groupId);
    if (group === undefined || !present.members.includes(member.userId)) return refuse('IDENTITY_UNKNOWN');
    const others = group.members.filter((id) => id !== member.userId);
    const members = member.isIn ? [...others, member.userId] : others;
    return accept({
      next: { ...present, groups: withChanged(present.groups, groupId, (before) => ({ ...before, members })) },
      value: undefined,
    });
  });
}

/** @param body the person's id as a JSON string, as Keycloak takes it. */
export function addMember(organizationId: string, body: unknown): Change<string> {
  return (state) => {
    if (typeof body !== 'string') return invalid('body');
    const user = state.users.find(({ id }) => id === body);
    if (user === undefined) return refuse('IDENTITY_UNKNOWN');
    return changeOne(organizationId, (present) => {
      if (present.members.includes(user.id)) return refuse('IDENTITY_TAKEN');
      return accept({ next: { ...present, members: [...present.members, user.id] }, value: user.id });
    })(state);
  };
}

export function removeMember(organizationId: string, userId: string): Change<void> {
  return changeOne(organizationId, (present) => {
    if (!present.members.includes(userId)) return refuse('IDENTITY_UNKNOWN');
    return accept({ next: withoutMember(present, userId), value: undefined });
  });
}

import type { Ensured, Organization, OrganizationWish } from '../identity-directory.ts';
import { IdentityFault } from '../identity-fault.ts';
import { AGENCY_ROLES, type AgencyRole, ALIAS, isAgencyRole } from '../role.ts';
import { type AdminAnswer, type AdminRest, messageOf } from './admin-rest.ts';
import { readPages } from './pages.ts';
import type { Representation } from './representation.ts';

/** Attribute that holds the roles of those who are invited: `<role> <email>`. */
export const INVITED = 'invited';
const [NAME_ZH, NAME_EN] = ['displayNameZh', 'displayNameEn'] as const;

/** An organization with what only this adapter needs of it. */
export interface HeldOrganization extends Organization {
  readonly representation: Representation;
}

export interface Organizations {
  find(alias: string): Promise<HeldOrganization | undefined>;
  list(): Promise<readonly Organization[]>;
  ensure(wish: OrganizationWish): Promise<Ensured<HeldOrganization>>;
  /** Ids of its four groups; those that are missing are left out; undefined where it has gone. */
  groups(id: string): Promise<ReadonlyMap<AgencyRole, string> | undefined>;
  /** Writes one attribute and leaves all else as it was read just before. @returns false where the organization has gone. */
  setAttribute(alias: string, key: string, change: (texts: readonly string[]) => readonly string[]): Promise<boolean>;
  remove(alias: string): Promise<boolean>;
}

export function createOrganizations(rest: AdminRest): Organizations {
  const find: Organizations['find'] = async (alias) => {
    // An alias of another form could not be one of ours, and a search would read it as a pattern.
    if (!ALIAS.test(alias)) return undefined;
    const rows = await readPages(rest, '/organizations', { search: alias, exact: 'true', briefRepresentation: 'false' });
    const row = rows?.find((candidate) => candidate.text('alias') === alias);
    return row === undefined ? undefined : organizationOf(row);
  };

  const write = async (held: HeldOrganization, body: object): Promise<AdminAnswer> =>
    accepted(await rest.call({ method: 'PUT', path: `/organizations/${held.id}`, json: body }), 'organization');

  return {
    find,
    groups: (id) => readGroups(rest, id),
    async list() {
      const rows = await readPages(rest, '/organizations', { briefRepresentation: 'false' });
      return (rows ?? []).filter((row) => ALIAS.test(row.textOr('alias', ''))).map(organizationOf);
    },
    async ensure(wish) {
      const changed: string[] = [];
      let held = await find(wish.alias);
      if (held === undefined) {
        accepted(
          await rest.call({ method: 'POST', path: '/organizations', json: { name: wish.alias, ...bodyOf(wish, {}) } }),
          'organization',
          [409],
        );
        changed.push('organization');
        held = await find(wish.alias);
        // A name that is taken by an organization of another alias: somebody made it by hand.
        if (held === undefined) throw new IdentityFault('DIRECTORY_FAILED', `another organization has the name ${wish.alias}`);
      } else if (!isAsWished(held, wish)) {
        await write(held, { id: held.id, name: held.representation.text('name'), ...bodyOf(wish, held.representation.attributes()) });
        changed.push('organization');
        held = (await find(wish.alias)) ?? held;
      }
      changed.push(...(await ensureGroups(rest, held.id)));
      return { value: held, changed };
    },
    async setAttribute(alias, key, change) {
      const held = await find(alias);
      if (held === undefined) return false;
      const attributes = held.representation.attributes();
      const before = attributes[key] ?? [];
      const after = change(before);
      if (after.length === before.length && after.every((text, index) => text === before[index])) return true;
      const { status } = await write(held, { ...held.representation.raw, attributes: { ...attributes, [key]: after } });
      return status !== 404;
    },
    async remove(alias) {
      const held = await find(alias);
      if (held === undefined) return false;
      const { status } = await rest.call({ method: 'DELETE', path: `/organizations/${held.id}` });
      return status !== 404;
    },
  };
}

async function readGroups(rest: AdminRest, id: string): Promise<ReadonlyMap<AgencyRole, string> | undefined> {
  const rows = await readPages(rest, `/organizations/${id}/groups`);
  if (rows === undefined) return undefined;
  const known = rows.flatMap((row) => {
    const name = row.text('name');
    return isAgencyRole(name) && row.textOr('path', `/${name}`) === `/${name}` ? [[name, row.text('id')] as const] : [];
  });
  return new Map(known);
}

async function ensureGroups(rest: AdminRest, id: string): Promise<readonly string[]> {
  const held = await readGroups(rest, id);
  const missing = AGENCY_ROLES.filter((role) => !held?.has(role));
  for (const name of missing) {
    // 409: another writer was first.
    accepted(await rest.call({ method: 'POST', path: `/organizations/${id}/groups`, json: { name } }), 'group', [409]);
  }
  return missing.map((name) => `group /${name}`);
}

/** A PUT erases what it leaves out, so it says everything. */
function bodyOf(
  { alias, displayName, enabled, domains }: OrganizationWish,
  attributes: Readonly<Record<string, readonly string[]>>,
): object {
  return {
    alias,
    enabled,
    description: displayName.en,
    domains: domains.map((name) => ({ name, verified: true })),
    attributes: { ...attributes, [NAME_ZH]: [displayName.zh], [NAME_EN]: [displayName.en] },
  };
}

function organizationOf(row: Representation): HeldOrganization {
  const attributes = row.attributes();
  const alias = row.text('alias');
  return {
    id: row.text('id'),
    alias,
    displayName: { zh: attributes[NAME_ZH]?.[0] ?? alias, en: attributes[NAME_EN]?.[0] ?? alias },
    enabled: row.flag('enabled', true),
    domains: row
      .list('domains')
      .map((domain) => domain.text('name'))
      .sort(),
    representation: row,
  };
}

function isAsWished(held: HeldOrganization, wish: OrganizationWish): boolean {
  return (
    held.enabled === wish.enabled &&
    held.displayName.zh === wish.displayName.zh &&
    held.displayName.en === wish.displayName.en &&
    held.domains.join() === [...wish.domains].sort().join()
  );
}

/** @throws IdentityFault for a value that the provider does not take. */
export function accepted(answer: AdminAnswer, what: string, alsoStatuses: readonly number[] = []): AdminAnswer {
  const { status, body } = answer;
  if (status < 300 || alsoStatuses.includes(status)) return answer;
  throw new IdentityFault('DIRECTORY_FAILED', `${what}: status ${status}, ${messageOf(body)}`);
}

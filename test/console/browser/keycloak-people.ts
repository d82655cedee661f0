import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { AgencyRole, IdentityDirectory } from '@civitas/identity';
import { waitFor } from '@civitas/testkit';
import { parse as parseYaml } from 'yaml';
import { ROOT } from '../../e2e/running-city.ts';
import { contractCity, valueOf } from '../contract/contract-city.ts';
import { createKeycloakProfile } from '../contract/keycloak-profile.ts';
import { adminToken } from '../keycloak/admin-token.ts';
import type { KeycloakFacts } from '../keycloak/keycloak-facts.ts';
import type { Person } from './people.ts';

/** The operator makes the organizations of all agencies, some ten calls each, beside a city that is just born. */
const ORGANIZATION_MS = 180_000;

type Json = Readonly<Record<string, unknown>>;

/** Somebody of samples/users.yaml. */
interface SampleUser {
  readonly username: string;
  readonly email: string;
  readonly firstName: string;
  readonly lastName: string;
  readonly platformRoles?: readonly string[];
  readonly organizations?: Readonly<Record<string, readonly AgencyRole[]>>;
}

/** One call to the realm as Keycloak's administrator. @throws Error unless it is taken. */
async function callRealm(facts: KeycloakFacts, path: string, { method = 'GET', json }: { method?: string; json?: unknown } = {}) {
  const headers = { authorization: `Bearer ${await adminToken(facts)}`, 'content-type': 'application/json' };
  const body = json === undefined ? {} : { body: JSON.stringify(json) };
  const answer = await fetch(`${facts.url}/admin/realms/${facts.realm}${path}`, { method, headers, ...body });
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
  return answer;
}

/**
 * Makes the people of the sample at Keycloak, as whoever runs it would, and members of their agencies once the operator has made these.
 * Who runs the platform has a password for the first sign-in alone.
 */
export async function introduceSamplePeople(facts: KeycloakFacts): Promise<ReadonlyMap<string, Person>> {
  const { users }: { readonly users: readonly SampleUser[] } = parseYaml(readFileSync(join(ROOT, 'samples/users.yaml'), 'utf8'));
  const directory = contractCity(createKeycloakProfile(facts)).console;
  const people = new Map<string, Person>();
  for (const user of users) people.set(user.username, await createUser(facts, user));
  for (const user of users) await joinAgencies(directory, user);
  return people;
}

async function createUser(facts: KeycloakFacts, sample: SampleUser): Promise<Person> {
  const { username, email, firstName, lastName, platformRoles = [] } = sample;
  const password = randomBytes(18).toString('base64url');
  const user = {
    ...{ username, email, firstName, lastName },
    enabled: true,
    emailVerified: true,
    credentials: [{ type: 'password', value: password, temporary: platformRoles.length > 0 }],
    attributes: { locale: ['en'] },
  };
  const created = await callRealm(facts, '/users', { method: 'POST', json: user });
  const id = created.headers.get('location')?.split('/').at(-1) ?? '';
  for (const name of platformRoles) {
    const role: unknown = await (await callRealm(facts, `/roles/${name}`)).json();
    await callRealm(facts, `/users/${id}/role-mappings/realm`, { method: 'POST', json: [role] });
  }
  return { username, password };
}

async function joinAgencies(directory: IdentityDirectory, { email, organizations = {} }: SampleUser): Promise<void> {
  for (const [alias, roles] of Object.entries(organizations)) {
    await waitFor(`the organization ${alias}`, () => directory.findOrganization(alias), ORGANIZATION_MS);
    valueOf(await directory.addMember(alias, email, roles));
  }
}

/** Lets people come back to a console at `origin`, besides where the realm lets them. @returns takes it back. */
export async function allowOrigin(facts: KeycloakFacts, origin: string): Promise<() => Promise<void>> {
  const [client] = (await (await callRealm(facts, '/clients?clientId=console')).json()) as readonly Json[];
  if (client === undefined) throw new Error('the realm has no client of the web');
  const put = async (json: Json): Promise<void> =>
    void (await callRealm(facts, `/clients/${String(client['id'])}`, { method: 'PUT', json }));
  const attributes = client['attributes'] as Json;
  await put({
    ...client,
    redirectUris: [...(client['redirectUris'] as readonly string[]), `${origin}/`, `${origin}/silent-check-sso.html`],
    webOrigins: [...(client['webOrigins'] as readonly string[]), origin],
    attributes: { ...attributes, 'post.logout.redirect.uris': `${String(attributes['post.logout.redirect.uris'])}##${origin}/` },
  });
  return () => put(client);
}

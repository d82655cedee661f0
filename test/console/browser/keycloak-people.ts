import { randomBytes } from 'node:crypto';
import { adminToken } from '../keycloak/admin-token.ts';
import type { KeycloakFacts } from '../keycloak/keycloak-facts.ts';
import type { Person } from './people.ts';

type Json = Readonly<Record<string, unknown>>;

/** One call to the realm as Keycloak's administrator. @throws Error unless it is taken. */
async function callRealm(facts: KeycloakFacts, path: string, { method = 'GET', json }: { method?: string; json?: unknown } = {}) {
  const headers = { authorization: `Bearer ${await adminToken(facts)}`, 'content-type': 'application/json' };
  const body = json === undefined ? {} : { body: JSON.stringify(json) };
  const answer = await fetch(`${facts.url}/admin/realms/${facts.realm}${path}`, { method, headers, ...body });
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
  return answer;
}

/** Somebody who runs the platform and has a password for the first sign-in alone. */
export async function createNewAdmin(facts: KeycloakFacts, username: string): Promise<Person> {
  const password = randomBytes(18).toString('base64url');
  const user = {
    username,
    email: `${username}@example.test`,
    firstName: 'Yuan',
    lastName: 'Gao',
    enabled: true,
    emailVerified: true,
    credentials: [{ type: 'password', value: password, temporary: true }],
    attributes: { locale: ['en'] },
  };
  const created = await callRealm(facts, '/users', { method: 'POST', json: user });
  const id = created.headers.get('location')?.split('/').at(-1) ?? '';
  const role: unknown = await (await callRealm(facts, '/roles/platform-admin')).json();
  await callRealm(facts, `/users/${id}/role-mappings/realm`, { method: 'POST', json: [role] });
  return { username, password };
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

import type { KeycloakFacts } from './keycloak-facts.ts';

/** Of the realm that manages the others; a token a call, as they live a minute. */
export async function adminToken({ url, admin }: Pick<KeycloakFacts, 'url' | 'admin'>): Promise<string> {
  const form = { grant_type: 'password', client_id: 'admin-cli', username: admin.username, password: admin.password };
  const response = await fetch(`${url}/realms/master/protocol/openid-connect/token`, { method: 'POST', body: new URLSearchParams(form) });
  const { access_token: token } = (await response.json()) as { readonly access_token?: string };
  if (token === undefined) throw new Error(`no admin token: ${response.status}`);
  return token;
}

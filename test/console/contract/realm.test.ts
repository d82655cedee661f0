import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { adminToken } from '../keycloak/admin-token.ts';
import { describeWithKeycloak, sharedKeycloak } from '../keycloak/shared-keycloak.ts';

const REALM_FILE = new URL('../../../charts/civitas/keycloak/city-realm.json', import.meta.url);
type Fields = Readonly<Record<string, unknown>>;

async function readRealm(path: string): Promise<Fields> {
  const facts = sharedKeycloak();
  const headers = { authorization: `Bearer ${await adminToken(facts)}` };
  const answer = await fetch(`${facts.url}/admin/realms/${facts.realm}${path}`, { headers });
  if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
  return (await answer.json()) as Fields;
}

const readList = async (path: string): Promise<readonly Fields[]> => (await readRealm(path)) as object as readonly Fields[];

async function clientOf(clientId: string): Promise<Fields> {
  const [client] = await readList(`/clients?clientId=${clientId}`);
  if (client === undefined) throw new Error(`no client ${clientId}`);
  return client;
}

/** Status of a request for a token with nothing but this secret. */
async function tokenStatus(clientId: string, secret: string): Promise<number> {
  const { url, realm } = sharedKeycloak();
  const form = { grant_type: 'client_credentials', client_id: clientId, client_secret: secret };
  return (await fetch(`${url}/realms/${realm}/protocol/openid-connect/token`, { method: 'POST', body: new URLSearchParams(form) })).status;
}

describe('the realm file', () => {
  test('holds no secret, and no address that is not a placeholder', () => {
    const text = readFileSync(REALM_FILE, 'utf8');
    expect(text).not.toMatch(/"secret":|"credentials":|"value":/);
    const addresses = [...text.matchAll(/"[^"]*https?:\/\/[^"]*"/g)].map(([address]) => address);
    expect(addresses.filter((address) => !address.startsWith('"${CIVITAS_CONSOLE_ORIGIN:http://127.0.0.1:8080}'))).toEqual([]);
  });
});

describeWithKeycloak('the realm as Keycloak holds it', () => {
  test('keeps people from being guessed at, tokens short, and a record of what happened', async () => {
    expect(await readRealm('')).toMatchObject({
      organizationsEnabled: true,
      registrationAllowed: false,
      verifyEmail: true,
      bruteForceProtected: true,
      failureFactor: 5,
      accessTokenLifespan: 300,
      revokeRefreshToken: true,
      refreshTokenMaxReuse: 0,
      eventsEnabled: true,
      adminEventsEnabled: true,
      defaultLocale: 'zh-CN',
      browserFlow: 'sign-in with step-up',
      passwordPolicy: expect.stringContaining('length(12)'),
      attributes: expect.objectContaining({ 'acr.loa.map': '{"1":"1","2":"2"}' }),
    });
  });

  test('lets the web in by code and challenge alone, to exactly two addresses of an origin', async () => {
    const client = await clientOf('console');
    expect(client).toMatchObject({
      publicClient: true,
      standardFlowEnabled: true,
      implicitFlowEnabled: false,
      directAccessGrantsEnabled: false,
      serviceAccountsEnabled: false,
      fullScopeAllowed: false,
      attributes: expect.objectContaining({ 'pkce.code.challenge.method': 'S256' }),
    });
    // Another city of the run may stand beside it, at an origin of its own.
    const origins = client['webOrigins'] as readonly string[];
    expect(origins).toContain('http://127.0.0.1:8080');
    expect(client['redirectUris']).toHaveLength(2 * origins.length);
    expect(client['redirectUris']).toEqual(
      expect.arrayContaining(origins.flatMap((origin) => [`${origin}/`, `${origin}/silent-check-sso.html`])),
    );
    expect(origins.filter((origin) => new URL(origin).origin !== origin)).toEqual([]);
  });

  test.each(['civitas-operator', 'civitas-console'])('makes %s a secret that nobody can guess', async (clientId) => {
    const { id } = await clientOf(clientId);
    const { value } = await readRealm(`/clients/${String(id)}/client-secret`);
    expect(String(value).length).toBeGreaterThanOrEqual(32);
    for (const guess of ['', '**********', clientId, '${CIVITAS_OPERATOR_CLIENT_SECRET}'])
      expect(await tokenStatus(clientId, guess)).toBe(401);
  });

  test.each<readonly [string, readonly string[]]>([
    ['civitas-operator', ['manage-clients', 'manage-organizations']],
    ['civitas-console', ['manage-organizations', 'manage-users']],
  ])('gives %s no right but %j', async (clientId, rights) => {
    const { id } = await clientOf(clientId);
    const account = await readRealm(`/clients/${String(id)}/service-account-user`);
    const management = await clientOf('realm-management');
    const roles = await readList(`/users/${String(account['id'])}/role-mappings/clients/${String(management['id'])}`);
    expect(roles.map(({ name }) => String(name)).sort()).toEqual(rights);
  });

  test('shows its sign-in in Chinese first, and in English to those who ask', async () => {
    const { url, realm } = sharedKeycloak();
    const query = new URLSearchParams({
      client_id: 'console',
      redirect_uri: 'http://127.0.0.1:8080/',
      response_type: 'code',
      scope: 'openid organization:*',
      code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
      code_challenge_method: 'S256',
    });
    const page = async (locale: string): Promise<string> =>
      (await fetch(`${url}/realms/${realm}/protocol/openid-connect/auth?${query.toString()}${locale}`)).text();
    expect(await page('')).toMatch(/<html[^>]*lang="zh-CN"[\s\S]*登录/);
    expect(await page('&ui_locales=en')).toMatch(/<html[^>]*lang="en"/);
  });
});

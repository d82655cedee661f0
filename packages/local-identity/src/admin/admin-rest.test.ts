import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { claimsOf } from '../testing/browser.ts';
import { City } from '../testing/city.ts';
import { GROUPS_MAX } from './organizations.ts';

const ORGANIZATION = {
  name: 'court-1',
  alias: 'court-1',
  enabled: true,
  description: 'Court',
  domains: [{ name: 'court.example', verified: true }],
  attributes: { displayNameZh: ['法院'] },
};
const idOf = (response: Response): string => response.headers.get('location')?.split('/').at(-1) ?? '';
const clientOf = (clientId: string) => ({
  clientId,
  name: 'Gateway',
  enabled: true,
  publicClient: false,
  serviceAccountsEnabled: true,
  standardFlowEnabled: false,
  directAccessGrantsEnabled: false,
  secret: 'a-secret-of-the-agency-1',
  attributes: { agency: 'court-1' },
  protocolMappers: [
    {
      name: 'aud',
      protocol: 'openid-connect',
      protocolMapper: 'oidc-audience-mapper',
      config: { 'included.client.audience': 'console-api' },
    },
    {
      name: 'organization',
      protocol: 'openid-connect',
      protocolMapper: 'oidc-hardcoded-claim-mapper',
      config: { 'claim.name': 'organization', 'claim.value': '{"court-1":{"id":"x","groups":[]}}' },
    },
  ],
});

describe('the directory over Admin REST', () => {
  let city: City;
  let operator: string;
  let console: string;
  beforeAll(async () => {
    city = await City.start();
    operator = await city.bearerOf('operator');
    console = await city.bearerOf('console');
  });
  afterAll(() => city.stop());

  const rows = async (bearer: string, path: string): Promise<Record<string, unknown>[]> =>
    (await (await city.admin(bearer, 'GET', path)).json()) as Record<string, unknown>[];

  test('organizations are made, found, replaced whole, and deleted; names are taken once', async () => {
    const made = await city.admin(operator, 'POST', '/organizations', ORGANIZATION);
    expect(made.status).toBe(201);
    const id = idOf(made);
    const taken = await city.admin(operator, 'POST', '/organizations', ORGANIZATION);
    expect(taken.status).toBe(409);
    expect(await taken.json()).toMatchObject({ code: 'IDENTITY_TAKEN' });
    expect(await rows(operator, '/organizations?search=court-1&exact=true&briefRepresentation=false')).toEqual([{ id, ...ORGANIZATION }]);
    expect(await rows(operator, '/organizations?search=court&exact=true')).toEqual([]);
    const next = { name: 'court-1', alias: 'court-1', enabled: false };
    expect((await city.admin(operator, 'PUT', `/organizations/${id}`, next)).status).toBe(204);
    expect(await rows(console, '/organizations?search=court-1&exact=true')).toEqual([{ id, ...next, domains: [], attributes: {} }]);
    expect((await city.admin(operator, 'PUT', `/organizations/${id}`, { ...next, alias: 'court-2' })).status).toBe(400);
    expect((await city.admin(operator, 'DELETE', `/organizations/${id}`)).status).toBe(204);
    expect((await city.admin(operator, 'DELETE', `/organizations/${id}`)).status).toBe(404);
    const gone = await city.admin(operator, 'PUT', `/organizations/${id}`, next);
    expect(gone.status).toBe(404);
    expect(await gone.json()).toMatchObject({ code: 'IDENTITY_UNKNOWN' });
  });

  test('groups and members: only members can be in groups, and who leaves leaves both', async () => {
    const id = idOf(await city.admin(operator, 'POST', '/organizations', { ...ORGANIZATION, name: 'court-3', alias: 'court-3' }));
    const group = await city.admin(operator, 'POST', `/organizations/${id}/groups`, { name: 'owner' });
    expect(group.status).toBe(201);
    expect((await city.admin(operator, 'POST', `/organizations/${id}/groups`, { name: 'owner' })).status).toBe(409);
    const gid = idOf(group);
    expect(await rows(operator, `/organizations/${id}/groups`)).toEqual([{ id: gid, name: 'owner', path: '/owner' }]);
    const [person] = await rows(console, '/users?email=LI.NA@hospital.example&exact=true');
    expect(person).toMatchObject({ username: 'li.na', enabled: true, emailVerified: true });
    const userId = String(person?.['id']);
    const inGroup = `/organizations/${id}/groups/${gid}/members/${userId}`;
    expect((await city.admin(console, 'PUT', inGroup)).status).toBe(404);
    expect((await city.admin(console, 'POST', `/organizations/${id}/members`, userId)).status).toBe(201);
    expect((await city.admin(console, 'POST', `/organizations/${id}/members`, userId)).status).toBe(409);
    expect((await city.admin(console, 'POST', `/organizations/${id}/members`, 'nobody')).status).toBe(404);
    for (let time = 0; time < 2; time += 1) expect((await city.admin(console, 'PUT', inGroup)).status).toBe(204);
    expect(await rows(console, `/organizations/${id}/groups/${gid}/members`)).toMatchObject([{ id: userId }]);
    expect((await city.admin(console, 'DELETE', `/organizations/${id}/members/${userId}`)).status).toBe(204);
    expect(await rows(console, `/organizations/${id}/groups/${gid}/members`)).toEqual([]);
    expect(await rows(console, `/organizations/${id}/members`)).toEqual([]);
    expect((await city.admin(console, 'DELETE', inGroup)).status).toBe(404);
  });

  test('service clients get tokens with the claims of their mappers; a rotated or deleted one gets none', async () => {
    const made = await city.admin(operator, 'POST', '/clients', clientOf('agency.court-1.gateway'));
    expect(made.status).toBe(201);
    const id = idOf(made);
    const answer = (await (await city.serviceToken('agency.court-1.gateway', 'a-secret-of-the-agency-1')).json()) as {
      access_token: string;
      expires_in: number;
    };
    expect(answer.expires_in).toBe(300);
    expect(claimsOf(answer.access_token)).toMatchObject({
      aud: 'console-api',
      azp: 'agency.court-1.gateway',
      sub: 'agency.court-1.gateway',
      organization: { 'court-1': { id: 'x', groups: [] } },
      realm_access: { roles: [] },
    });
    expect((await city.admin(answer.access_token, 'GET', '/organizations')).status).toBe(403);
    expect(await rows(operator, '/clients?clientId=agency.court-1&search=true')).toMatchObject([
      { id, clientId: 'agency.court-1.gateway' },
    ]);
    expect(JSON.stringify(await rows(operator, '/clients?clientId=agency.court-1.gateway'))).not.toContain('a-secret-of');
    const secret = (await (await city.admin(operator, 'GET', `/clients/${id}/client-secret`)).json()) as { value: string };
    expect(secret.value).toBe('a-secret-of-the-agency-1');
    const fresh = (await (await city.admin(operator, 'POST', `/clients/${id}/client-secret`)).json()) as { value: string };
    expect((await city.serviceToken('agency.court-1.gateway', 'a-secret-of-the-agency-1')).status).toBe(401);
    expect((await city.serviceToken('agency.court-1.gateway', fresh.value)).status).toBe(200);
    expect(
      (await city.admin(operator, 'PUT', `/clients/${id}`, { ...clientOf('agency.court-1.gateway'), secret: undefined, enabled: false }))
        .status,
    ).toBe(204);
    expect((await city.serviceToken('agency.court-1.gateway', fresh.value)).status).toBe(401);
    expect((await city.admin(operator, 'DELETE', `/clients/${id}`)).status).toBe(204);
    expect((await city.admin(operator, 'GET', `/clients/${id}/client-secret`)).status).toBe(404);
  });

  test.each([
    [
      'a claim that would make it a person',
      {
        protocolMappers: [
          { name: 'x', protocolMapper: 'oidc-hardcoded-claim-mapper', config: { 'claim.name': 'sid', 'claim.value': '"x"' } },
        ],
      },
    ],
    ['another mapper', { protocolMappers: [{ name: 'x', protocolMapper: 'oidc-script-mapper', config: {} }] }],
    ['the name of the console', { clientId: 'civitas-console' }],
    ['a weak secret', { secret: 'short' }],
    ['a browser’s flow', { standardFlowEnabled: true }],
    ['no id', { clientId: 7 }],
  ])('a client with %s is not made', async (_name, change) => {
    const { status } = await city.admin(operator, 'POST', '/clients', { ...clientOf('agency.court-1.other'), ...change });
    expect([400, 409]).toContain(status);
  });

  test.each([
    ['name', { name: '' }],
    ['alias', { alias: 'No Alias' }],
    ['domains', { domains: 'x' }],
    ['attributes', { attributes: { key: 'text' } }],
    ['description', { description: 7 }],
  ])('an organization with a wrong %s is told so: IDENTITY_INVALID', async (field, change) => {
    const answer = await city.admin(operator, 'POST', '/organizations', { ...ORGANIZATION, alias: 'court-9', name: 'court-9', ...change });
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({ code: 'IDENTITY_INVALID', errorMessage: expect.stringContaining(field) });
  });

  test('who may not call is told nothing of what there is', async () => {
    expect((await city.admin('', 'GET', '/organizations')).status).toBe(401);
    expect((await city.admin(`${operator.slice(0, -4)}AAAA`, 'GET', '/organizations')).status).toBe(401);
    expect((await city.admin(console, 'POST', '/organizations', ORGANIZATION)).status).toBe(403);
    expect((await city.admin(console, 'GET', '/clients')).status).toBe(403);
    expect((await city.admin(operator, 'GET', '/users?email=li.na@hospital.example')).status).toBe(403);
    expect((await city.admin(operator, 'GET', '/nothing')).status).toBe(404);
    const mailbox = await fetch(`${city.origin}/local-identity/mailbox`, { headers: { authorization: `Bearer ${operator}` } });
    expect(mailbox.status).toBe(403);
  });

  test('a person’s token, also of a platform admin, calls nothing', async () => {
    const { pkce, page } = await city.firstSignIn(city.browser(), 'admin', 'one-time-password-2');
    const tokens = await city.redeem(page, pkce);
    expect(claimsOf(tokens.access_token)).toMatchObject({ realm_access: { roles: ['platform-admin'] } });
    expect((await city.admin(tokens.access_token, 'GET', '/organizations')).status).toBe(403);
    expect((await city.admin(tokens.id_token, 'GET', '/organizations')).status).toBe(401);
  });

  test('bodies that are too large or no JSON are refused, and lists come in parts', async () => {
    expect((await city.admin(operator, 'POST', '/organizations', { ...ORGANIZATION, description: 'x'.repeat(70_000) })).status).toBe(413);
    const init = { method: 'POST', headers: { authorization: `Bearer ${operator}`, 'content-type': 'application/json' }, body: '{' };
    expect((await fetch(`${city.origin}/admin/realms/city/organizations`, init)).status).toBe(400);
    for (const name of ['part-1', 'part-2', 'part-3']) await city.admin(operator, 'POST', '/organizations', { name, alias: name });
    expect((await rows(operator, '/organizations?search=part&first=1&max=1')).map(({ alias }) => alias)).toEqual(['part-2']);
  });

  test('a group too many is refused: IDENTITY_FULL', async () => {
    const id = idOf(await city.admin(operator, 'POST', '/organizations', { name: 'full', alias: 'full' }));
    for (let index = 0; index < GROUPS_MAX; index += 1)
      await city.admin(operator, 'POST', `/organizations/${id}/groups`, { name: `g${index}` });
    const full = await city.admin(operator, 'POST', `/organizations/${id}/groups`, { name: 'more' });
    expect(full.status).toBe(400);
    expect(await full.json()).toMatchObject({ code: 'IDENTITY_FULL' });
  });

  test('a secret that is wrong, or an unknown client, gets no token', async () => {
    expect((await city.serviceToken('civitas-operator', 'wrong')).status).toBe(401);
    expect((await city.serviceToken('nobody', 'wrong')).status).toBe(401);
    expect((await city.token({ grant_type: 'password', client_id: 'console', username: 'li.na', password: 'x' })).status).toBe(400);
    expect((await city.token({ grant_type: 'client_credentials', client_id: 'console' })).status).toBe(400);
  });
});

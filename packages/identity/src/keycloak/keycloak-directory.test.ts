import { describe, expect, test } from '@jest/globals';
import { INVITED_ROLES_MAX, PAGE_ROWS, ROWS_MAX } from '../limits.ts';
import { type Answer, aToken, isTokenRequest, type SentRequest, scriptedFetch } from '../testing/scripted-fetch.ts';
import { createKeycloakDirectory } from './keycloak-directory.ts';

type Rows = Readonly<Record<string, readonly object[] | ((request: SentRequest) => Answer)>>;

const ORGANIZATION = { id: 'o-1', name: 'bank', alias: 'bank', enabled: true, attributes: {} };

/** A directory whose lists are these rows, by `METHOD path` without the query; anything else is 404. */
function aDirectory(rows: Rows) {
  const script = scriptedFetch((request) => {
    if (isTokenRequest(request)) return aToken();
    const path = request.path.replace('/admin/realms/city', '').split('?')[0] ?? '';
    const answer = rows[`${request.method} ${path}`];
    if (answer === undefined) return new Response('{}', { status: 404 });
    return typeof answer === 'function' ? answer(request) : Response.json(answer);
  });
  const clock = { nowUnixMs: () => 0, setTimer: (_: number, fire: () => void) => (queueMicrotask(fire), () => {}) };
  const credentials = () => ({ clientId: 'c', clientSecret: 's' });
  const directory = createKeycloakDirectory({ url: 'https://identity.example', realm: 'city', credentials, clock, fetch: script.fetch });
  const writes = () => script.sent.filter((request) => request.method !== 'GET' && !isTokenRequest(request));
  return { directory, writes };
}

const invited = (...entries: readonly string[]) => [{ ...ORGANIZATION, attributes: { invited: entries, kept: ['x'] } }];
const done = () => new Response(null, { status: 204 });
const aMember = (id: string, email: string, emailVerified = true) => ({ id, email, emailVerified, username: id, enabled: true });
const aRow = (id: string, email: string) => ({ id, email, sentDate: 1, expiresAt: 2, status: 'PENDING' });

describe('lists', () => {
  test('are read page by page', async () => {
    const all = Array.from({ length: PAGE_ROWS + 1 }, (_, index) => ({ ...ORGANIZATION, id: `o-${index}`, alias: `bank-${index}` }));
    const { directory } = aDirectory({
      'GET /organizations': ({ path }) => {
        const query = new URLSearchParams(path.split('?')[1]);
        return Response.json(all.slice(Number(query.get('first')), Number(query.get('first')) + Number(query.get('max'))));
      },
    });
    expect(await directory.listOrganizations()).toHaveLength(PAGE_ROWS + 1);
  });

  test('that never end are a fault', async () => {
    const page = Array.from({ length: PAGE_ROWS }, () => ORGANIZATION);
    const { directory } = aDirectory({ 'GET /organizations': page });
    await expect(directory.listOrganizations()).rejects.toMatchObject({ code: 'DIRECTORY_ANSWER', message: `more than ${ROWS_MAX} rows` });
  });

  test.each<readonly [string, object]>([
    ['is no list', { rows: [] }],
    ['has rows without an id', [{ alias: 'bank' }]],
    ['has rows that are no objects', [7]],
  ])('whose answer %s is a fault', async (_name, answer) => {
    const { directory } = aDirectory({ 'GET /organizations': () => Response.json(answer) });
    await expect(directory.findOrganization('bank')).rejects.toMatchObject({ code: 'DIRECTORY_ANSWER' });
  });
});

describe('roles of those who are invited', () => {
  test('are given to a member whose address is proved, and to nobody else', async () => {
    const { directory, writes } = aDirectory({
      'GET /organizations': invited('owner a@x.test', 'auditor b@x.test', 'operator c@x.test', 'rubbish', 'root a@x.test'),
      'PUT /organizations/o-1': done,
      'GET /organizations/o-1/groups': [
        { id: 'g-1', name: 'owner', path: '/owner' },
        { id: 'g-2', name: 'auditor', path: '/auditor' },
      ],
      'GET /organizations/o-1/groups/g-1/members': [],
      'GET /organizations/o-1/groups/g-2/members': [],
      'GET /organizations/o-1/members': [aMember('u-1', 'A@x.test'), aMember('u-2', 'b@x.test', false)],
      'GET /organizations/o-1/invitations': [aRow('i-3', 'c@x.test')],
      'PUT /organizations/o-1/groups/g-1/members/u-1': done,
    });
    expect(await directory.settleInvitations('bank')).toEqual({ ok: true, value: 1 });
    expect(writes().map(({ method, path }) => `${method} ${path.replace('/admin/realms/city', '')}`)).toEqual([
      'PUT /organizations/o-1/groups/g-1/members/u-1',
      'PUT /organizations/o-1',
    ]);
    // What waits on, what nobody understands, and what others keep there stay.
    expect(JSON.parse(writes()[1]?.body ?? '')).toMatchObject({
      alias: 'bank',
      attributes: { invited: ['auditor b@x.test', 'operator c@x.test', 'rubbish', 'root a@x.test'], kept: ['x'] },
    });
  });

  test('are forgotten with an invitation that is gone', async () => {
    const { directory, writes } = aDirectory({
      'GET /organizations': invited('owner a@x.test'),
      'PUT /organizations/o-1': done,
      'GET /organizations/o-1/groups': [],
      'GET /organizations/o-1/members': [],
      'GET /organizations/o-1/invitations': [],
    });
    expect(await directory.settleInvitations('bank')).toEqual({ ok: true, value: 0 });
    expect(JSON.parse(writes()[0]?.body ?? '')).toMatchObject({ attributes: { invited: [] } });
  });

  test('are written only after the invitation stands', async () => {
    const { directory, writes } = aDirectory({
      'GET /organizations': invited(),
      'GET /organizations/o-1/invitations': [aRow('i-1', 'a@x.test')],
      'POST /organizations/o-1/members/invite-user': done,
      'PUT /organizations/o-1': done,
    });
    const wish = { email: 'A@x.test', firstName: 'A', lastName: 'B', roles: ['owner'] } as const;
    expect(await directory.invite('bank', wish)).toMatchObject({ ok: true, value: { id: 'i-1' } });
    expect(writes().map(({ method }) => method)).toEqual(['POST', 'PUT']);
    expect(writes()[0]?.body).toBe('email=a%40x.test&firstName=A&lastName=B');
  });

  test('that are too many, or to no address, are refused before anything is sent', async () => {
    const full = Array.from({ length: INVITED_ROLES_MAX }, (_, index) => `owner p${index}@x.test`);
    const { directory, writes } = aDirectory({ 'GET /organizations': invited(...full) });
    const wish = { email: 'a@x.test', firstName: 'A', lastName: 'B', roles: ['owner'] } as const;
    expect(await directory.invite('bank', wish)).toMatchObject({ refusal: { code: 'INVITATIONS_FULL' } });
    for (const email of ['', 'a', 'a@b c', 'a b@c', `${'a'.repeat(250)}@x.test`])
      expect(await directory.invite('bank', { ...wish, email })).toMatchObject({ refusal: { code: 'DIRECTORY_INPUT' } });
    expect(writes()).toEqual([]);
  });
});

describe('a service client', () => {
  test('whose claim somebody changed is put right, and keeps no mapper that is not ours', async () => {
    const rogue = {
      name: 'admin',
      protocol: 'openid-connect',
      protocolMapper: 'oidc-hardcoded-role-mapper',
      config: { role: 'platform-admin' },
    };
    const row = { id: 'c-1', clientId: 'agency.bank.service', enabled: true, protocolMappers: [rogue] };
    const { directory, writes } = aDirectory({
      'GET /organizations': [ORGANIZATION],
      'GET /clients': [row],
      'GET /clients/c-1/client-secret': () => Response.json({ type: 'secret', value: 's-1' }),
      'PUT /clients/c-1': done,
    });
    const result = await directory.ensureServiceClient({ alias: 'bank', name: 'service', roles: ['operator'] });
    expect(result).toMatchObject({ ok: true, value: { changed: ['client'], value: { secret: 's-1' } } });
    const body: { readonly protocolMappers: readonly { readonly name: string }[]; readonly secret: string } = JSON.parse(
      writes()[0]?.body ?? '',
    );
    expect(body.protocolMappers.map(({ name }) => name)).toEqual(['audience', 'organization']);
    expect(body).toMatchObject({ secret: 's-1', publicClient: false, fullScopeAllowed: false, standardFlowEnabled: false });
  });

  test('of a name that is no label is refused, and reaches no search', async () => {
    const { directory, writes } = aDirectory({ 'GET /organizations': [ORGANIZATION] });
    expect(await directory.ensureServiceClient({ alias: 'bank', name: 'a.b', roles: [] })).toMatchObject({
      refusal: { code: 'DIRECTORY_INPUT' },
    });
    expect(await directory.deleteServiceClient('bank', '%')).toBe(false);
    expect(writes()).toEqual([]);
  });
});

test('an organization whose name somebody else’s has is a fault that says so', async () => {
  const { directory } = aDirectory({ 'GET /organizations': [], 'POST /organizations': () => new Response('{}', { status: 409 }) });
  const wish = { alias: 'bank', displayName: { zh: '行', en: 'Bank' }, enabled: true, domains: [] };
  await expect(directory.ensureOrganization(wish)).rejects.toMatchObject({
    code: 'DIRECTORY_FAILED',
    message: 'another organization has the name bank',
  });
});

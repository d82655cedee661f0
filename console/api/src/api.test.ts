import { PROBLEMS } from '@civitas/console-contract';
import type { Principal } from '@civitas/identity';
import { waitFor } from '@civitas/testkit';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { InjectOptions } from 'fastify';
import { agencies } from './kube/kinds.ts';
import { smallCity } from './testing/small-city.ts';
import { aPerson, ORIGIN, startTestConsole, type TestConsole } from './testing/test-console.ts';

let city: TestConsole;
let admin: string;
let owner: string;

beforeAll(async () => {
  city = await startTestConsole(131, { manifests: smallCity });
  admin = city.tokenOf(aPerson({ sub: 'admin-1', platformRoles: ['platform-admin'] }));
  owner = city.tokenOf(aPerson({ sub: 'owner-1', organizations: { 'hospital-1': ['owner'] } }));
}, 60_000);
afterAll(() => city.stop());

const ask = async (
  token: string | undefined,
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE',
  path: string,
  more: Partial<InjectOptions> = {},
) => {
  const headers = { ...(token === undefined ? {} : { authorization: `Bearer ${token}` }), ...more.headers };
  const answer = await city.app.inject({ method, url: `/api/v1${path}`, ...more, headers });
  return { status: answer.statusCode, body: answer.body === '' ? undefined : answer.json(), headers: answer.headers };
};
const namesOf = (page: { items: { name: string }[] }): string[] => page.items.map(({ name }) => name);

describe('what people see', () => {
  test('the configuration is open to everyone, all else needs a token', async () => {
    expect((await ask(undefined, 'GET', '/config')).body).toMatchObject({ city: { name: 'jincheng' }, identity: { realm: 'city' } });
    const refused = await ask(undefined, 'GET', '/me');
    expect(refused).toMatchObject({ status: 401, body: { code: 'TOKEN_MISSING', status: 401 }, headers: { 'www-authenticate': 'Bearer' } });
    expect((await ask('forged', 'GET', '/me')).body).toMatchObject({ code: 'TOKEN_REFUSED', reason: 'TOKEN_SIGNATURE' });
  });

  test('a person is told who they are', async () => {
    expect((await ask(owner, 'GET', '/me')).body).toMatchObject({
      sub: 'owner-1',
      isPlatformAdmin: false,
      organizations: [{ agency: 'hospital-1', displayName: { en: 'Agency hospital-1' }, roles: ['owner'] }],
    });
  });

  test('people of an agency see its networks, links and itself; the platform sees all', async () => {
    expect(namesOf((await ask(admin, 'GET', '/networks')).body)).toEqual(['city', 'health', 'housing']);
    expect(namesOf((await ask(owner, 'GET', '/networks')).body)).toEqual(['city', 'health']);
    expect(namesOf((await ask(owner, 'GET', '/links')).body)).toEqual(['city-health', 'health-housing']);
    expect(namesOf((await ask(owner, 'GET', '/agencies')).body)).toEqual(['hospital-1']);
    expect(await ask(owner, 'GET', '/networks/housing')).toMatchObject({ status: 403, body: { reason: 'not-a-member' } });
    expect(await ask(owner, 'GET', '/networks/nowhere')).toMatchObject({ status: 403, body: { reason: 'not-a-member' } });
    expect(await ask(admin, 'GET', '/networks/nowhere')).toMatchObject({ status: 404, body: { code: 'NOT_FOUND' } });
    const nobody = city.tokenOf(aPerson());
    expect((await ask(nobody, 'GET', '/networks')).body).toEqual({ items: [] });
  });

  test('lists come in pages that neither repeat nor leave out', async () => {
    const first = await ask(admin, 'GET', '/networks?limit=2');
    expect(namesOf(first.body)).toEqual(['city', 'health']);
    expect(namesOf((await ask(admin, 'GET', `/networks?limit=2&cursor=${first.body.next}`)).body)).toEqual(['housing']);
    expect(await ask(admin, 'GET', '/networks?cursor=!')).toMatchObject({ status: 400, body: { code: 'MALFORMED' } });
  });

  test('a network has its YAML, its events and its ETag', async () => {
    const detail = await ask(owner, 'GET', '/networks/health');
    expect(detail.body).toMatchObject({ name: 'health', chainId: 'jincheng-health-1', members: [{ agency: 'hospital-1' }], nodes: [] });
    expect(detail.headers.etag).toBe(`"${detail.body.resourceVersion}"`);
    const { yaml, kubectl } = (await ask(owner, 'GET', '/networks/health/yaml')).body;
    expect(yaml).toContain('chainId: jincheng-health-1');
    expect(yaml).not.toContain('managedFields');
    expect(kubectl).toBe('kubectl get ledgernetwork health -n jincheng -o yaml');
    expect((await ask(owner, 'GET', '/networks/health/events')).body).toEqual({ items: [] });
  });

  test('a ledger that does not answer is a problem of its own', async () => {
    expect(await ask(owner, 'GET', '/networks/health/blocks')).toMatchObject({ status: 503, body: { code: 'LEDGER_UNREACHABLE' } });
    expect((await ask(owner, 'GET', '/inbox')).body).toMatchObject({ unreachable: expect.arrayContaining(['city', 'health']) });
    expect((await ask(owner, 'GET', '/search?q=heal')).body.items.map(({ id }: { id: string }) => id)).toEqual([
      'health',
      'city-health',
      'health-housing',
    ]);
  });
});

describe('what people change', () => {
  const asked = { name: 'courts', domain: 'courts', chainId: 'jincheng-courts-1' };

  test('a network is tried before it is founded, and what is wrong stands beside its field', async () => {
    const tried = await ask(admin, 'POST', '/networks?dryRun=true', { payload: asked });
    expect(tried).toMatchObject({
      status: 200,
      body: { dryRun: true, network: { name: 'courts' }, yaml: expect.stringContaining('kind: LedgerNetwork') },
    });
    expect(await ask(admin, 'GET', '/networks/courts')).toMatchObject({ status: 404 });
    const wrong = await ask(admin, 'POST', '/networks?dryRun=true', { payload: { ...asked, engine: 'cometbft', validators: 2 } });
    expect(wrong).toMatchObject({
      status: 422,
      body: { code: 'INVALID', errors: [{ code: 'rule', detail: expect.stringContaining('fewer than 4') }] },
    });
    const unknown = await ask(admin, 'POST', '/networks', { payload: { ...asked, domain: 'sea', extra: 1 } });
    const fields = unknown.body.errors.map(({ field, code }: { field: string; code: string }) => `${field} ${code}`);
    expect(fields.sort()).toEqual(['domain notOneOf', 'extra unknown']);
  });

  test('an agency is taken in once, however often the request comes, as the platform’s account and in the audit log before', async () => {
    const payload = { name: 'school-1', displayName: { zh: '学校', en: 'School' }, memberships: [{ network: 'city', roles: [] }] };
    const headers = { 'idempotency-key': 'k-1' };
    const [first, second] = [
      await ask(admin, 'POST', '/agencies', { payload, headers }),
      await ask(admin, 'POST', '/agencies', { payload, headers }),
    ];
    expect([first.status, second.status]).toEqual([201, 201]);
    expect(await ask(admin, 'POST', '/agencies', { payload: { ...payload, name: 'school-2' }, headers })).toMatchObject({
      status: 409,
      body: { code: 'IDEMPOTENCY_REUSED' },
    });
    expect(await ask(admin, 'POST', '/agencies', { payload })).toMatchObject({ status: 409, body: { code: 'ALREADY_EXISTS' } });
    const created = city.calls.filter(({ verb, resource }) => verb === 'create' && resource === 'agencies');
    expect(new Set(created.map(({ user }) => user))).toEqual(
      new Set(['kubernetes-admin', 'system:serviceaccount:civitas-system:platform-admin']),
    );
    const entries = await city.audit.list({ before: 0, limit: 10, wanted: ({ resource }) => resource === 'Agency/school-1' });
    expect(entries.map(({ stage, of }) => `${stage} ${of === 0 ? '' : 'of'}`)).toEqual(['failed of', 'asked ', 'done of', 'asked ']);
  });

  test('a change names the version it was read at', async () => {
    await waitFor('agency in the cache', async () => (await ask(admin, 'GET', '/agencies/bank-1')).status === 200, 30_000);
    const read = await ask(admin, 'GET', '/agencies/bank-1');
    const payload = { quotas: { pods: 9 } };
    expect(await ask(admin, 'PATCH', '/agencies/bank-1', { payload })).toMatchObject({ status: 428 });
    expect(await ask(admin, 'PATCH', '/agencies/bank-1', { payload, headers: { 'if-match': '"1"' } })).toMatchObject({ status: 412 });
    const changed = await ask(admin, 'PATCH', '/agencies/bank-1', { payload, headers: { 'if-match': String(read.headers.etag) } });
    expect(changed).toMatchObject({ status: 200, body: { quotas: { pods: 9 }, name: 'bank-1' } });
    expect(await ask(admin, 'PATCH', '/agencies/bank-1', { payload, headers: { 'if-match': String(read.headers.etag) } })).toMatchObject({
      status: 412,
    });
  });

  test('a program is certified by its request beside the others of its agency, and nothing but a request is taken', async () => {
    const path = '/agencies/bank-1/clients';
    const csr = '-----BEGIN CERTIFICATE REQUEST-----\nMIIB\n-----END CERTIFICATE REQUEST-----\n';
    const of = (letter: string) => ({ operationPublicKey: letter.repeat(43), csr });
    expect(await ask(admin, 'PUT', `${path}/cli`, { payload: of('A') })).toMatchObject({ status: 200 });
    expect(await ask(admin, 'PUT', `${path}/ledger-app`, { payload: of('B') })).toMatchObject({ status: 200 });
    expect(await ask(admin, 'PUT', `${path}/cli`, { payload: of('C') })).toMatchObject({ status: 200 });
    const held = (await city.admin.get(agencies, { name: 'bank-1' })).spec.clients ?? [];
    expect(Object.fromEntries(held.map(({ name, operationPublicKey }) => [name, operationPublicKey[0]]))).toEqual({
      cli: 'C',
      'ledger-app': 'B',
    });
    const key = `${csr}-----BEGIN PRIVATE KEY-----\nMIIB\n-----END PRIVATE KEY-----\n`;
    expect(await ask(admin, 'PUT', `${path}/cli`, { payload: { ...of('A'), csr: key } })).toMatchObject({
      status: 422,
      body: { code: 'INVALID' },
    });
    expect(await ask(admin, 'PUT', '/agencies/nobody/clients/cli', { payload: of('A') })).toMatchObject({ status: 404 });
    expect(await ask(owner, 'PUT', `${path}/cli`, { payload: of('A') })).toMatchObject({ status: 403 });
  });

  test('a person’s key is named beside the others of an agency, as 32 bytes, once', async () => {
    const path = '/agencies/bank-1/approvers';
    const of = (letter: string) => ({ publicKey: `${letter.repeat(42)}A` });
    expect(await ask(admin, 'PUT', `${path}/clerk`, { payload: of('A') })).toMatchObject({ status: 200 });
    expect(await ask(admin, 'PUT', `${path}/director`, { payload: of('B') })).toMatchObject({ status: 200 });
    expect((await ask(admin, 'PUT', `${path}/clerk`, { payload: of('C') })).body.approvers).toEqual([
      { name: 'director', ...of('B') },
      { name: 'clerk', ...of('C') },
    ]);
    const twice = await ask(admin, 'PUT', `${path}/deputy`, { payload: of('B') });
    expect(twice).toMatchObject({ status: 422, body: { code: 'INVALID', detail: expect.stringContaining('no two may name the same') } });
    // 43 characters, and still not 32 bytes: bits are left over.
    expect(await ask(admin, 'PUT', `${path}/deputy`, { payload: { publicKey: 'B'.repeat(43) } })).toMatchObject({ status: 422 });
    expect(await ask(admin, 'PUT', '/agencies/nobody/approvers/clerk', { payload: of('A') })).toMatchObject({ status: 404 });
    expect(await ask(owner, 'PUT', `${path}/clerk`, { payload: of('A') })).toMatchObject({ status: 403 });
  });

  test('a person’s key is taken off an agency with a second factor, in the audit log, and never the last one that its policy needs', async () => {
    const path = '/agencies/bank-1/approvers';
    const held = async () => ((await city.admin.get(agencies, { name: 'bank-1' })).spec.approvers ?? []).map(({ name }) => name);
    const weak = city.tokenOf(aPerson({ platformRoles: ['platform-admin'], acr: '1' }));
    expect(await held()).toEqual(['director', 'clerk']);
    expect(await ask(weak, 'DELETE', `${path}/director`)).toMatchObject({ status: 401, body: { code: 'STEP_UP_NEEDED' } });
    expect(await ask(owner, 'DELETE', `${path}/director`)).toMatchObject({ status: 403 });
    expect(await ask(admin, 'DELETE', `${path}/nobody`)).toMatchObject({ status: 404 });
    expect(await ask(admin, 'DELETE', `${path}/director`)).toMatchObject({ status: 204 });
    expect(await held()).toEqual(['clerk']);
    expect(await ask(admin, 'DELETE', `${path}/clerk`)).toMatchObject({ status: 409, body: { code: 'APPROVERS_TOO_FEW' } });
    expect(await held()).toEqual(['clerk']);
    const entries = await city.audit.list({ before: 0, limit: 9, wanted: ({ action }) => action === 'removeAgencyApprover' });
    expect(entries.map(({ stage, facts }) => [stage, facts])).toMatchObject([
      ['failed', { code: 'APPROVERS_TOO_FEW' }],
      ['asked', { approver: 'clerk' }],
      ['done', {}],
      ['asked', { approver: 'director', publicKey: `${'B'.repeat(42)}A` }],
      ['failed', { code: 'NOT_FOUND' }],
      ['asked', { approver: 'nobody' }],
    ]);
  });

  test('who approves for an agency is tried without a second factor and changed with one alone', async () => {
    const path = '/agencies/bank-1/approval-policy';
    const weak = city.tokenOf(aPerson({ platformRoles: ['platform-admin'], acr: '1' }));
    const payload = { approvalPolicy: 'auto' };
    const policy = async () => (await city.admin.get(agencies, { name: 'bank-1' })).spec.approvalPolicy ?? 'manual';
    const before = await policy();
    const tried = await ask(weak, 'PUT', `${path}?dryRun=true`, { payload });
    expect(tried).toMatchObject({ status: 200, body: { dryRun: true, agency: { approvalPolicy: 'auto' } } });
    expect(tried.body.differences).toEqual([{ path: 'spec.approvalPolicy', before: 'manual', after: 'auto' }]);
    for (const query of ['', '?dryRun=false', '?dryRun=true&dryRun=false', '?dryRun=1', '?dryRun=TRUE'])
      expect(await ask(weak, 'PUT', `${path}${query}`, { payload })).toMatchObject({ status: 401, body: { code: 'STEP_UP_NEEDED' } });
    // A route that cannot be tried takes its factor whatever the query says.
    expect(await ask(weak, 'DELETE', '/agencies/bank-1?dryRun=true')).toMatchObject({ status: 401 });
    expect(await policy()).toBe(before);
    expect(await ask(admin, 'PUT', path, { payload })).toMatchObject({ status: 200, body: { dryRun: false } });
    expect(await policy()).toBe('auto');
    expect(await ask(owner, 'PUT', `${path}?dryRun=true`, { payload })).toMatchObject({ status: 403 });
  });

  test('a network is made with the agencies that found it, and with none where it cannot be made', async () => {
    const networks = async () => (await city.admin.get(agencies, { name: 'bank-1' })).spec.memberships.map(({ network }) => network);
    const payload = {
      name: 'courts-2',
      domain: 'courts',
      chainId: 'jincheng-courts-2',
      founders: [{ agency: 'bank-1', roles: ['clerk'] }],
    };
    const tried = await ask(admin, 'POST', '/networks?dryRun=true', { payload });
    expect(tried.body.differences).toContainEqual({
      path: 'bank-1: spec.memberships[1]',
      after: { network: 'courts-2', roles: ['clerk'] },
    });
    const taken = { ...payload, name: 'health' };
    expect(await ask(admin, 'POST', '/networks', { payload: taken })).toMatchObject({ status: 409, body: { code: 'ALREADY_EXISTS' } });
    const stranger = { ...payload, founders: [{ agency: 'nobody', roles: [] }] };
    expect(await ask(admin, 'POST', '/networks', { payload: stranger })).toMatchObject({
      status: 422,
      body: { errors: [{ field: 'founders' }] },
    });
    expect(await networks()).toEqual(['housing']);
    expect(await ask(admin, 'POST', '/networks', { payload })).toMatchObject({ status: 201 });
    expect(await networks()).toEqual(['housing', 'courts-2']);
  });

  test('a second factor that is old or missing is asked for as RFC 9470 says', async () => {
    const weak: Principal = aPerson({ platformRoles: ['platform-admin'], acr: '1' });
    const answer = await ask(city.tokenOf(weak), 'DELETE', '/agencies/bank-1');
    expect(answer).toMatchObject({ status: 401, body: { code: 'STEP_UP_NEEDED' } });
    expect(answer.headers['www-authenticate']).toBe('Bearer error="insufficient_user_authentication", acr_values="2", max_age=300');
  });

  test('nothing is changed once the audit log cannot be written', async () => {
    const broken = await startTestConsole(132, { manifests: smallCity });
    try {
      await broken.audit.close();
      const token = broken.tokenOf(aPerson({ platformRoles: ['platform-admin'] }));
      const payload = { name: 'school-1', displayName: { zh: '学校', en: 'School' }, memberships: [] };
      const answer = await broken.app.inject({
        method: 'POST',
        url: '/api/v1/agencies',
        payload,
        headers: { authorization: `Bearer ${token}` },
      });
      expect(answer.json()).toMatchObject({ status: 503, code: 'AUDIT_UNAVAILABLE' });
      const made = broken.calls.filter(
        ({ user, verb, resource }) => user !== 'kubernetes-admin' && verb === 'create' && resource === 'agencies',
      );
      expect(made).toEqual([]);
    } finally {
      await broken.stop().catch(() => undefined);
    }
  }, 60_000);

  test('the audit log shows an agency’s people their own entries, and the platform all', async () => {
    expect(
      await ask(owner, 'POST', '/agencies/hospital-1/invitations', {
        payload: { email: 'a@b.c', firstName: 'A', lastName: 'B', roles: ['auditor'] },
      }),
    ).toMatchObject({ status: 404, body: { reason: 'ORGANIZATION_UNKNOWN' } });
    const own = (await ask(owner, 'GET', '/audit')).body.items;
    expect(new Set(own.map(({ agency }: { agency: string }) => agency))).toEqual(new Set(['hospital-1']));
    const all = (await ask(admin, 'GET', '/audit?limit=2')).body;
    expect(all.items).toHaveLength(2);
    expect((await ask(admin, 'GET', `/audit?limit=2&cursor=${all.next}`)).body.items[0].sequence).toBe(all.items[1].sequence - 1);
    expect(await ask(owner, 'GET', '/audit?agency=bank-1')).toMatchObject({ status: 403 });
  });

  test('a kubeconfig opens the agency’s namespace in the person’s role, and no other', async () => {
    await city.admin.mergePatch(
      { group: 'civitas.dev', version: 'v1alpha1', plural: 'agencies', namespaced: false },
      { name: 'hospital-1' },
      { status: { namespace: 'agency-hospital-1' } },
      { subresource: 'status' },
    );
    const status = async (): Promise<number> =>
      (await city.app.inject({ url: '/api/v1/agencies/hospital-1/kubeconfig', headers: { authorization: `Bearer ${owner}` } })).statusCode;
    expect(await waitFor('namespace in the cache', async () => (await status()) === 200, 30_000)).toBe(true);
    const answer = await city.app.inject({ url: '/api/v1/agencies/hospital-1/kubeconfig', headers: { authorization: `Bearer ${owner}` } });
    expect(answer.headers['content-disposition']).toContain('hospital-1.kubeconfig');
    expect(answer.body).toContain('name: tenant-owner');
    const profile = await city.app.inject({
      url: '/api/v1/agencies/hospital-1/connection-profile',
      headers: { authorization: `Bearer ${owner}` },
    });
    expect(profile.json()).toEqual({ schemaVersion: 1, agency: 'hospital-1', clients: [] });
    expect(
      city.calls.some(({ user, resource }) => user === 'system:serviceaccount:agency-hospital-1:tenant-owner' && resource === 'configmaps'),
    ).toBe(true);
  });
});

describe('what is no request of ours', () => {
  test.each([
    ['a body that is no JSON', { payload: '{', headers: { 'content-type': 'application/json' } }, 'MALFORMED'],
    [
      'a body of another kind',
      { payload: 'a=1', headers: { 'content-type': 'application/x-www-form-urlencoded' } },
      'MEDIA_TYPE_UNSUPPORTED',
    ],
    ['a body that is too large', { payload: { name: 'x'.repeat(70_000) } }, 'BODY_TOO_LARGE'],
    ['a page of another origin', { payload: {}, headers: { origin: 'http://evil.test' } }, 'ORIGIN_REFUSED'],
    [
      'an idempotency key that is too long',
      { payload: { name: 'a', displayName: { zh: 'a', en: 'a' }, memberships: [] }, headers: { 'idempotency-key': 'x'.repeat(129) } },
      'MALFORMED',
    ],
  ] as const)('%s is refused with a problem', async (_, more, code) => {
    const answer = await ask(admin, 'POST', '/agencies', more);
    expect(answer).toMatchObject({ status: PROBLEMS[code].status, body: { code } });
    expect(answer.headers['content-type']).toContain('application/problem+json');
  });

  test('our own origin may change things', async () => {
    expect((await ask(admin, 'POST', '/agencies?dryRun=true', { payload: {}, headers: { origin: ORIGIN } })).body).toMatchObject({
      code: 'INVALID',
    });
  });

  test.each(['/api/v1/nothing', '/api', '/api/v1/networks/a%2fb', '/api/v1/..%2f..%2fetc%2fpasswd', '/%00', '/realms/city', '/x.js'])(
    '%s is not there',
    async (url) => {
      const answer = await city.app.inject({ url, headers: { authorization: `Bearer ${admin}` } });
      expect([400, 404]).toContain(answer.statusCode);
      expect(answer.headers['content-type']).toContain('application/problem+json');
      expect(answer.headers['content-security-policy']).toContain("script-src 'self'");
    },
  );

  test('another method than an address takes is told what it takes', async () => {
    const answer = await city.app.inject({ method: 'PUT', url: '/api/v1/networks' });
    expect(answer.json()).toMatchObject({ code: 'METHOD_NOT_ALLOWED' });
    expect(answer.headers['allow']).toBe('GET, POST');
  });

  test('somebody who asks too much is told to wait, and nobody else is', async () => {
    const busy = city.tokenOf(aPerson({ sub: 'busy' }));
    const answers = await Promise.all(Array.from({ length: 1200 }, () => ask(busy, 'GET', '/me')));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    expect(await ask(busy, 'GET', '/me')).toMatchObject({ status: 429, body: { code: 'RATE_LIMITED' } });
    expect((await ask(owner, 'GET', '/me')).status).toBe(200);
  });
});

import { API_PREFIX, ROLES, ROUTES, type Route } from '@civitas/console-contract';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { TSchema } from '@sinclair/typebox';
import { decide } from './policy/policy.ts';
import { smallCity } from './testing/small-city.ts';
import { aPerson, startTestConsole, type TestConsole } from './testing/test-console.ts';

let city: TestConsole;
beforeAll(async () => {
  city = await startTestConsole(133, { manifests: smallCity });
}, 60_000);
afterAll(() => city.stop());

const routes = Object.entries<Route>(ROUTES).filter(([name]) => name !== 'watchEvents');
const networksOf = { 'hospital-1': 'health', 'bank-1': 'housing' } as const;

/** A value that a schema takes: nothing that it does not ask for. */
function sampleOf(schema: TSchema | undefined): unknown {
  if (schema === undefined) return undefined;
  if (schema['enum'] !== undefined) return schema['enum'][0];
  if (schema['type'] === 'object') {
    const required: readonly string[] = schema['required'] ?? [];
    return Object.fromEntries(required.map((name) => [name, sampleOf(schema['properties'][name])]));
  }
  if (schema['type'] === 'array') return [];
  if (schema['type'] === 'integer') return 1;
  if (schema['type'] === 'boolean') return true;
  return String(schema['pattern'] ?? '').includes('{64}') ? 'a'.repeat(64) : 'a'.repeat(Math.min(43, schema['maxLength'] ?? 43));
}

function requestTo(route: Route, agency: keyof typeof networksOf): { url: string; payload: object | undefined } {
  const name = route.scope === 'network' ? networksOf[agency] : agency;
  const parameters: Record<string, unknown> = { ...(sampleOf(route.params) as object | undefined), name };
  const path = route.path.replaceAll(/:([a-z]+)/gi, (_, key: string) => String(parameters[key]));
  const query = Object.entries(sampleOf(route.query) ?? {}).map(([key, value]) => `${key}=${String(value)}`);
  const sample = sampleOf(route.body) as Record<string, unknown> | undefined;
  const payload = sample === undefined ? undefined : { ...sample, ...('agency' in sample ? { agency } : {}) };
  return { url: `${API_PREFIX}${path}${query.length === 0 ? '' : `?${query.join('&')}`}`, payload };
}

/** Every answer of the policy is 401 or 403; what it lets through ends otherwise, however it ends. */
const isLetThrough = (status: number, code: unknown): boolean => status !== 401 && !(status === 403 && code === 'FORBIDDEN');

describe.each([...ROLES, 'platform-admin', 'nobody'])('somebody who is %s of one agency', (role) => {
  const isAdmin = role === 'platform-admin';
  const organizations = isAdmin || role === 'nobody' ? {} : { 'hospital-1': ROLES.filter((one) => one === role) };
  const person = aPerson({ sub: `is-${role}`, platformRoles: isAdmin ? [role] : [], organizations });

  test.each(routes)('%s answers as the policy says, for their own agency and for another', async (_, route) => {
    const token = city.tokenOf(person);
    for (const agency of ['bank-1', 'hospital-1'] as const) {
      const { url, payload } = requestTo(route, agency);
      const wanted = { ...route, agencies: [agency], stepUp: false };
      const expected = decide(person, route.scope === 'public' ? { ...wanted, agencies: [] } : wanted, Math.floor(Date.now() / 1000));
      // Only what is denied may be sent as it is: what is allowed would be done, so it comes without a second factor where one is asked for.
      if (expected.kind === 'allow' && route.method !== 'GET' && route.stepUp !== true) continue;
      const weak = { ...person, acr: '1' as const };
      const bearer = expected.kind === 'allow' && route.method !== 'GET' ? city.tokenOf(weak) : token;
      const answer = await city.app.inject({
        method: route.method,
        url,
        headers: { authorization: `Bearer ${bearer}` },
        ...(payload === undefined ? {} : { payload }),
      });
      const code: unknown = answer.headers['content-type']?.toString().includes('json') ? answer.json().code : undefined;
      if (bearer === token)
        expect([agency, answer.statusCode < 500 || code !== 'INTERNAL', isLetThrough(answer.statusCode, code)]).toEqual([
          agency,
          true,
          expected.kind === 'allow',
        ]);
      else expect([agency, code]).toEqual([agency, 'STEP_UP_NEEDED']);
    }
  });

  test.each(routes)('%s is closed to who has not signed in', async (_, route) => {
    const { url, payload } = requestTo(route, 'hospital-1');
    const answer = await city.app.inject({ method: route.method, url, ...(payload === undefined ? {} : { payload }) });
    expect(answer.statusCode === 401).toBe(route.scope !== 'public');
  });
});

const inTheNameOf = routes.filter(([, { scope, body }]) => scope === 'network' && body?.['properties']['agency'] !== undefined);

describe.each(inTheNameOf)('in %s, an agency that is no string', (_, route) => {
  const person = aPerson({ sub: 'is-everything', organizations: { 'hospital-1': [...ROLES] } });

  test.each([[['bank-1']], [[['bank-1']]], [{ name: 'bank-1' }], [7], [true], [null]])(
    'such as %j is refused, and nothing is done for it',
    async (agency) => {
      const { url, payload } = requestTo(route, 'hospital-1');
      const headers = { authorization: `Bearer ${city.tokenOf(person)}` };
      const answer = await city.app.inject({ method: route.method, url, headers, payload: { ...payload, agency } });
      expect(answer.json()).toMatchObject({ code: 'INVALID', errors: [{ field: 'agency', code: 'type' }] });
      expect(await city.audit.list({ before: 0, limit: 1, wanted: ({ sub }) => sub === person.sub })).toEqual([]);
    },
  );

  test('is not told to who may not do it at all', async () => {
    const { url, payload } = requestTo(route, 'bank-1');
    const headers = { authorization: `Bearer ${city.tokenOf(person)}` };
    const answer = await city.app.inject({ method: route.method, url, headers, payload: { ...payload, agency: ['bank-1'] } });
    expect(answer.json()).toMatchObject({ code: 'FORBIDDEN', reason: 'not-a-member' });
  });
});

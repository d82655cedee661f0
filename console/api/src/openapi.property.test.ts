import { ROLES } from '@civitas/console-contract';
import type { Principal } from '@civitas/identity';
import { printedSeed } from '@civitas/testkit';
import { fc } from '@civitas/testkit/properties';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { faultsOf } from './testing/fuzz/check-answer.ts';
import { type Manner, type OddGateway, startOddGateway } from './testing/fuzz/odd-gateway.ts';
import { type Operation, operations } from './testing/fuzz/openapi-document.ts';
import { injected, requestsTo } from './testing/fuzz/requests.ts';
import { smallCity } from './testing/small-city.ts';
import { aPerson, startTestConsole, type TestConsole } from './testing/test-console.ts';

printedSeed('requests over the OpenAPI');
const RUNS = process.env['CIVITAS_FULL'] === '1' ? 300 : 30;
/** Of one operation: a busy machine tries less of it, and is no failure. */
const TIME_MS_MAX = 20_000;

let city: TestConsole;
let gateway: OddGateway;
beforeAll(async () => {
  gateway = await startOddGateway('127.135.2.1');
  city = await startTestConsole(135, { manifests: smallCity, ledgers: gateway.ledgers });
}, 60_000);
afterAll(async () => {
  await city?.stop();
  gateway?.stop();
});

/** Everybody who may ask: how the request says who it is of. A limit is of one person, so that each request is another's. */
const of = (agency: string, role: (typeof ROLES)[number]): Partial<Principal> => ({ organizations: { [agency]: [role] } });
const people: readonly (Partial<Principal> | string | undefined)[] = [
  undefined,
  'Bearer forged',
  'Bearer',
  'Basic dXNlcjpwYXNz',
  `Bearer ${'x'.repeat(9000)}`,
  {},
  { platformRoles: ['platform-admin'] },
  { platformRoles: ['platform-admin'] },
  { platformRoles: ['platform-admin'], acr: '1' },
  { platformRoles: ['platform-admin'], authTimeUnixS: 1 },
  ...ROLES.flatMap((role) => [of('hospital-1', role), of('bank-1', role)]),
];
let asked = 0;
function authorizationOf(who: (typeof people)[number]): string | undefined {
  return typeof who === 'object' ? `Bearer ${city.tokenOf(aPerson({ sub: `asks-${++asked}`, ...who }))}` : who;
}

const NAMES: Readonly<Record<string, readonly string[]>> = {
  networks: ['city', 'health', 'housing', 'nowhere'],
  links: ['city-health', 'health-housing'],
  agencies: ['hospital-1', 'bank-1', 'nowhere'],
  peer: ['jincheng-health-1'],
  role: ROLES,
  height: ['1', '0', '-1', '007', '1.5'],
  sequence: ['1', '0', '-1'],
  hash: ['ab'.repeat(32), 'AB'.repeat(32)],
};
const namesFor =
  ({ path }: Operation) =>
  (parameter: string): readonly string[] =>
    NAMES[parameter === 'name' ? (path.split('/')[1] ?? '') : parameter] ?? ['some-1'];

const manners: fc.Arbitrary<Manner> = fc.oneof(
  fc.constant<Manner>('empty'),
  fc.constant<Manner>('unreachable'),
  fc
    .constantFrom('NOT_FOUND', 'FAULT', 'MALFORMED', 'RATE_LIMITED', 'STEP_UP_NEEDED', 'PERSON_NOT_ALLOWED', 'SOMETHING_NEW')
    .map((code): Manner => ({ code })),
  fc.uint8Array({ maxLength: 40 }),
);

// Deletions come last: what they take away, the others ask for.
const inOrder = operations.toSorted((left, right) => Number(left.method === 'DELETE') - Number(right.method === 'DELETE'));

describe('whatever is asked, by whomever, the answer is one that the OpenAPI declares', () => {
  // A stream of events ends when the caller goes; what it answers before it begins is asked for with a query that it does not take.
  test.each(inOrder.map((operation) => [operation.id, operation] as const))(
    '%s',
    async (id, operation) => {
      const requests = requestsTo(operation, namesFor(operation)).map((request) =>
        id === 'watchEvents' ? { ...request, url: `${request.url}${request.url.includes('?') ? '&' : '?'}unheardOf=1` } : request,
      );
      await fc.assert(
        fc.asyncProperty(requests, fc.constantFrom(...people), manners, async (request, who, manner) => {
          gateway.manner = manner;
          const answer = await city.app.inject(injected(request, authorizationOf(who)));
          const faults = faultsOf(operation, request, answer);
          if (faults.length > 0) throw new Error(`${faults.join('; ')}\n${answer.statusCode} ${answer.body.slice(0, 600)}`);
        }),
        { numRuns: RUNS, interruptAfterTimeLimit: TIME_MS_MAX, markInterruptAsFailure: false },
      );
    },
    120_000,
  );
});

test('after all of that the server is unharmed, and its audit log too', async () => {
  expect((await city.app.inject({ url: '/api/v1/config' })).statusCode).toBe(200);
  const admin = authorizationOf({ platformRoles: ['platform-admin'] }) ?? '';
  expect((await city.app.inject({ url: '/api/v1/audit?limit=200', headers: { authorization: admin } })).statusCode).toBe(200);
});

test('a number that is too large to be one is refused wherever it stands', async () => {
  const headers = { authorization: authorizationOf({ platformRoles: ['platform-admin'] }) ?? '' };
  const refused = { code: 'MALFORMED', detail: expect.stringMatching(/out of range/) };
  for (const url of ['/networks/city/blocks/1e309', '/networks?limit=1e309', '/audit?limit=1e400'])
    expect((await city.app.inject({ url: `/api/v1${url}`, headers })).json()).toMatchObject(refused);
  const payload = { name: 'x', domain: 'courts', chainId: 'x-courts-1', validators: '1e309' };
  const answer = await city.app.inject({ method: 'POST', url: '/api/v1/networks?dryRun=true', headers, payload });
  expect(answer.json()).toMatchObject(refused);
});

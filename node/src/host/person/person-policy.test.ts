import type { AgencyRole, Principal } from '@civitas/identity';
import { expect, test } from '@jest/globals';
import { checkPerson, type PersonVerb, verbOf } from './person-policy.ts';

const NOW_UNIX_MS = 1_790_000_000_000;

function aPerson(roles: readonly AgencyRole[], overrides: Partial<Principal> = {}): Principal {
  const organizations = { 'hospital-1': roles };
  return {
    sub: 's',
    name: 'n',
    platformRoles: [],
    organizations,
    acr: '1',
    authTimeUnixS: NOW_UNIX_MS / 1000,
    azp: 'console',
    ...overrides,
  };
}
const may = (person: Principal, verb: PersonVerb, organisation = 'hospital-1') => checkPerson(person, organisation, verb, NOW_UNIX_MS);
const STEPPED_UP = { acr: '2' } as const;

test.each([
  ['owner', ['view', 'operate', 'govern']],
  ['operator', ['view', 'operate']],
  ['auditor', ['view']],
  ['developer', ['view']],
] as const)('%s may %j and nothing else', (role, verbs) => {
  const person = aPerson([role], STEPPED_UP);
  for (const verb of ['view', 'operate', 'govern'] as const) {
    const allowed = may(person, verb);
    if (verbs.some((known) => known === verb)) expect(allowed).toEqual({ ok: true, value: true });
    else expect(allowed).toMatchObject({ refusal: { code: 'PERSON_NOT_ALLOWED', facts: { got: [role] } } });
  }
});

test('a role counts in its own agency alone, and no platform role counts at all', () => {
  expect(may(aPerson(['owner']), 'view', 'fund-centre')).toMatchObject({ refusal: { code: 'PERSON_NOT_ALLOWED' } });
  expect(may(aPerson([], { platformRoles: ['platform-admin'] }), 'view')).toMatchObject({ refusal: { code: 'PERSON_NOT_ALLOWED' } });
});

test('governance takes a second factor that is fresh', () => {
  expect(may(aPerson(['owner']), 'govern')).toMatchObject({ refusal: { code: 'STEP_UP_NEEDED' } });
  const stale = aPerson(['owner'], { ...STEPPED_UP, authTimeUnixS: NOW_UNIX_MS / 1000 - 3600 });
  expect(may(stale, 'govern')).toMatchObject({ refusal: { code: 'STEP_UP_NEEDED' } });
});

test('what members decide over the network is governance, in every version of the contract', () => {
  expect([verbOf('network.members@v1'), verbOf('network.members@v9'), verbOf('health.index@v1')]).toEqual(['govern', 'govern', 'operate']);
});

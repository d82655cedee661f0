import { RESOURCES, ROLES, ROUTES, type Role, type Route, VERBS } from '@civitas/console-contract';
import type { Principal } from '@civitas/identity';
import { fc } from '@civitas/testkit/properties';
import { describe, expect, test } from '@jest/globals';
import { agenciesAllowing, decide, type Request } from './policy.ts';
import { isVisible, visibleAgencies } from './visible.ts';

const NOW = 1_800_000_000;

function personOf(over: Partial<Principal>): Principal {
  return { sub: 's-1', name: 'A', platformRoles: [], organizations: {}, acr: '2', authTimeUnixS: NOW - 10, azp: 'console', ...over };
}

const admin = personOf({ platformRoles: ['platform-admin'] });
const inAgency = (role: Role): Principal => personOf({ organizations: { 'hospital-1': [role] } });
const about = (action: string, over: Partial<Request> = {}): Request => {
  const [verb, resource] = action.split(' ');
  return { verb, resource, scope: 'agency', agencies: ['hospital-1'], stepUp: false, ...over } as Request;
};

describe('the policy', () => {
  const table: [string, readonly string[]][] = [
    ['read agency', ['owner', 'operator', 'auditor', 'developer', 'platform']],
    ['update agency', ['platform']],
    ['delete agency', ['platform']],
    ['read member', ['owner', 'operator', 'auditor', 'platform']],
    ['invite member', ['owner', 'platform']],
    ['update member', ['owner']],
    ['delete member', ['owner']],
    ['approve proposal', ['owner']],
    ['create key', ['owner']],
    ['export download', ['owner', 'operator', 'developer']],
    ['read audit', ['owner', 'auditor', 'platform']],
    ['read case', ['owner', 'operator', 'auditor', 'developer']],
    ['create case', ['owner', 'operator']],
    ['update case', ['owner', 'operator']],
    ['read citizen', []],
    ['create citizen', []],
    ['create network', ['platform']],
    ['delete network', []],
    ['approve member', []],
  ];
  test.each(table)('%s is for %j alone', (action, allowed) => {
    for (const role of ROLES) {
      const decision = decide(inAgency(role), about(action), NOW);
      expect([role, decision.kind]).toEqual([role, allowed.includes(role) ? 'allow' : 'deny']);
    }
    expect(decide(admin, about(action), NOW).kind).toBe(allowed.includes('platform') ? 'allow' : 'deny');
  });

  test('nobody signed in may do nothing but read what is public', () => {
    for (const route of Object.values<Route>(ROUTES)) {
      const decision = decide(undefined, { ...route, agencies: [], stepUp: route.stepUp === true }, NOW);
      expect(decision).toEqual(route.scope === 'public' ? { kind: 'allow' } : { kind: 'deny', reason: 'signed-out' });
    }
    expect(decide(admin, about('delete network', { scope: 'public' }), NOW).kind).toBe('deny');
  });

  test('roles in one agency open nothing of another, whatever the verb', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...VERBS),
        fc.constantFrom(...RESOURCES),
        fc.constantFrom('agency', 'network'),
        (verb, resource, scope) => {
          const person = personOf({ organizations: { 'bank-1': [...ROLES] } });
          expect(decide(person, { verb, resource, scope, agencies: ['hospital-1'], stepUp: false }, NOW)).toEqual({
            kind: 'deny',
            reason: 'not-a-member',
          });
        },
      ),
    );
  });

  test('a realm role is no role in an agency', () => {
    const person = personOf({ platformRoles: ['owner', 'operator'], organizations: { 'hospital-1': [] } });
    expect(decide(person, about('invite member'), NOW)).toEqual({ kind: 'deny', reason: 'role-missing' });
    expect(agenciesAllowing(person, 'read', 'agency')).toEqual([]);
  });

  test('the platform approves nothing and is told that it is the agency’s own', () => {
    expect(decide(admin, about('approve proposal', { scope: 'network' }), NOW)).toEqual({ kind: 'deny', reason: 'agency-only' });
  });

  test('what needs a second factor asks for one that is fresh, and only of who may', () => {
    const request = about('invite member', { stepUp: true });
    const owner = inAgency('owner');
    expect(decide({ ...owner, acr: '1' }, request, NOW)).toEqual({ kind: 'step-up' });
    expect(decide({ ...owner, authTimeUnixS: NOW - 301 }, request, NOW)).toEqual({ kind: 'step-up' });
    expect(decide({ ...owner, authTimeUnixS: NOW - 300 }, request, NOW)).toEqual({ kind: 'allow' });
    expect(decide({ ...inAgency('auditor'), acr: '1' }, request, NOW)).toEqual({ kind: 'deny', reason: 'role-missing' });
  });

  test('more roles never allow less', () => {
    const roles = fc.subarray([...ROLES]);
    fc.assert(
      fc.property(roles, roles, fc.constantFrom(...VERBS), fc.constantFrom(...RESOURCES), (some, more, verb, resource) => {
        const request: Request = { verb, resource, scope: 'agency', agencies: ['hospital-1'], stepUp: false };
        const fewer = decide(personOf({ organizations: { 'hospital-1': some } }), request, NOW);
        const all = decide(personOf({ organizations: { 'hospital-1': [...some, ...more] } }), request, NOW);
        if (fewer.kind === 'allow') expect(all.kind).toBe('allow');
      }),
    );
  });

  test('people see what agencies of theirs share, the platform sees all', () => {
    expect(isVisible(visibleAgencies(inAgency('auditor')), ['bank-1', 'hospital-1'])).toBe(true);
    expect(isVisible(visibleAgencies(inAgency('auditor')), ['bank-1'])).toBe(false);
    expect(isVisible(visibleAgencies(personOf({ organizations: { 'hospital-1': [] } })), ['hospital-1'])).toBe(false);
    expect(isVisible(visibleAgencies(admin), [])).toBe(true);
  });
});

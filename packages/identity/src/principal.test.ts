import { fc } from '@civitas/testkit/properties';
import { describe, expect, test } from '@jest/globals';
import { NAME_CHARS_MAX, STEP_UP_S_MAX, TOKEN_ORGANIZATIONS_MAX } from './limits.ts';
import { isPlatformAdmin, isSteppedUp, type Principal, principalOf, rolesIn } from './principal.ts';
import { aClaimSet, NOW_S } from './testing/token-forge.ts';

function held(claims: unknown): Principal {
  const result = principalOf(claims);
  if (!result.ok) throw new Error(JSON.stringify(result.refusal));
  return result.value;
}

const wrongClaim = (claims: unknown): unknown => {
  const result = principalOf(claims);
  return result.ok ? undefined : result.refusal.facts['claim'];
};

describe('a principal', () => {
  test('has the roles of its organizations’ groups, and no others', () => {
    const groups = ['/owner', '/auditor', '/owner', '/unknown', '/owner/deputy', 'developer', ''];
    const principal = held(aClaimSet({ organization: { 'hospital-1': { id: 'o-1', groups }, bank: { id: 'o-2' } } }));
    expect(rolesIn(principal, 'hospital-1')).toEqual(['owner', 'auditor']);
    expect(rolesIn(principal, 'bank')).toEqual([]);
    expect(Object.keys(principal.organizations)).toEqual(['hospital-1', 'bank']);
  });

  test('has no role in an agency from realm_access or resource_access', () => {
    const everything = { roles: ['owner', 'operator', 'hospital-1', '/owner'] };
    const claims = aClaimSet({ organization: undefined, realm_access: everything, resource_access: { 'console-api': everything } });
    expect(held(claims)).toMatchObject({ platformRoles: [] });
    expect(rolesIn(held(claims), 'hospital-1')).toEqual([]);
  });

  test('is a platform admin by the realm role alone', () => {
    expect(isPlatformAdmin(held(aClaimSet({ realm_access: { roles: ['platform-admin', 'platform-admin'] } })))).toBe(true);
    const groups = ['/platform-admin'];
    expect(
      isPlatformAdmin(held(aClaimSet({ organization: { 'hospital-1': { groups } }, resource_access: { 'platform-admin': {} } }))),
    ).toBe(false);
    expect(isPlatformAdmin(held(aClaimSet({ realm_access: { roles: ['Platform-Admin', ' platform-admin'] } })))).toBe(false);
  });

  test('finds nothing under names that every object has', () => {
    const principal = held(aClaimSet());
    for (const name of ['constructor', '__proto__', 'toString', 'hasOwnProperty']) expect(rolesIn(principal, name)).toEqual([]);
    const polluted = held(
      JSON.parse('{"sub":"a","azp":"b","organization":{"__proto__":{"groups":["/owner"]},"constructor":{"groups":["/owner"]}}}'),
    );
    expect(rolesIn(polluted, '__proto__')).toEqual([]);
    expect(({} as { groups?: unknown }).groups).toBeUndefined();
  });

  test('is a member without roles where the claim lists aliases alone, and of nothing that is no alias', () => {
    expect({ ...held(aClaimSet({ organization: ['hospital-1', 'Not An Alias', '../x'] })).organizations }).toEqual({ 'hospital-1': [] });
    expect({ ...held(aClaimSet({ organization: { 'Not An Alias': { groups: ['/owner'] } } })).organizations }).toEqual({});
  });

  test.each<readonly [string, object]>([
    ['', [] as object],
    ['sub', aClaimSet({ sub: undefined })],
    ['sub', aClaimSet({ sub: 'x'.repeat(256) })],
    ['azp', aClaimSet({ azp: null })],
    ['acr', aClaimSet({ acr: 2 })],
    ['auth_time', aClaimSet({ auth_time: '1' })],
    ['auth_time', aClaimSet({ auth_time: -1 })],
    ['auth_time', aClaimSet({ auth_time: 1e300 })],
    ['realm_access', aClaimSet({ realm_access: [] })],
    ['realm_access', aClaimSet({ realm_access: { roles: [1] } })],
    ['realm_access', aClaimSet({ realm_access: { roles: Array.from({ length: 257 }, () => 'x') } })],
    ['organization', aClaimSet({ organization: null })],
    ['organization', aClaimSet({ organization: [1] })],
    ['organization', aClaimSet({ organization: { 'hospital-1': ['/owner'] } })],
    ['organization', aClaimSet({ organization: { 'hospital-1': { groups: [{}] } } })],
    [
      'organization',
      aClaimSet({
        organization: Object.fromEntries(Array.from({ length: TOKEN_ORGANIZATIONS_MAX + 1 }, (_, index) => [`a-${index}`, {}])),
      }),
    ],
  ])('with a malformed %s is refused', (claim, claims) => {
    expect(wrongClaim(claims)).toBe(claim);
  });

  test('is shown by its name without what would forge a line, and by its subject where it has none', () => {
    expect(held(aClaimSet({ name: 'Mei\u0000\n\u202e Li' })).name).toBe('Mei Li');
    expect(held(aClaimSet({ name: 'x'.repeat(1000) })).name).toHaveLength(NAME_CHARS_MAX);
    expect(held(aClaimSet({ name: '\n', preferred_username: 'mei' })).name).toBe('mei');
    expect(held(aClaimSet({ name: 7, preferred_username: undefined, sub: 's-1' })).name).toBe('s-1');
    expect(held(aClaimSet({ name: '\u0000', preferred_username: undefined, sub: 's-1' })).name).toBe('s-1');
  });

  test('has level 0 where the level is none of ours, and counts as stepped up for five minutes', () => {
    expect(held(aClaimSet({ acr: '3' })).acr).toBe('0');
    expect(held(aClaimSet({ acr: undefined })).acr).toBe('0');
    const stepped = held(aClaimSet({ acr: '2', auth_time: NOW_S }));
    expect(isSteppedUp(stepped, NOW_S + STEP_UP_S_MAX)).toBe(true);
    expect(isSteppedUp(stepped, NOW_S + STEP_UP_S_MAX + 1)).toBe(false);
    expect(isSteppedUp(held(aClaimSet({ acr: '1', auth_time: NOW_S })), NOW_S)).toBe(false);
    expect(isSteppedUp(held(aClaimSet({ acr: '2', auth_time: undefined })), NOW_S)).toBe(false);
  });

  test('of any claims gives no role that the claims do not spell', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 4 }), fc.jsonValue({ maxDepth: 3 }), (organization, realmAccess) => {
        const result = principalOf({ sub: 's', azp: 'c', organization, realm_access: realmAccess });
        if (!result.ok) return;
        const spelled = JSON.stringify(organization);
        for (const roles of Object.values(result.value.organizations)) for (const role of roles) expect(spelled).toContain(`"/${role}"`);
        for (const role of result.value.platformRoles) expect(JSON.stringify(realmAccess)).toContain(`"${role}"`);
      }),
      { seed: 20_261_121 },
    );
  });
});

import { NewAgency, NewNetwork } from '@civitas/console-contract';
import { describe, expect, test } from '@jest/globals';
import { Ajv } from 'ajv';
import { agencyOf, FIRST_AGENCY_DRAFT, isName, isOwnerComplete, ownerInvitationOf, rolesIn, withRoles } from './agency-draft.ts';
import { ledgerRolesOf } from './ledger-roles.ts';
import { FIRST_NETWORK_DRAFT, isChainId, isCount, isSize, networkOf } from './network-draft.ts';

const isTaken = (schema: object, value: unknown): boolean => new Ajv({ strict: false }).compile(schema)(value);

describe('the onboarding wizard', () => {
  test('asks for what the API takes', () => {
    const draft = {
      ...FIRST_AGENCY_DRAFT,
      name: 'hospital-3',
      zh: '第三人民医院',
      en: 'Third People’s Hospital',
      memberships: withRoles(withRoles([], 'health', ['custodian']), 'city', []),
      pods: '10',
    };
    expect(agencyOf(draft)).toEqual({
      name: 'hospital-3',
      displayName: { zh: '第三人民医院', en: 'Third People’s Hospital' },
      approvalPolicy: 'manual',
      memberships: [
        { network: 'city', roles: [] },
        { network: 'health', roles: ['custodian'] },
      ],
      quotas: { pods: 10 },
    });
    expect(isTaken(NewAgency, agencyOf(draft))).toBe(true);
  });

  test('keeps networks apart whose names begin alike', () => {
    const memberships = withRoles(withRoles([], 'health', ['custodian']), 'health-2', ['reviewer']);
    expect(rolesIn(memberships, 'health')).toEqual(['custodian']);
    expect(rolesIn(withRoles(memberships, 'health', undefined), 'health')).toBeUndefined();
    expect(rolesIn(withRoles(memberships, 'health', undefined), 'health-2')).toEqual(['reviewer']);
  });

  test('invites an owner only when one is named whole', () => {
    expect(ownerInvitationOf(FIRST_AGENCY_DRAFT)).toBeUndefined();
    expect(isOwnerComplete(FIRST_AGENCY_DRAFT)).toBe(true);
    const named = { ...FIRST_AGENCY_DRAFT, ownerEmail: 'li@hospital-3.example' };
    expect(isOwnerComplete(named)).toBe(false);
    expect(isOwnerComplete({ ...named, ownerFirstName: '娜', ownerLastName: '李' })).toBe(true);
  });

  test.each([
    ['hospital-3', true],
    ['-x', false],
    ['X', false],
    ['', false],
    ['a'.repeat(64), false],
  ])('takes %j as a name: %s', (name, expected) => {
    expect(isName(name)).toBe(expected);
  });

  test('offers roles for every domain', () => {
    for (const domain of ['city', 'health', 'housing', 'courts', 'transport'] as const)
      expect(ledgerRolesOf(domain).length).toBeGreaterThan(1);
  });
});

describe('the wizard of networks', () => {
  test('leaves to the city what is left empty', () => {
    expect(networkOf({ ...FIRST_NETWORK_DRAFT, name: 'health-2', chainId: 'jincheng-health-2' })).toEqual({
      name: 'health-2',
      domain: 'health',
      chainId: 'jincheng-health-2',
      founders: [],
    });
  });

  test('asks for what the API takes', () => {
    const whole = networkOf({
      name: 'courts-2',
      domain: 'courts',
      chainId: 'jincheng-courts-2',
      founders: withRoles(withRoles([], 'court-1', ['court']), 'police-1', []),
      engine: 'cometbft',
      validators: '4',
      agency: 'court-1',
      approvalThreshold: '2',
      allowDowntime: true,
      storageSize: '10Gi',
    });
    expect(isTaken(NewNetwork, whole)).toBe(true);
    expect(whole).toMatchObject({ engine: 'cometbft', validators: 4, approvalThreshold: 2, allowDowntime: true });
    expect(whole.founders).toEqual([
      { agency: 'court-1', roles: ['court'] },
      { agency: 'police-1', roles: [] },
    ]);
  });

  test('sends no roles that were chosen for another domain before', () => {
    const founders = withRoles(withRoles([], 'hospital-1', ['custodian', 'rulemaker']), 'court-1', ['court']);
    const draft = { ...FIRST_NETWORK_DRAFT, founders };
    expect(networkOf({ ...draft, domain: 'courts' }).founders).toEqual([
      { agency: 'court-1', roles: ['court'] },
      { agency: 'hospital-1', roles: ['rulemaker'] },
    ]);
    expect(networkOf({ ...draft, domain: 'health' }).founders).toContainEqual({ agency: 'hospital-1', roles: ['custodian', 'rulemaker'] });
  });

  test('knows what the fields take', () => {
    expect(['jincheng-health-2', 'a-1', 'jincheng-health', 'Jincheng-1', 'a-0'].map(isChainId)).toEqual([true, true, false, false, false]);
    expect(['', '1', '100', '0', '101', '1.5', 'x'].map(isCount)).toEqual([true, true, true, false, false, false, false]);
    expect(['', '10Gi', '1Ti', '10', '10GB'].map(isSize)).toEqual([true, true, true, false, false]);
  });
});

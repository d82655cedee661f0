import { describe, expect, test } from '@jest/globals';
import type { AgencyMembershipObject, AgencyMembershipSpec, AgencyMembershipStatus } from '../resources/agency-membership.ts';
import { anAgency } from '../testing/builders.ts';
import { MEMBERSHIP_PHASES, type MembershipReason, type ObservedMembership, planMembershipObject } from './agency-membership-plan.ts';
import { isEnding, withMemberships } from './agency-memberships.ts';

const NOW = 1_800_000_000_000;

function aMembership(spec: Partial<AgencyMembershipSpec> = {}, status?: AgencyMembershipStatus): AgencyMembershipObject {
  return {
    apiVersion: 'civitas.dev/v1alpha1',
    kind: 'AgencyMembership',
    metadata: { name: 'bank-housing', namespace: 'jincheng', uid: 'uid', resourceVersion: '1', creationTimestamp: '2026-01-01T00:00:00Z' },
    spec: { agencyRef: 'bank', networkRef: 'housing', ...spec },
    ...(status === undefined ? {} : { status }),
  };
}

function plan(facts: Partial<ObservedMembership> = {}) {
  return planMembershipObject({
    ...{ membership: aMembership(), isEnding: false, hasAgency: true, hasNetwork: true, isNamedByAgency: false, onLedger: 'enrolled' },
    ...{ enrolment: undefined, validators: [], proposal: undefined, approvalThreshold: 2 },
    ...facts,
  });
}

const proposed = aMembership({ ended: true }, { proposal: 'p-1' });
const open = { status: 'open', approvals: 1, failure: '' } as const;

describe('a membership', () => {
  test.each<readonly [MembershipReason, Partial<ObservedMembership>, string]>([
    ['NetworkMissing', { hasNetwork: false }, 'there is no LedgerNetwork housing here'],
    ['AgencyMissing', { hasAgency: false }, 'there is no Agency bank'],
    ['NetworkSilent', { onLedger: undefined }, 'cannot be asked now'],
    ['Enrolling', { onLedger: 'absent', enrolment: 'waits for approvals' }, 'waits for approvals'],
    ['Enrolled', {}, 'housing holds bank with its keys and roles'],
    ['EndProposed', { membership: proposed, proposal: open }, 'should they approve this one it holds'],
    ['AlsoInAgency', { isEnding: true, isNamedByAgency: true }, 'take it out there first'],
    ['HasValidators', { isEnding: true, validators: ['housing-2'] }, 'bank runs housing-2: a ValidatorChange removes validators first'],
    ['NeverEnrolled', { isEnding: true, onLedger: 'absent' }, 'housing never held bank'],
    ['Removed', { isEnding: true, onLedger: 'removed' }, 'its keys are revoked for ever'],
    [
      'Leaving',
      { isEnding: true, membership: proposed, proposal: open },
      'has 1 of 2 approvals of founders; until then it can be taken back',
    ],
    ['EndRefused', { isEnding: true, membership: proposed, proposal: { ...open, status: 'failed', failure: 'RULE_UNMET' } }, 'RULE_UNMET'],
    ['NetworkSilent', { isEnding: true, membership: proposed, proposal: undefined }, 'cannot be asked about proposal p-1'],
  ])('%s', (reason, facts, message) => {
    const made = plan(facts);
    expect(made.reason).toBe(reason);
    expect(made.message).toContain(message);
    expect(MEMBERSHIP_PHASES[made.reason]).toBeDefined();
  });

  test('that ends records the id of its proposal first, and proposes it under that id', () => {
    const change = { kind: 'removeOrganisation', organisation: 'bank' };
    expect(plan({ isEnding: true }).action).toEqual({ type: 'recordProposal', change });
    const absent = { status: 'absent', approvals: 0, failure: '' } as const;
    expect(plan({ isEnding: true, membership: proposed, proposal: absent }).action).toEqual({ type: 'propose', id: 'p-1', change });
    for (const status of ['applied', 'over'] as const)
      expect(plan({ isEnding: true, membership: proposed, proposal: { ...absent, status } }).action).toEqual({
        type: 'recordProposal',
        change,
      });
  });

  test('lets its deleted object go only when the ledger holds the agency no more, or never did', () => {
    expect(plan({ isEnding: true }).isReleased).toBe(false);
    expect(plan({ isEnding: true, membership: proposed, proposal: open }).isReleased).toBe(false);
    for (const onLedger of ['absent', 'removed'] as const) expect(plan({ isEnding: true, onLedger }).isReleased).toBe(true);
    expect(plan({ isEnding: true, hasNetwork: false }).isReleased).toBe(true);
    expect(plan({ onLedger: 'removed' }).isReleased).toBe(false);
  });

  test('ends when a person says so, when its time is over, or when its object is deleted', () => {
    expect(isEnding(aMembership(), NOW, undefined)).toBe(false);
    expect(isEnding(aMembership({ ended: true }), NOW, undefined)).toBe(true);
    expect(isEnding(aMembership(), NOW, NOW + 1)).toBe(false);
    expect(isEnding(aMembership(), NOW, NOW)).toBe(true);
    const deleted = aMembership();
    expect(isEnding({ ...deleted, metadata: { ...deleted.metadata, deletionTimestamp: 'now' } }, NOW, undefined)).toBe(true);
  });

  test('adds to what its Agency names', () => {
    const bank = anAgency('bank', { memberships: [{ network: 'city', roles: [] }] });
    const [merged] = withMemberships([bank], [aMembership({ roles: ['bank'] })]);
    expect(merged?.spec.memberships).toEqual([
      { network: 'city', roles: [] },
      { network: 'housing', namespace: 'jincheng', roles: ['bank'] },
    ]);
    const [twice] = withMemberships([bank], [aMembership({ networkRef: 'city', roles: ['reviewer'] })]);
    expect(twice?.spec.memberships).toEqual([{ network: 'city', roles: ['reviewer'] }]);
    expect(withMemberships([anAgency('court')], [aMembership()])[0]?.spec.memberships).toHaveLength(1);
  });
});

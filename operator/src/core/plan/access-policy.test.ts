import { PREDICATES as KNOWN_PREDICATES, PURPOSES as KNOWN_PURPOSES } from '@civitas/contracts';
import { describe, expect, test } from '@jest/globals';
import { type AccessPolicy, type AccessPolicySpec, PREDICATES, PURPOSES } from '../resources/access-policy.ts';
import { lintPolicy, type PolicySurroundings } from './access-policy-lint.ts';
import { effectOf, type ObservedPolicy, planAccessPolicy, policyArgs, policyVerdicts } from './access-policy-plan.ts';

const SPEC: AccessPolicySpec = {
  linkRef: 'health-housing',
  source: 'health',
  caller: { organisation: 'housing-fund', contract: 'housing.withdrawal' },
  predicate: 'illness-in-catalogue',
  purpose: 'verify-eligibility',
  consent: 'required',
  ratePerDay: 100,
  answerAgeHours: 24,
  disclosure: 'immediate',
};
const CALLER = 'jincheng-housing-1';

function aPolicy(spec: Partial<AccessPolicySpec> = {}, deletionTimestamp?: string): AccessPolicy {
  const metadata = {
    name: 'eligibility',
    namespace: 'jincheng',
    uid: 'uid',
    resourceVersion: '1',
    creationTimestamp: '2026-01-01T00:00:00Z',
  };
  return {
    ...{ apiVersion: 'civitas.dev/v1alpha1', kind: 'AccessPolicy', spec: { ...SPEC, ...spec } },
    metadata: { ...metadata, ...(deletionTimestamp === undefined ? {} : { deletionTimestamp }) },
  };
}

const stands = (version: number, spec: Partial<AccessPolicySpec> = {}, isEnabled = true) => ({
  ...policyArgs({ ...SPEC, ...spec }, CALLER, isEnabled),
  policyVersion: version,
});
const ledger = (facts: object = {}) => ({ protocolVersion: 3, runsGate: true, record: undefined, ...facts });

function plan(facts: Partial<ObservedPolicy> = {}) {
  return planAccessPolicy({
    policy: aPolicy(),
    link: { from: 'health', to: 'housing' },
    networks: { health: { domain: 'health', chainId: 'jincheng-health-1' }, housing: { domain: 'housing', chainId: CALLER } },
    callerMembers: ['housing-fund'],
    entry: { isLetIn: true, ports: undefined },
    olderTwin: undefined,
    ledger: ledger(),
    ...facts,
  });
}

describe('an AccessPolicy', () => {
  test('asks what the contracts know', () => {
    expect([...PREDICATES]).toEqual([...KNOWN_PREDICATES]);
    expect([...PURPOSES]).toEqual([...KNOWN_PURPOSES]);
  });

  test('that the ledger does not have is proposed as one call of the gate', () => {
    const made = plan();
    expect(made).toMatchObject({ reason: 'PolicyProposed', phase: 'Proposed', effect: 'opens what is denied today' });
    expect(made.change).toEqual({
      kind: 'callContract',
      contract: 'health.access@v1',
      method: 'setPolicy',
      args: {
        ...{ callerNetwork: CALLER, callerOrganisation: 'housing-fund', callerContract: 'housing.withdrawal' },
        ...{ predicate: 'illness-in-catalogue', purpose: 'verify-eligibility', consent: 'required', ratePerDay: 100 },
        ...{ answerAgeMsMax: 86_400_000, disclosure: 'immediate', delayMs: 0, enabled: true },
      },
    });
    expect(made.policyId).toBe(`${CALLER}.housing-fund.housing.withdrawal.illness-in-catalogue.verify-eligibility`);
  });

  test('that stands is in force; one that differs says by what, and is proposed again', () => {
    expect(plan({ ledger: ledger({ record: stands(4) }) })).toMatchObject({ reason: 'PolicyInForce', phase: 'Applied', change: undefined });
    const changed = plan({ ledger: ledger({ record: stands(4, { ratePerDay: 5, consent: 'none' }) }) });
    expect(changed.effect).toBe('changes: consent none → required, ratePerDay 5 → 100');
    expect(changed.change).toBeDefined();
    expect(effectOf(stands(1, {}, false), policyArgs(SPEC, CALLER, true))).toBe('opens again: enabled false → true');
    expect(effectOf(undefined, policyArgs(SPEC, CALLER, false))).toBe('sets a policy that answers nothing');
  });

  test.each<readonly [string, Partial<ObservedPolicy>, string]>([
    ['LinkMissing', { link: undefined }, 'there is no LedgerLink health-housing here'],
    ['NotAnEnd', { link: { from: 'city', to: 'housing' } }, 'health is no end of LedgerLink health-housing'],
    ['NetworkMissing', { networks: {} }, 'there is no LedgerNetwork health here'],
    ['PolicyOverruled', { olderTwin: 'first' }, 'AccessPolicy first is older'],
    ['NetworkSilent', { ledger: 'silent' }, 'cannot be asked now'],
    ['PolicyUnsound', { ledger: ledger({ runsGate: false }) }, 'health runs no health.access'],
    ['ProtocolTooOld', { ledger: ledger({ protocolVersion: 2 }) }, 'from protocol version 3 on, health executes 2'],
  ])('%s: nothing is proposed', (reason, facts, message) => {
    const made = plan(facts);
    expect(made).toMatchObject({ reason, change: undefined, isReleased: false });
    expect(made.message).toContain(message);
    expect(policyVerdicts(made).find(({ type }) => type === 'Applied')).toMatchObject({ status: 'False', reason });
  });

  test('that is deleted is closed by the founders before it goes, unless it is to stay or nobody can be asked any more', () => {
    const policy = aPolicy({}, 'now');
    const closing = plan({ policy, ledger: ledger({ record: stands(2) }) });
    expect(closing).toMatchObject({ reason: 'PolicyClosing', isReleased: false, change: { args: { enabled: false } } });
    expect(plan({ policy, ledger: ledger({ record: stands(3, {}, false) }) })).toMatchObject({ reason: 'PolicyClosed', isReleased: true });
    expect(plan({ policy, ledger: ledger() }).isReleased).toBe(true);
    expect(plan({ policy, ledger: 'silent' }).isReleased).toBe(false);
    expect(plan({ policy, link: undefined }).isReleased).toBe(true);
    expect(plan({ policy, networks: {} }).isReleased).toBe(true);
    const kept = plan({ policy: aPolicy({ onDelete: 'Retain' }, 'now'), ledger: ledger({ record: stands(2) }) });
    expect(kept).toMatchObject({ reason: 'PolicyRetained', isReleased: true, change: undefined });
  });
});

describe('the reading of a policy', () => {
  const around: PolicySurroundings = {
    source: { name: 'health', runsGate: true },
    caller: { name: 'housing', domain: 'housing' },
    callerMembers: ['housing-fund'],
    entry: { isLetIn: true, ports: ['health.access'] },
  };

  test('finds nothing about one that is narrow, and says so', () => {
    expect(lintPolicy(SPEC, around)).toEqual({ faults: [], notes: [] });
    expect(policyVerdicts(plan())[0]).toMatchObject({ type: 'Linted', status: 'True', reason: 'PolicySound' });
  });

  test.each<readonly [Partial<AccessPolicySpec>, Partial<PolicySurroundings>, string]>([
    [{ consent: 'none' }, {}, 'without the citizen’s consent'],
    [{ disclosure: 'delayed', delayHours: 48 }, {}, '48 hours late'],
    [{ ratePerDay: 50_000 }, {}, '50000 questions a day'],
    [{ answerAgeHours: 10_000 }, {}, 'older than a year'],
    [{}, { callerMembers: [] }, 'takes no part in housing yet'],
    [{}, { entry: { isLetIn: true, ports: ['health.index'] } }, 'lets no packet of housing reach health.access'],
    [{}, { caller: { name: 'courts', domain: 'courts' } }, 'courts was not born with housing.withdrawal'],
  ])('notes what a person should have thought of: %j %j', (spec, facts, note) => {
    const { faults, notes } = lintPolicy({ ...SPEC, ...spec }, { ...around, ...facts });
    expect(faults).toEqual([]);
    expect(notes.join()).toContain(note);
  });

  test('shows its notes as a condition', () => {
    expect(policyVerdicts(plan({ callerMembers: [] }))[0]).toMatchObject({ type: 'Linted', status: 'True', reason: 'PolicyNoted' });
  });
});

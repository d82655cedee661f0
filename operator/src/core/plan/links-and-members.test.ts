import { nodeCrypto } from '@civitas/canon/node';
import { allContracts, contractsOf } from '@civitas/contracts';
import { describe, expect, test } from '@jest/globals';
import { CONTRACTS, nameOfContract } from '../desired/domain-contracts.ts';
import { DOMAINS } from '../resources/ledger-network.ts';
import { aKey } from '../testing/builders.ts';
import { type LinkEnd, planEnd, wantedTerms } from './link-plan.ts';
import { type LinkObservation, linkFacts, linkPhase, linkVerdicts } from './link-status.ts';
import { type OnLedgerOrganisation, planMembership, proposalId } from './membership-plan.ts';

const BOUNDS = { clientFreshMs: 300_000, packetLateMs: 60_000 };
const NOW = 1_800_000_000_000;
const WISH = { packetsPerMinute: 100, draining: false };

const OF_CITY = { contracts: CONTRACTS.city.map(nameOfContract) };
const OF_HEALTH = { contracts: CONTRACTS.health.map(nameOfContract) };

function anEnd(facts: Partial<LinkEnd> = {}): LinkEnd {
  const client = { status: 'Active', latestHeight: 7, latestTimeUnixMs: NOW - 1000 };
  return {
    name: 'city',
    chainId: 'jincheng-city-1',
    domain: 'city',
    ...OF_CITY,
    client,
    terms: wantedTerms(OF_CITY, OF_HEALTH, WISH),
    lastSequence: 3,
    inFlight: 0,
    oldestSentAtUnixMs: 0,
    ...facts,
  };
}

const other = anEnd({
  ...{ name: 'health', chainId: 'jincheng-health-1', domain: 'health', ...OF_HEALTH, terms: wantedTerms(OF_HEALTH, OF_CITY, WISH) },
});

function anObservation(facts: Partial<LinkObservation> = {}): LinkObservation {
  return {
    nowUnixMs: NOW,
    ends: [anEnd(), other],
    granted: true,
    waiting: '',
    draining: false,
    missing: [],
    wasOpen: false,
    wasDrained: false,
    paused: false,
    relayReady: true,
    ...facts,
  };
}

const phaseOf = (facts: Partial<LinkObservation>): string => linkPhase(linkVerdicts(anObservation(facts), BOUNDS));

describe('the contracts a network is born with', () => {
  test.each(DOMAINS)('%s: every contract of the domain and no other', (domain) => {
    const exported = contractsOf(domain).map(({ name, version }) => `${name}@${version}`);
    expect([...CONTRACTS[domain]].sort()).toEqual([...new Set(exported)].sort());
  });

  test('cover all contracts there are', () => {
    const all = new Set(Object.values(CONTRACTS).flat());
    expect([...new Set(allContracts.map(({ name, version }) => `${name}@${version}`))].filter((name) => !all.has(name))).toEqual([]);
  });
});

describe('an end of a link', () => {
  test('gets its client first, then its terms, then nothing', () => {
    expect(planEnd(anEnd({ client: undefined, terms: undefined }), other, WISH)?.type).toBe('createClient');
    expect(planEnd(anEnd({ terms: { portsIn: ['*'], portsOut: ['*'], packetsPerMinute: 1, bytesPerMinute: 1 } }), other, WISH)?.type).toBe(
      'setTerms',
    );
    expect(planEnd(anEnd(), other, WISH)).toBeUndefined();
  });

  test('lets in packets to a contract of a pack once its ledger runs it, and its peer may send them', () => {
    const withPack = { contracts: [...OF_CITY.contracts, 'health.access'] };
    const own = planEnd(anEnd(withPack), other, WISH);
    expect(own).toMatchObject({ type: 'setTerms', terms: { portsIn: withPack.contracts, portsOut: OF_HEALTH.contracts } });
    const peer = planEnd(other, anEnd(withPack), WISH);
    expect(peer).toMatchObject({ type: 'setTerms', terms: { portsIn: OF_HEALTH.contracts, portsOut: withPack.contracts } });
    expect(planEnd(anEnd({ ...withPack, terms: wantedTerms(withPack, OF_HEALTH, WISH) }), other, WISH)).toBeUndefined();
  });

  test('is closed for new packets while it drains, and takes what still comes in', () => {
    const step = planEnd(anEnd(), other, { ...WISH, draining: true });
    expect(step).toEqual({
      type: 'setTerms',
      terms: expect.objectContaining({ portsOut: [], portsIn: expect.arrayContaining(['city.registry']) }),
    });
    expect(planEnd(anEnd({ client: undefined, terms: undefined }), other, { ...WISH, draining: true })).toBeUndefined();
  });

  test('flows only while granted, fresh, relayed, unfrozen, unpaused and in time', () => {
    expect(phaseOf({})).toBe('Flowing');
    expect(phaseOf({ granted: false, waiting: 'x' })).toBe('NotGranted');
    expect(phaseOf({ paused: true, leftAlone: true })).toBe('Paused');
    // Asked for and not heard by the relay yet: packets may still pass.
    expect(phaseOf({ paused: true, leftAlone: false })).toBe('Pausing');
    expect(phaseOf({ relayReady: false })).toBe('NoRelay');
    expect(phaseOf({ ends: [anEnd({ client: { status: 'Frozen', latestHeight: 1, latestTimeUnixMs: NOW } }), other] })).toBe('Frozen');
    expect(phaseOf({ ends: [anEnd({ client: { status: 'Active', latestHeight: 1, latestTimeUnixMs: NOW - 400_000 } }), other] })).toBe(
      'ClientBehind',
    );
    expect(phaseOf({ ends: [anEnd({ inFlight: 1, oldestSentAtUnixMs: NOW - 61_000 }), other] })).toBe('PacketsLate');
  });

  test('says of each condition why it is as it is', () => {
    const reasonsOf = (facts: Partial<LinkObservation>): Readonly<Record<string, string>> =>
      Object.fromEntries(linkVerdicts(anObservation(facts), BOUNDS).map(({ type, status, reason }) => [type, `${status} ${reason}`]));
    expect(reasonsOf({})).toEqual({
      ...{ Granted: 'True ClientsAndTerms', ClientFresh: 'True Fresh', Flowing: 'True Relaying', Frozen: 'False NotFrozen' },
      ...{ Draining: 'False NotAskedFor', Tombstoned: 'False NotEnded' },
    });
    const old = { status: 'Active', latestHeight: 1, latestTimeUnixMs: NOW - 400_000 };
    expect(reasonsOf({ ends: [anEnd({ client: old }), other] })).toMatchObject({ ClientFresh: 'False Behind' });
  });

  test('counts as drained only with both ledgers heard, terms closed and nothing in flight', () => {
    expect(phaseOf({ draining: true })).toBe('Drained');
    expect(phaseOf({ draining: true, granted: false })).toBe('Draining');
    expect(phaseOf({ draining: true, ends: [anEnd({ inFlight: 2 }), other] })).toBe('Draining');
    expect(phaseOf({ draining: true, ends: [anEnd(), undefined] })).toBe('Draining');
    // Its pods are being removed because it was drained.
    expect(phaseOf({ draining: true, wasDrained: true, granted: false, ends: [anEnd(), undefined] })).toBe('Drained');
  });

  test('says while it drains what it waits for: terms, packets, a paused relay, a silent network', () => {
    const drainOf = (facts: Partial<LinkObservation>): string => {
      const verdict = linkVerdicts(anObservation({ draining: true, ...facts }), BOUNDS).find(({ type }) => type === 'Draining');
      return `${verdict?.status} ${verdict?.reason}: ${verdict?.message}`;
    };
    const busy = [anEnd({ inFlight: 2 }), other] as const;
    expect(drainOf({ granted: false, waiting: 'city: setTerms waits for approvals' })).toBe(
      'True ClosingTerms: to be closed for new packets: city: setTerms waits for approvals',
    );
    expect(drainOf({ ends: busy })).toBe('True InFlight: closed for new packets; 2 still in flight');
    expect(drainOf({ ends: busy, paused: true })).toContain('2 still in flight; spec.paused keeps them waiting');
    expect(drainOf({ ends: busy, relayReady: false })).toContain('2 still in flight; the relay is not ready');
    expect(drainOf({ ends: [anEnd(), undefined] })).toMatch(/^True NetworkSilent: /);
  });

  test('without one of its networks says so, and holds up neither its own deletion nor that of the other network', () => {
    const gone: Partial<LinkObservation> = { ends: [anEnd(), undefined], granted: false, missing: ['health'], wasOpen: true };
    expect(phaseOf(gone)).toBe('NetworkGone');
    expect(phaseOf({ ...gone, wasOpen: false })).toBe('NetworkMissing');
    expect(phaseOf({ ...gone, draining: true })).toBe('Drained');
    const verdicts = linkVerdicts(anObservation(gone), BOUNDS);
    expect(verdicts.filter(({ status }) => status === 'True')).toEqual([]);
    expect(verdicts.find(({ type }) => type === 'Flowing')?.message).toBe(
      'there is no LedgerNetwork health any more: delete this link, or apply the network again to take it up',
    );
  });

  test('that was open claims nothing while a network does not answer, and keeps its numbers', () => {
    const silent = anObservation({ ends: [anEnd({ lastSequence: 4 }), undefined], granted: false, wasOpen: true });
    const statuses = linkVerdicts(silent, BOUNDS).map(({ type, status, reason }) => `${type} ${status} ${reason}`);
    expect(statuses).toEqual([
      'Granted Unknown NotObserved',
      'ClientFresh Unknown NotObserved',
      'Flowing Unknown NotObserved',
      'Frozen False NotFrozen',
      'Draining False NotAskedFor',
    ]);
    const side = { clientStatus: 'Active', clientHeight: 5, lastSequence: 9, inFlight: 1, oldestPendingAgeMs: 1500 };
    expect(linkFacts(silent, { to: side })).toMatchObject({ lastSequence: 13, inFlight: 1, oldestPendingAge: '1s', to: side });
  });
});

describe('an organisation on a ledger', () => {
  const wanted = {
    ...{ name: 'bank-1', displayName: { zh: '银行', en: 'Bank' }, roles: ['member', 'bank'], hpkePublicKey: aKey(1) },
    ...{ approvalPolicy: 'auto' as const, founder: false, keys: [{ publicKey: aKey(2), use: 'operation' as const, label: 'gateway' }] },
  };
  const held: OnLedgerOrganisation = {
    roles: ['member', 'bank'],
    hpkePublicKey: aKey(1),
    status: 'enrolled',
    keys: { [aKey(2)]: 'active' },
  };

  test('is enrolled whole, then given what it lacks, one change at a time', () => {
    expect(planMembership(wanted, undefined)?.kind).toBe('enrolOrganisation');
    expect(planMembership(wanted, { ...held, status: 'removed' })?.kind).toBe('enrolOrganisation');
    expect(planMembership(wanted, { ...held, keys: {} })?.kind).toBe('addKeys');
    expect(planMembership(wanted, { ...held, roles: ['member'] })).toEqual({ kind: 'setRoles', organisation: 'bank-1', roles: ['bank'] });
    expect(planMembership(wanted, { ...held, hpkePublicKey: aKey(3) })?.kind).toBe('setHpkeKey');
    expect(planMembership(wanted, held)).toBeUndefined();
  });

  test('loses nothing: a revoked key is not added again, a further role stays', () => {
    expect(planMembership(wanted, { ...held, keys: { [aKey(2)]: 'revoked' } })).toBeUndefined();
    expect(planMembership(wanted, { ...held, roles: ['member', 'bank', 'reviewer'] })).toBeUndefined();
  });

  test('is proposed under an id that follows from the change, so that a crash does not propose it twice', () => {
    const change = planMembership(wanted, undefined) ?? { kind: '' };
    expect(proposalId(change, 0, nodeCrypto.sha256)).toBe(proposalId({ ...change }, 0, nodeCrypto.sha256));
    expect(proposalId(change, 1, nodeCrypto.sha256)).not.toBe(proposalId(change, 0, nodeCrypto.sha256));
    expect(proposalId(change, 0, nodeCrypto.sha256)).toMatch(/^[A-Za-z0-9_-]{1,64}$/);
  });
});

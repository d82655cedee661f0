import { fc } from '@civitas/testkit/properties';
import { describe, expect, test } from '@jest/globals';
import { CONTRACTS, nameOfContract } from '../desired/domain-contracts.ts';
import type { LedgerLinkGrant, LedgerLinkGrantSpec } from '../resources/ledger-link-grant.ts';
import { entryOf, grantVerdict, type ObservedGrant, portsLetIn } from './link-grants.ts';
import { type LinkEnd, planEnd, wantedTerms } from './link-plan.ts';
import { type LinkObservation, linkPhase, linkVerdicts } from './link-status.ts';

const NOW = 1_800_000_000_000;
const WISH = { packetsPerMinute: 100, draining: false };
const BOUNDS = { clientFreshMs: 300_000, packetLateMs: 60_000 };

function aGrant(spec: Partial<LedgerLinkGrantSpec> = {}, expiresAtUnixMs?: number): ObservedGrant {
  const grant: LedgerLinkGrant = {
    apiVersion: 'civitas.dev/v1alpha1',
    kind: 'LedgerLinkGrant',
    metadata: { name: 'grant', namespace: 'jincheng', uid: 'uid', resourceVersion: '1', creationTimestamp: '2026-01-01T00:00:00Z' },
    spec: { to: 'health', from: ['city'], ...spec },
  };
  return { grant, expiresAtUnixMs };
}

const OF_CITY = { contracts: CONTRACTS.city.map(nameOfContract) };
const OF_HEALTH = { contracts: CONTRACTS.health.map(nameOfContract) };

function anEnd(facts: Partial<LinkEnd> = {}): LinkEnd {
  return {
    ...{ name: 'city', chainId: 'jincheng-city-1', domain: 'city', lastSequence: 3, inFlight: 0, oldestSentAtUnixMs: 0 },
    client: { status: 'Active', latestHeight: 7, latestTimeUnixMs: NOW - 1000 },
    ...OF_CITY,
    terms: wantedTerms(OF_CITY, OF_HEALTH, WISH),
    ...facts,
  };
}

const health = anEnd({
  ...{ name: 'health', chainId: 'jincheng-health-1', domain: 'health', ...OF_HEALTH, terms: wantedTerms(OF_HEALTH, OF_CITY, WISH) },
});

function verdictsOf(facts: Partial<LinkObservation>) {
  const observation: LinkObservation = {
    ...{ nowUnixMs: NOW, ends: [anEnd(), health], granted: true, waiting: '', draining: false, missing: [], wasOpen: true },
    ...{ wasDrained: false, paused: false, relayReady: true },
    ...facts,
  };
  return linkVerdicts(observation, BOUNDS);
}

const conditionOf = (facts: Partial<LinkObservation>, type: string) => verdictsOf(facts).find((entry) => entry.type === type);

describe('who is let into a network', () => {
  test('everybody while no grant names it, then those alone that a grant names', () => {
    expect(entryOf('city', 'health', [], NOW)).toEqual({ isLetIn: true, ports: undefined });
    expect(entryOf('city', 'health', [aGrant()], NOW)).toEqual({ isLetIn: true, ports: undefined });
    expect(entryOf('courts', 'health', [aGrant()], NOW)).toEqual({
      isLetIn: false,
      message: 'health lets nothing of courts in: no LedgerLinkGrant names courts',
    });
    expect(entryOf('health', 'city', [aGrant()], NOW)).toEqual({ isLetIn: true, ports: undefined });
  });

  test('nobody by a grant that has expired, and the network stays guarded', () => {
    expect(entryOf('city', 'health', [aGrant({}, NOW)], NOW)).toEqual({
      isLetIn: false,
      message: 'health lets nothing of city in: LedgerLinkGrant grant has expired',
    });
    expect(entryOf('city', 'health', [aGrant({}, NOW + 1)], NOW).isLetIn).toBe(true);
  });

  test('to the ports that its grants name together', () => {
    const grants = [aGrant({ ports: ['health.index'] }), aGrant({ ports: ['health.access'] })];
    expect(entryOf('city', 'health', grants, NOW)).toEqual({ isLetIn: true, ports: ['health.access', 'health.index'] });
    expect(entryOf('city', 'health', [...grants, aGrant()], NOW)).toEqual({ isLetIn: true, ports: undefined });
    expect(portsLetIn(['a', 'b'], { isLetIn: true, ports: ['b', 'c'] })).toEqual(['b']);
  });

  test('never more by one grant less of others than by none of its own', () => {
    const grantArb = fc.record({ from: fc.uniqueArray(fc.constantFrom('city', 'courts'), { minLength: 1 }), expired: fc.boolean() });
    fc.assert(
      fc.property(fc.array(grantArb, { minLength: 1, maxLength: 5 }), (list) => {
        const grants = list.map(({ from, expired }) => aGrant({ from }, expired ? NOW - 1 : undefined));
        const isNamed = list.some(({ from, expired }) => from.includes('city') && !expired);
        expect(entryOf('city', 'health', grants, NOW).isLetIn).toBe(isNamed);
      }),
    );
  });

  test('is said by each grant of itself', () => {
    expect(grantVerdict(aGrant(), ['city', 'health'], NOW)).toMatchObject({
      ...{ type: 'InForce', status: 'True', reason: 'InForce', message: 'health lets city in' },
    });
    expect(grantVerdict(aGrant(), ['health'], NOW)).toMatchObject({ status: 'False', reason: 'NetworkMissing' });
    expect(grantVerdict({ ...aGrant({ expiresAt: '2020-01-01T00:00:00Z' }), expiresAtUnixMs: 1 }, [], NOW)).toMatchObject({
      reason: 'Expired',
    });
  });
});

describe('an end of a link with grants', () => {
  const closed = { isLetIn: false, message: 'no' } as const;
  const open = { isLetIn: true, ports: undefined } as const;

  test('closes the direction that is not let in, and leaves the other one open', () => {
    const step = planEnd(anEnd(), health, { ...WISH, entries: { intoOwn: open, intoPeer: closed } });
    expect(step).toMatchObject({ type: 'setTerms', terms: { portsOut: [] } });
    expect(step).not.toMatchObject({ terms: { portsIn: [] } });
  });

  test('makes no client where neither direction is let in, and says who lets nobody in', () => {
    const unmade = anEnd({ client: undefined, terms: undefined });
    expect(planEnd(unmade, health, { ...WISH, entries: { intoOwn: closed, intoPeer: closed } })).toBeUndefined();
    expect(planEnd(unmade, health, { ...WISH, entries: { intoOwn: open, intoPeer: closed } })?.type).toBe('createClient');
    expect(conditionOf({ granted: false, refused: 'health lets nothing of city in: …' }, 'Granted')).toMatchObject({ reason: 'NoGrant' });
    expect(linkPhase(verdictsOf({ granted: false, refused: 'x' }))).toBe('NotGranted');
  });
});

describe('the end of a link', () => {
  const draining = { ...WISH, draining: true, tombstone: true };
  const drained = anEnd({ terms: wantedTerms(OF_CITY, OF_HEALTH, draining) });

  test('ends its clients only once nothing is in flight on either side', () => {
    expect(planEnd(drained, health, draining)).toEqual({ type: 'tombstoneClient' });
    expect(planEnd({ ...drained, inFlight: 1 }, health, draining)).toBeUndefined();
    expect(planEnd(drained, { ...health, inFlight: 2 }, draining)).toBeUndefined();
    expect(planEnd(drained, health, { ...draining, tombstone: false })).toBeUndefined();
  });

  test('asks nothing of a client that has ended, and says that it has', () => {
    const ended = anEnd({ client: { status: 'Tombstoned', latestHeight: 7, latestTimeUnixMs: NOW }, terms: undefined });
    expect(planEnd(ended, health, WISH)).toBeUndefined();
    expect(conditionOf({ ends: [ended, health] }, 'Tombstoned')).toMatchObject({ status: 'True', reason: 'ClientEnded' });
    expect(linkPhase(verdictsOf({ ends: [ended, health] }))).toBe('Tombstoned');
  });
});

describe('a frozen link', () => {
  const frozen = anEnd({ client: { status: 'Frozen', latestHeight: 7, latestTimeUnixMs: NOW } });
  const thaw = { height: 9, blockHash: 'A'.repeat(43) };

  test('is thawed by its members from the header that was named, and only while it is frozen', () => {
    expect(planEnd(frozen, health, { ...WISH, thaw })).toEqual({ type: 'thawClient', ...thaw });
    expect(planEnd(frozen, health, WISH)).toBeUndefined();
    expect(planEnd(anEnd(), health, { ...WISH, thaw })).toBeUndefined();
    const ended = anEnd({ client: { status: 'Tombstoned', latestHeight: 7, latestTimeUnixMs: NOW } });
    expect(planEnd(ended, health, { ...WISH, thaw })).toBeUndefined();
  });

  test('says whether a person or misbehaviour froze it, and does not flow', () => {
    expect(conditionOf({ frozen: true }, 'Frozen')).toMatchObject({ status: 'True', reason: 'AskedFor' });
    const twice = anEnd({ client: { status: 'Frozen', latestHeight: 7, latestTimeUnixMs: NOW } });
    expect(conditionOf({ frozen: true, ends: [twice, health] }, 'Frozen')).toMatchObject({ reason: 'Misbehaviour', message: 'city' });
    expect(conditionOf({ frozen: true }, 'Flowing')).toMatchObject({ status: 'False', reason: 'Frozen' });
    expect(conditionOf({}, 'Frozen')).toMatchObject({ status: 'False' });
  });
});

import { describe, expect, test } from '@jest/globals';
import { nodeConfigOf } from '../desired/node-config.ts';
import { MESSAGES } from '../resources/ledger-network.ts';
import { aCity, aNetwork, anAgency } from '../testing/builders.ts';
import { effectiveNetwork, problemsOf } from './effective-network.ts';
import { faultTolerance, quorum } from './quorum.ts';

const agencies = [anAgency('civil-affairs')];

function problems(spec: Parameters<typeof aNetwork>[0], city: Parameters<typeof aCity>[0] = {}) {
  const network = aNetwork(spec);
  return problemsOf(effectiveNetwork(network, aCity(city), agencies), network.spec).map(({ reason }) => reason);
}

describe('a network with its defaults', () => {
  test.each([
    [1, 0, 1],
    [2, 0, 2],
    [3, 0, 3],
    [4, 1, 3],
    [7, 2, 5],
    [10, 3, 7],
  ])('of %i validators survives %i faults and commits with %i', (count, faults, needed) => {
    expect([faultTolerance(count), quorum(count)]).toEqual([faults, needed]);
  });

  test('takes engine and number of validators from CityConfig, so one sample serves laptop and cluster', () => {
    const laptop = effectiveNetwork(aNetwork(), aCity(), agencies);
    const cluster = effectiveNetwork(aNetwork(), aCity({ engine: 'cometbft', validatorsPerNetwork: 4 }), agencies);
    expect([laptop.engine, laptop.nodes.length]).toEqual(['embedded', 1]);
    expect([cluster.engine, cluster.nodes.map(({ name }) => name)]).toEqual(['cometbft', ['city-0', 'city-1', 'city-2', 'city-3']]);
  });

  test('hands its nodes the identity provider of the city, and none where it names none', () => {
    const identity = { issuer: 'https://id.city.example/realms/city', keysUrl: 'http://keycloak.id/certs' };
    const configOf = (city: Parameters<typeof aCity>[0]) => {
      const network = effectiveNetwork(aNetwork(), aCity(city), agencies);
      const [node] = network.nodes;
      return node === undefined ? undefined : nodeConfigOf(network, node);
    };
    expect(configOf({ identity })?.persons).toEqual(identity);
    expect(configOf({})).not.toHaveProperty('persons');
  });

  test('hands its nodes the collector of traces, and none where the city names none', () => {
    const tracing = { endpoint: 'http://collector.observability:4318/v1/traces', samplePerMille: 10 };
    const of = (city: Parameters<typeof aCity>[0]) => effectiveNetwork(aNetwork(), aCity(city), agencies).tracing;
    expect([of({ observability: { tracing } }), of({ observability: { probe: { intervalSeconds: 10 } } }), of({})]).toEqual([
      tracing,
      undefined,
      undefined,
    ]);
  });

  test('runs the image that CityConfig names, at the version of the network or of the city', () => {
    const imageOf = (spec: Parameters<typeof aNetwork>[0], release: { version: string; image?: string }): string =>
      effectiveNetwork(aNetwork(spec), aCity({ release }), agencies).nodeImage;
    expect(imageOf({}, { version: '0.1.0' })).toBe('civitas.dev/node:0.1.0');
    expect(imageOf({}, { version: '0.1.0', image: 'registry.example:5000/civitas/node' })).toBe('registry.example:5000/civitas/node:0.1.0');
    expect(imageOf({ release: { version: '0.2.0' } }, { version: '0.1.0', image: 'registry.example/n' })).toBe('registry.example/n:0.2.0');
  });

  test('gives every member the role member once', () => {
    const [member] = effectiveNetwork(aNetwork(), aCity(), [
      anAgency('a', { memberships: [{ network: 'city', roles: ['member', 'portal'] }] }),
    ]).members;
    expect(member?.roles).toEqual(['member', 'portal']);
  });

  test('has only members whose membership names its namespace', () => {
    const elsewhere = anAgency('b', { memberships: [{ network: 'city', namespace: 'yunhai', roles: [] }] });
    expect(effectiveNetwork(aNetwork(), aCity(), [elsewhere]).members).toEqual([]);
  });

  test('is refused again by the reconciler where the rules of the API server were skipped', () => {
    const three = [{ name: 'v', role: 'validator' as const, replicas: 3 }];
    expect(problems({ pools: three })).toEqual(['EmbeddedNeedsOneValidator']);
    expect(problems({ engine: 'cometbft', pools: three })).toEqual(['TooFewValidators']);
    expect(problems({ engine: 'cometbft', allowDowntime: true, pools: three })).toEqual([]);
    expect(problems({ engine: 'cometbft', allowDowntime: true, pools: three, updateStrategy: { maxUnavailable: 2 } })).toEqual([
      'MaxUnavailableTooLarge',
    ]);
    expect(problems({}, { engine: 'cometbft', validatorsPerNetwork: 7 })).toEqual([]);
    expect(problems({ updateStrategy: { maxUnavailable: 3 } }, { engine: 'cometbft', validatorsPerNetwork: 7 })).toEqual([
      'MaxUnavailableTooLarge',
    ]);
  });

  test('needs a founder, and nodes of members only', () => {
    const network = aNetwork({ pools: [{ name: 'v', role: 'validator', agencyRef: 'nobody' }] });
    const guests = [anAgency('guest', { founder: false })];
    const reasons = problemsOf(effectiveNetwork(network, aCity(), guests), network.spec).map(({ reason }) => reason);
    expect(reasons).toEqual(['NoFounder', 'AgencyUnknown']);
  });

  test('says why in words that name a way out', () => {
    expect(MESSAGES.tooFew).toContain('allowDowntime');
    expect(MESSAGES.embeddedOne).toContain('cometbft');
  });
});

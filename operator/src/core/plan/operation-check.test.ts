import { describe, expect, test } from '@jest/globals';
import type { LedgerOperation, LedgerOperationSpec } from '../resources/ledger-operation.ts';
import { aCity, aNetwork, aNode, anAgency, anObservation } from '../testing/builders.ts';
import { effectiveNetwork } from './effective-network.ts';
import type { ObservedNetwork } from './observed-network.ts';
import { obstacleOf, refusalOf } from './operation-check.ts';

const VOLUME = { requested: '4Gi', capacity: undefined, storageClass: undefined, problem: undefined };

function operation(spec: Partial<LedgerOperationSpec> & Pick<LedgerOperationSpec, 'type'>): LedgerOperation {
  return {
    ...{ apiVersion: 'civitas.dev/v1alpha1', kind: 'LedgerOperation' },
    metadata: { name: 'it', namespace: 'jincheng', uid: 'uid-it', resourceVersion: '1', creationTimestamp: '2026-01-01T00:00:00Z' },
    spec: { networkRef: 'city', ...spec },
  };
}

function world(replicas = 4, facts: Partial<ObservedNetwork> = {}) {
  const network = aNetwork({ engine: 'cometbft', pools: [{ name: 'validators', role: 'validator', replicas }] });
  const seen = { certificate: undefined, pod: undefined, answer: undefined, address: undefined, heard: true, volume: VOLUME };
  const nodes = { 'city-0': { ...seen, ledgerNode: aNode('city-0') } };
  const observed = anObservation({ network, nodes, genesisRecord: '{}', ...facts });
  return { observed, effective: effectiveNetwork(network, aCity(), [anAgency('civil-affairs')]) };
}

describe('an operation is refused for good', () => {
  test.each<[string, Parameters<typeof operation>[0], number]>([
    ['NodeUnknown', { type: 'Restart', nodes: ['city-9'] }, 4],
    ['TooManyNodes', { type: 'Restart' }, 200],
    ['PruneNotSupported', { type: 'Prune' }, 4],
    ['NotFenced', { type: 'RebuildNode', nodes: ['city-0'] }, 4],
    ['NoPeers', { type: 'RebuildNode', nodes: ['city-0'] }, 1],
    ['CannotShrink', { type: 'ExpandStorage', storageSize: '2Gi', nodes: ['city-0'] }, 4],
  ])('with %s', (reason, spec, replicas) => {
    const { observed, effective } = world(replicas);
    expect(refusalOf(observed, effective, operation(spec))).toMatchObject({ reason, message: expect.stringMatching(/./) });
  });

  test('for a version that its catalog does not hold', () => {
    const { observed, effective } = world();
    const spec = { ...observed.network.spec, release: { catalogRef: 'releases', version: '0.1.0' } };
    const named = { ...observed, network: { ...observed.network, spec } };
    expect(refusalOf(named, effective, operation({ type: 'Upgrade', version: '9.0.0' }))?.reason).toBe('VersionNotInCatalog');
  });
});

describe('an operation waits', () => {
  const waits = (facts: object, more: Partial<ObservedNetwork> = {}, others: readonly LedgerOperation[] = [], isDegraded = false) => {
    const { observed, effective } = world(4, more);
    return obstacleOf(observed, { ...effective, ...facts }, { others, isDegraded })?.reason;
  };

  test('while its network is paused, asleep, degraded or unborn, and for the one before it', () => {
    expect(waits({ paused: true })).toBe('NetworkPaused');
    expect(waits({ hibernated: true })).toBe('NetworkHibernated');
    expect(waits({}, {}, [], true)).toBe('NetworkDegraded');
    expect(waits({}, { genesisRecord: undefined })).toBe('NotBorn');
    expect(waits({}, {}, [operation({ type: 'Restart' })])).toBe('AnotherOperationRuns');
    expect(waits({})).toBeUndefined();
  });
});

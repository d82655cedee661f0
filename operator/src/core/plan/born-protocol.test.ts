import { nodeCrypto } from '@civitas/canon/node';
import { expect, test } from '@jest/globals';
import type { LedgerNetworkSpec } from '../resources/ledger-network.ts';
import type { ReleaseCatalog } from '../resources/release-catalog.ts';
import { aCity, aKey, aNetwork, aNode, anAgency, anObservation } from '../testing/builders.ts';
import { planNetwork } from './network-plan.ts';
import type { ObservedNode } from './observed-network.ts';

const CATALOG: ReleaseCatalog = {
  apiVersion: 'civitas.dev/v1alpha1',
  kind: 'ReleaseCatalog',
  metadata: { name: 'stable', uid: 'uid-catalog', resourceVersion: '1', creationTimestamp: '2026-01-01T00:00:00Z' },
  spec: { releases: [{ version: '0.1.0', protocolVersion: 2, nodeImage: `civitas.dev/node@sha256:${'1'.repeat(64)}` }] },
};

/** A node that has reported its keys, and what its genesis may name. */
function aReported(ordinal: number, bornProtocolMax: number | undefined): ObservedNode {
  const name = `city-${ordinal}`;
  const ledgerNode = aNode(name, {
    ...{ podUID: `pod-${ordinal}`, consensusPublicKey: aKey(40 + ordinal), engineNodeId: `${ordinal}`.repeat(40) },
    organisations: [{ organisation: 'civil-affairs', operationPublicKey: aKey(60 + ordinal) }],
    ...(bornProtocolMax === undefined ? {} : { bornProtocolMax }),
  });
  return {
    ledgerNode: { ...ledgerNode, spec: { ...ledgerNode.spec, ordinal } },
    ...{ certificate: undefined, pod: undefined, answer: undefined, address: undefined, heard: false },
  };
}

/** Version that the genesis names of four nodes. */
function bornWith(possible: readonly (number | undefined)[], release?: LedgerNetworkSpec['release']): unknown {
  const observed = anObservation({
    network: aNetwork(release === undefined ? {} : { release }),
    config: aCity({ engine: 'cometbft', validatorsPerNetwork: 4 }),
    agencies: [anAgency('civil-affairs')],
    nodes: Object.fromEntries(possible.map((newest, ordinal) => [`city-${ordinal}`, aReported(ordinal, newest)])),
    catalog: CATALOG,
  });
  const record = planNetwork(observed, nodeCrypto.sha256).actions.find(({ type }) => type === 'recordGenesis');
  if (record?.type !== 'recordGenesis') throw new Error('the plan writes no genesis');
  return JSON.parse(record.text).appState.protocolVersion;
}

test.each<readonly [string, readonly (number | undefined)[], LedgerNetworkSpec['release'], number | undefined]>([
  ['with the newest rules that all of its nodes execute', [3, 3, 3, 3], undefined, 3],
  ['with those of its oldest node', [3, 2, 3, 3], undefined, 2],
  ['with the first, which stands in no genesis, where a node knows no other', [3, 3, undefined, 3], undefined, undefined],
  ['with older ones that the spec asks for', [3, 3, 3, 3], { protocolVersion: 2 }, 2],
  ['with the first where the spec asks for those', [3, 3, 3, 3], { protocolVersion: 1 }, undefined],
  ['with none that its nodes do not execute', [3, 3, 3, 3], { protocolVersion: 7 }, 3],
  ['with those that the catalog says of its release', [3, 3, 3, 3], { catalogRef: 'stable', version: '0.1.0' }, 2],
])('a network is born %s', (_, possible, release, expected) => {
  expect(bornWith(possible, release)).toBe(expected);
});

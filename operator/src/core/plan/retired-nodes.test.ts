import { describe, expect, test } from '@jest/globals';
import { aNetwork, aNode, anObservation } from '../testing/builders.ts';
import type { ObservedNode } from './observed-network.ts';
import { planRetirements, retiredVerdicts } from './retired-nodes.ts';

const VOLUME = { requested: '1Gi', capacity: undefined, storageClass: undefined, problem: undefined };
const POD = { name: 'city-4', uid: 'pod-4', ip: undefined, running: true, ready: true, deleting: false, finished: false };

function aRetired(facts: Partial<ObservedNode> = {}): ObservedNode {
  const pod = { ...POD, configHash: undefined, image: undefined };
  return {
    ledgerNode: aNode('city-4'),
    certificate: undefined,
    pod,
    answer: undefined,
    address: undefined,
    heard: true,
    volume: VOLUME,
    ...facts,
  };
}

function plan(node: ObservedNode, data: 'Retain' | 'Delete' = 'Retain') {
  const observed = anObservation({ network: aNetwork({ deletionPolicy: { data } }), nodes: { 'city-4': node } });
  const running = { nodes: [], joiner: undefined, unasked: [], shutOut: [], retired: ['city-4'] };
  return { actions: planRetirements(observed, running), verdict: retiredVerdicts(observed, aNode('city-4'))?.[0] };
}

describe('a node that nobody asks for and no ledger needs', () => {
  test('loses its pod first, and nothing else while that one ends', () => {
    expect(plan(aRetired(), 'Delete').actions).toMatchObject([{ type: 'deletePod', name: 'city-4', uid: 'pod-4' }]);
    const ending = { ...POD, deleting: true, configHash: undefined, image: undefined };
    expect(plan(aRetired({ pod: ending }), 'Delete').actions).toEqual([]);
    expect(plan(aRetired()).verdict).toBeUndefined();
  });

  test('keeps its volume unless the policy takes data along, and says which', () => {
    const stopped = aRetired({ pod: undefined });
    expect(plan(stopped).actions).toEqual([]);
    expect(plan(stopped).verdict).toMatchObject({
      status: 'False',
      reason: 'Retired',
      message: expect.stringContaining('its volume is kept'),
    });
    expect(plan(stopped, 'Delete').actions).toEqual([{ type: 'dropVolume', node: 'city-4' }]);
    expect(plan(aRetired({ pod: undefined, address: '127.0.0.9' })).actions).toEqual([{ type: 'dropNodeObjects', node: 'city-4' }]);
    const { volume: _, ...bare } = stopped;
    expect(plan(bare, 'Delete').actions).toEqual([]);
    expect(plan(bare, 'Delete').verdict?.message).toContain('its volume is gone');
  });
});

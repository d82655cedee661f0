import { expect, test } from '@jest/globals';
import type { ObservedAnswer, ObservedNode } from '../../core/plan/observed-network.ts';
import { aNode } from '../../core/testing/builders.ts';
import { nodeFacts, nodeVerdicts } from './node-status.ts';

const answering: ObservedAnswer = {
  ...{ phase: 'Serving', chainId: 'jincheng-city-1', genesisHash: '', genesisMismatch: false, height: 5, root: '', signing: true },
  ...{ caughtUp: true, peers: 3, version: '0.1.0', certificateNotAfterUnixMs: 1_900_000_000_000, keys: undefined },
  ...{ unwell: '', halted: false, engineVersion: '' },
};

function aSight(answer: Partial<ObservedAnswer> | undefined, { fenced = false, hasPod = true } = {}): ObservedNode {
  const ledgerNode = aNode('city-0');
  const pod = { name: 'city-0', uid: 'pod-1', ip: '127.0.0.9', running: true, ready: true, deleting: false, finished: false };
  return {
    ledgerNode: { ...ledgerNode, spec: { ...ledgerNode.spec, fenced } },
    certificate: undefined,
    pod: hasPod ? { ...pod, configHash: '', image: undefined } : undefined,
    answer: answer === undefined ? undefined : { ...answering, ...answer },
    address: undefined,
    heard: answer !== undefined,
  };
}

const reasonsOf = (seen: ObservedNode, duplicateOf?: string): readonly string[] =>
  nodeVerdicts(seen, duplicateOf).map(({ type, status, reason }) => `${type} ${status} ${reason}`);

test('a node that serves at the head and signs says so', () => {
  expect(reasonsOf(aSight({}))).toEqual(['Ready True Serving', 'CaughtUp True AtHead', 'Signing True Granted']);
});

test('one that serves and is not well is not ready', () => {
  expect(reasonsOf(aSight({ unwell: 'engine: no peers' }))[0]).toBe('Ready False Unwell');
});

test('one that gives no answer, or has no pod, is told apart', () => {
  expect(reasonsOf(aSight(undefined))[0]).toBe('Ready False NoAnswer');
  expect(reasonsOf(aSight(undefined, { hasPod: false }))[0]).toBe('Ready False NoPod');
});

test('a fence holds once the node signs no more', () => {
  expect(reasonsOf(aSight({}, { fenced: true }))).toContain('Fenced False StillSigning');
  expect(reasonsOf(aSight({ phase: 'AwaitingGrant', signing: false }, { fenced: true }))).toContain('Fenced True GrantWithdrawn');
});

test('one whose key another node holds is named with the other', () => {
  expect(reasonsOf(aSight({}), 'jincheng/twin-0')).toContain('DuplicateKey True KeyReserved');
});

const volume = { requested: '1Gi', capacity: '1Gi', storageClass: undefined, problem: undefined };

test('one whose pod is gone keeps what its volume holds: its height and the image that wrote it', () => {
  const pod = { ...aSight({}).pod, image: 'node:2' } as NonNullable<ObservedNode['pod']>;
  const born = { ...aNode('city-0'), status: nodeFacts({ pod, answer: answering }, aNode('city-0'), 5) };
  const gone = nodeFacts({ pod: undefined, answer: undefined, volume }, born, 9);
  expect(gone).toMatchObject({ height: 5, image: 'node:2', signing: false, unwell: 'no pod' });
  expect(nodeFacts({ pod: undefined, answer: undefined, volume }, { ...born, status: gone }, 9)).toEqual(gone);
  expect(nodeFacts({ pod: undefined, answer: undefined }, born, 9)).not.toHaveProperty('height');
});

test('one that is told to rebuild has no height until its pod that does has answered, and is rebuilt from then on', () => {
  const pod = aSight({}).pod as NonNullable<ObservedNode['pod']>;
  const before = aNode('city-0', { height: 5, image: 'node:2' });
  const told = { ...before, spec: { ...before.spec, rebuild: 'word' } };
  const silent = { pod: { ...pod, rebuild: 'word' }, answer: undefined, volume };
  expect(nodeFacts(silent, told, 9)).not.toHaveProperty('height');
  expect(nodeFacts({ pod, answer: answering }, told, 9)).not.toHaveProperty('rebuilt');
  const back = { ...told, status: nodeFacts({ ...silent, answer: answering }, told, 9) };
  expect(back.status).toMatchObject({ height: 5, rebuilt: 'word' });
  expect(nodeFacts({ pod: undefined, answer: undefined, volume }, back, 9)).toMatchObject({ height: 5, rebuilt: 'word' });
});

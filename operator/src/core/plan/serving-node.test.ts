import { expect, test } from '@jest/globals';
import type { LedgerNode } from '../resources/ledger-node.ts';
import { aNode } from '../testing/builders.ts';
import { type Askable, chooseServingNode } from './serving-node.ts';

function aReady(ordinal: number, { fenced = false, caughtUp = true, ready = true } = {}): Askable {
  const condition = { type: 'CaughtUp', status: caughtUp ? ('True' as const) : ('False' as const), reason: 'AtHead', message: '' };
  const node = aNode(`city-${ordinal}`, { conditions: [{ ...condition, lastTransitionTime: '2026-01-01T00:00:00Z' }] });
  return { node: { ...node, spec: { ...node.spec, ordinal, fenced } }, isReady: ready };
}

const nameOf = (node: LedgerNode | undefined): string | undefined => node?.metadata.name;

test('a ledger is asked through its ready node of the lowest ordinal', () => {
  expect(nameOf(chooseServingNode([aReady(2), aReady(1), aReady(0, { ready: false })]))).toBe('city-1');
  expect(chooseServingNode([])).toBeUndefined();
});

test('one that is fenced or lags is asked only where no other is ready', () => {
  expect(nameOf(chooseServingNode([aReady(0, { fenced: true }), aReady(1, { caughtUp: false }), aReady(2)]))).toBe('city-2');
  expect(nameOf(chooseServingNode([aReady(0, { fenced: true }), aReady(1, { caughtUp: false })]))).toBe('city-1');
  expect(nameOf(chooseServingNode([aReady(0, { fenced: true }), aReady(1, { ready: false })]))).toBe('city-0');
  expect(nameOf(chooseServingNode([aReady(0, { ready: false })]))).toBe('city-0');
});

test('one that nobody has looked at yet is asked: a network is young once', () => {
  expect(nameOf(chooseServingNode([{ node: aNode('city-0'), isReady: true }]))).toBe('city-0');
});

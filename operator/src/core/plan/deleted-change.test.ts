import { expect, test } from '@jest/globals';
import type { ValidatorChange } from '../resources/validator-change.ts';
import { aCity, aNetwork, anAgency, anObservation } from '../testing/builders.ts';
import { planDeletedChange } from './deleted-change.ts';
import { effectiveNetwork } from './effective-network.ts';
import type { ObservedChange } from './observed-change.ts';

const open = { status: 'open', approvals: 1, failure: '' } as const;
const counts = { validatorsBefore: 4, validatorsAfter: 5, neededAfter: 4, mayFailAfter: 1 };

function aDeleted(annotations: Readonly<Record<string, string>> = {}, isProposed = true): ValidatorChange {
  const step = { number: 1, action: 'Join' as const, node: 'city-4', ...counts };
  return {
    apiVersion: 'civitas.dev/v1alpha1',
    kind: 'ValidatorChange',
    metadata: {
      ...{ name: 'change', namespace: 'jincheng', uid: 'uid', resourceVersion: '1', creationTimestamp: '2026-01-01T00:00:00Z' },
      ...{ deletionTimestamp: '2026-02-01T00:00:00Z', annotations },
    },
    spec: { networkRef: 'city', changes: [{ type: 'Add', node: 'city-4' }] },
    status: { steps: [{ ...step, ...(isProposed ? { state: 'Proposed' as const, proposal: 'p-1' } : { state: 'Waiting' as const }) }] },
  };
}

function plan(facts: Partial<ObservedChange> = {}, { version = 2, isRemoved = false } = {}) {
  const plain = aNetwork({ engine: 'cometbft' }, { protocol: { version } });
  const network = isRemoved ? { ...plain, metadata: { ...plain.metadata, deletionTimestamp: '2026-02-01T00:00:00Z' } } : plain;
  return planDeletedChange({
    ...{ change: aDeleted(), nowUnixMs: 0, expiresAtUnixMs: undefined, olderChange: undefined, isKeyReserved: () => true },
    network: { observed: anObservation({ network }), effective: effectiveNetwork(network, aCity(), [anAgency('civil-affairs')]) },
    ...{ hasLedger: true, proposal: open, approvalThreshold: 3, ...facts },
  });
}

test('a deleted change takes its open proposal back, and goes once members can decide it no more', () => {
  expect(plan()).toMatchObject({ reason: 'Withdrawing', action: { type: 'withdraw', id: 'p-1' } });
  expect(plan()?.message).toContain('annotate civitas.dev/force-removal=change');
  expect(plan({ hasLedger: false, proposal: undefined })).toMatchObject({ reason: 'NetworkSilent', action: undefined });
  for (const status of ['applied', 'failed', 'over', 'absent'] as const) expect(plan({ proposal: { ...open, status } })).toBeUndefined();
});

test('one that proposed nothing, cannot take it back, or has no network any more goes at once', () => {
  expect(plan({ change: aDeleted({}, false) })).toBeUndefined();
  expect(plan({}, { version: 1 })).toBeUndefined();
  expect(plan({}, { isRemoved: true })).toBeUndefined();
  expect(plan({ network: undefined })).toBeUndefined();
  expect(plan({ change: aDeleted({ 'civitas.dev/force-removal': 'change' }) })).toBeUndefined();
  expect(plan({ change: aDeleted({ 'civitas.dev/force-removal': 'other' }) })).toBeDefined();
});

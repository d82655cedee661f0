import { describe, expect, test } from '@jest/globals';
import type { PackInstall } from '../resources/pack-install.ts';
import { type ObservedPack, planPackInstall } from './pack-install-plan.ts';

const install: PackInstall = {
  ...{ apiVersion: 'civitas.dev/v1alpha1', kind: 'PackInstall' },
  metadata: { name: 'courts', namespace: 'jincheng', uid: 'uid', resourceVersion: '1', creationTimestamp: '2026-01-01T00:00:00Z' },
  spec: {
    networkRef: 'transport',
    pack: { name: 'courts', version: '1.0.0', contracts: ['courts.evidence@v1', 'city.rulebook@v1'] },
    ...{ publisher: 'key', signature: 'signature' },
  },
};

const plan = (facts: Partial<ObservedPack> = {}) =>
  planPackInstall({ install, hasNetwork: true, isSigned: true, ledger: { protocolVersion: 3, running: {} }, ...facts });

describe('a PackInstall', () => {
  test('is proposed with its signature, and is over once the ledger runs all of it', () => {
    const made = plan({ ledger: { protocolVersion: 3, running: { 'city.rulebook@v1': 1 } } });
    expect(made).toMatchObject({ reason: 'PackProposed', message: 'transport is to take up courts.evidence@v1' });
    const { pack, publisher, signature } = install.spec;
    expect(made.change).toEqual({ kind: 'installPack', pack, publisher, signature });
    const running = { 'city.rulebook@v1': 1, 'courts.evidence@v1': 812 };
    expect(plan({ ledger: { protocolVersion: 3, running } })).toEqual({
      ...{ reason: 'PackInstalled', message: 'transport runs courts.evidence@v1, city.rulebook@v1', phase: 'Installed' },
      ...{ change: undefined, sinceHeight: 812 },
    });
  });

  test.each<readonly [string, Partial<ObservedPack>, string]>([
    ['PackUnsigned', { isSigned: false }, 'the signature is not of key over courts 1.0.0'],
    ['NetworkMissing', { hasNetwork: false }, 'there is no LedgerNetwork transport here'],
    ['NetworkSilent', { ledger: 'silent' }, 'cannot be asked now'],
    ['ProtocolTooOld', { ledger: { protocolVersion: 1, running: {} } }, 'transport executes 1'],
  ])('%s: nothing is proposed', (reason, facts, message) => {
    const made = plan(facts);
    expect(made).toMatchObject({ reason, change: undefined });
    expect(made.message).toContain(message);
  });
});

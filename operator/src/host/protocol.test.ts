import type { KubeObject } from '@civitas/kube';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { LedgerNetworkStatus } from '../core/resources/ledger-network.ts';
import { NAMESPACE, networks } from './testing/city-fixture.ts';
import { type DayTwoRig, NODES, startDayTwoRig } from './testing/day-two-rig.ts';
import { createFakeLedger, type FakeLedger } from './testing/fake-ledger.ts';
import { ourResource } from './testing/test-cluster.ts';

const digest = (fill: string): string => `civitas.dev/node@sha256:${fill.repeat(64)}`;
const RELEASES = [
  { version: '0.1.0', nodeImage: digest('1'), protocolVersion: 1, upgradesFrom: ['0.2.0'] },
  { version: '0.2.0', nodeImage: digest('2'), protocolVersion: 2, protocolVersionMin: 1, upgradesFrom: ['0.1.0'] },
];
const ROLL_ORDER = ['city-4', 'city-3', 'city-2', 'city-1', 'city-0'];

interface NodeObject extends KubeObject {
  readonly status?: { readonly image?: string };
}

const nodes = ourResource<NodeObject>('ledgernodes');
let octet = 40;
let ledger: FakeLedger;
let rig: DayTwoRig;

beforeEach(async () => {
  ledger = createFakeLedger();
  ledger.protocol.newestOfImage.set(digest('2'), 2);
  rig = await startDayTwoRig(++octet, ledger);
  const catalog = { apiVersion: 'civitas.dev/v1alpha1', kind: 'ReleaseCatalog', metadata: { name: 'stable' } };
  await rig.client.create(ourResource('releasecatalogs'), { ...catalog, ...{ spec: { releases: RELEASES } } });
}, 60_000);
afterEach(() => rig.stop());

const ask = (version: string): Promise<void> => rig.patch({ release: { catalogRef: 'stable', version } });
const waitsFor = (reason: string): Promise<boolean> =>
  rig.until(async () => (await rig.condition('UpdatePending'))?.reason === reason, 60_000);

async function protocolStatus(): Promise<LedgerNetworkStatus['protocol']> {
  const found = await rig.client.find(networks, { namespace: NAMESPACE, name: 'city' });
  return (found?.status as LedgerNetworkStatus | undefined)?.protocol;
}

async function images(): Promise<ReadonlySet<string>> {
  const { items } = await rig.client.listAll(nodes, { namespace: NAMESPACE });
  return new Set(items.map(({ status }) => status?.image ?? ''));
}

const proposedKinds = (): readonly (string | undefined)[] =>
  ledger.proposed.map((entry) => entry.split(' ')[0]).filter((kind) => kind?.endsWith('Protocol'));

describe('an operator that takes a network over to other rules', () => {
  test('rolls the binaries, proposes once, says what it waits for, and takes the decision back when it is no longer asked for', async () => {
    ledger.isAutomatic = false;
    await rig.withOperator(async () => {
      await ask('0.2.0');
      expect(await waitsFor('AwaitingProtocolApproval')).toBe(true);
      expect(rig.seen).toEqual({ fewestVoting: 3, order: ROLL_ORDER });
      expect(await rig.until(async () => (await protocolStatus())?.step === 'AwaitingProtocolApproval')).toBe(true);
      expect(await rig.until(async () => (await rig.condition('UpdatePending'))?.message?.includes('waits for approvals') === true)).toBe(
        true,
      );
      expect(proposedKinds()).toEqual(['activateProtocol']);
      // Far enough that the decision can be taken back before.
      ledger.decideOpen();
      ledger.protocol.next = { version: 2, height: 1_000_000 };
      expect(await waitsFor('ProtocolScheduled')).toBe(true);
      expect(await protocolStatus()).toEqual({ version: 1, next: 2, nextHeight: 1_000_000, step: 'ProtocolScheduled' });
      await ask('0.1.0');
      expect(await waitsFor('ProtocolCancelling')).toBe(true);
      expect(await rig.until(() => proposedKinds().length === 2)).toBe(true);
      expect(rig.seen.order).toEqual(ROLL_ORDER);
      ledger.decideOpen();
      expect(await rig.until(async () => [...(await images())].join() === digest('1'), 60_000)).toBe(true);
      expect(await waitsFor('NothingWaits')).toBe(true);
    });
    expect(proposedKinds()).toEqual(['activateProtocol', 'cancelProtocol']);
    expect(rig.seen.fewestVoting).toBe(3);
    expect(await protocolStatus()).toEqual({ version: 1 });
  }, 180_000);

  test('brings nodes that stand before the new rules back at once, although no quorum votes', async () => {
    // Members went over by themselves while all nodes ran the older release.
    ledger.protocol.version = 2;
    await rig.withOperator(async () => {
      expect(await waitsFor('AwaitingUpgrade')).toBe(true);
      expect(await rig.until(async () => (await rig.condition('QuorumHealthy'))?.status === 'False')).toBe(true);
      await ask('0.2.0');
      expect(await rig.until(async () => [...(await images())].join() === digest('2'), 60_000)).toBe(true);
      expect(await rig.until(async () => (await rig.condition('Available'))?.status === 'True', 60_000)).toBe(true);
    });
    expect(rig.seen.order).toHaveLength(NODES.length);
    expect(proposedKinds()).toEqual([]);
  }, 180_000);
});

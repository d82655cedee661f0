import { ApiError, configMaps, type KubeClient, persistentVolumeClaims, type Secret, secrets } from '@civitas/kube';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { SYSTEM_NAMESPACE } from '../core/desired/names.ts';
import { NAMESPACE } from './testing/city-fixture.ts';
import { type DayTwoRig, NODES, startDayTwoRig, VOTERS } from './testing/day-two-rig.ts';
import { ourResource } from './testing/test-cluster.ts';

const ROLL_ORDER = ['city-4', 'city-3', 'city-2', 'city-1', 'city-0'];

let rig: DayTwoRig;
let octet = 180;

beforeEach(async () => {
  rig = await startDayTwoRig(++octet);
}, 60_000);

afterEach(() => rig.stop());

const certificateOf = (node: string): Promise<Secret> => rig.client.get(secrets, { namespace: NAMESPACE, name: `${node}-tls` });
const annotation = async (node: string, name: string): Promise<string | undefined> =>
  (await certificateOf(node)).metadata.annotations?.[`civitas.dev/${name}`];

describe('day two on a network of four validators', () => {
  test('Restart makes every pod anew, the observer first, and never leaves fewer than three voting', async () => {
    const before = await rig.podUIDs();
    await rig.withOperator(async () => {
      await rig.ask('restart', { type: 'Restart' });
      expect(await rig.reaches('restart', 'Done')).toBe(true);
    });
    const { status } = (await rig.operation('restart')) ?? {};
    expect(status?.plan?.map(({ node }) => node)).toEqual(ROLL_ORDER);
    expect(status?.plan?.map(({ spareFaults }) => spareFaults)).toEqual([1, 0, 0, 0, 0]);
    expect(rig.seen).toEqual({ fewestVoting: 3, order: ROLL_ORDER });
    const after = await rig.podUIDs();
    expect(NODES.filter((name) => after.get(name) === before.get(name))).toEqual([]);
  }, 60_000);

  test('Restart of one node waits for approval where it asks for it, and touches no other', async () => {
    await rig.withOperator(async () => {
      await rig.ask('restart', { type: 'Restart', nodes: ['city-2'], approval: 'Manual' });
      expect(await rig.reaches('restart', 'AwaitingApproval')).toBe(true);
      const approve = { spec: { approved: true } };
      await rig.client.mergePatch(ourResource('ledgeroperations'), { namespace: NAMESPACE, name: 'restart' }, approve);
      expect(await rig.reaches('restart', 'Done')).toBe(true);
    });
    expect(rig.seen.order).toEqual(['city-2']);
  }, 60_000);

  test('RotateCertificates gives every node a new one without ending a pod', async () => {
    const before = await Promise.all(NODES.map((node) => annotation(node, 'set-hash')));
    await rig.withOperator(async () => {
      // Certificates say whole seconds.
      const bornAt = await annotation('city-4', 'issued-at');
      expect(await rig.until(() => new Date().toISOString().slice(0, 19) > (bornAt ?? '').slice(0, 19))).toBe(true);
      await rig.ask('certificates', { type: 'RotateCertificates' });
      expect(await rig.reaches('certificates', 'Done')).toBe(true);
    });
    const after = await Promise.all(NODES.map((node) => annotation(node, 'set-hash')));
    expect(after.filter((hash, index) => hash === before[index])).toEqual([]);
    expect(rig.seen).toEqual({ fewestVoting: 4, order: [] });
  }, 60_000);

  test('RotateCA trusts both, issues anew, drops the former, and ends no pod', async () => {
    await rig.withOperator(async () => {
      await rig.ask('authority', { type: 'RotateCA', overlapSeconds: 0 });
      expect(await rig.reaches('authority', 'Done', 60_000)).toBe(true);
    });
    for (const node of NODES) expect([await annotation(node, 'issuer'), await annotation(node, 'trusted')]).toEqual(['2', '2']);
    expect(await rig.client.find(secrets, { namespace: SYSTEM_NAMESPACE, name: `ca.${NAMESPACE}.city` })).toBeUndefined();
    expect(rig.seen).toEqual({ fewestVoting: 4, order: [] });
    // An operator that starts now finds the second authority, and does not make another first one.
    await rig.withOperator(async () => {
      expect(await rig.until(async () => (await rig.condition('Available'))?.status === 'True')).toBe(true);
    });
    expect(await rig.client.find(secrets, { namespace: SYSTEM_NAMESPACE, name: `ca.${NAMESPACE}.city` })).toBeUndefined();
  }, 90_000);

  test('Fence takes the grant of one, is deferred for a second, and goes on when the first is let go', async () => {
    const before = await rig.podUIDs();
    await rig.withOperator(async () => {
      await rig.ask('fence-3', { type: 'Fence', nodes: ['city-3'] });
      expect(await rig.reaches('fence-3', 'Done')).toBe(true);
      await rig.ask('fence-2', { type: 'Fence', nodes: ['city-2'] });
      expect(await rig.until(async () => (await rig.condition('UpdatePending'))?.reason === 'QuorumWouldBreak')).toBe(true);
      await rig.ask('unfence-3', { type: 'Unfence', nodes: ['city-3'] });
      expect(await rig.reaches('unfence-3', 'Done')).toBe(true);
      expect(await rig.reaches('fence-2', 'Done')).toBe(true);
    });
    expect(rig.seen).toEqual({ fewestVoting: 3, order: [] });
    expect(await rig.podUIDs()).toEqual(before);
  }, 60_000);

  test('RebuildNode is refused for a node that serves, and drops the ledger of a fenced one', async () => {
    await rig.withOperator(async () => {
      await rig.ask('too-soon', { type: 'RebuildNode', nodes: ['city-1'] });
      expect(await rig.reaches('too-soon', 'Refused')).toBe(true);
      expect((await rig.operation('too-soon'))?.status?.message).toMatch(/city-1 is not fenced/);
      await rig.ask('fence', { type: 'Fence', nodes: ['city-1'] });
      expect(await rig.reaches('fence', 'Done')).toBe(true);
      await rig.ask('rebuild', { type: 'RebuildNode', nodes: ['city-1'] });
      expect(await rig.reaches('rebuild', 'Done')).toBe(true);
    });
    const config = await rig.client.get(configMaps, { namespace: NAMESPACE, name: 'city-1-config' });
    const uid = (await rig.operation('rebuild'))?.metadata.uid;
    expect(JSON.parse(config.data?.['config.json'] ?? '{}')).toMatchObject({ rebuild: uid, stateSync: true });
    expect(rig.seen).toEqual({ fewestVoting: 3, order: ['city-1'] });
  }, 60_000);

  test('ExpandStorage makes volumes larger and never smaller', async () => {
    const sizes = async (): Promise<readonly unknown[]> =>
      Promise.all(
        NODES.map(async (node) => {
          const claim = await rig.client.get(persistentVolumeClaims, { namespace: NAMESPACE, name: `${node}-data` });
          return JSON.stringify(claim).match(/"storage":"([^"]+)"/)?.[1];
        }),
      );
    await rig.withOperator(async () => {
      await rig.ask('grow', { type: 'ExpandStorage', storageSize: '3Gi', nodes: ['city-0', 'city-1'] });
      expect(await rig.reaches('grow', 'Done')).toBe(true);
      await rig.ask('shrink', { type: 'ExpandStorage', storageSize: '2Gi' });
      expect(await rig.reaches('shrink', 'Refused')).toBe(true);
    });
    expect(await sizes()).toEqual(['3Gi', '3Gi', '1Gi', '1Gi', '1Gi']);
    expect(rig.seen.order).toEqual([]);
  }, 60_000);

  test('ExpandStorage on storage that does not grow says so, and holds nothing else up', async () => {
    const refusal = new ApiError({ status: 403, reason: 'Forbidden', message: 'only dynamically provisioned pvc can be resized' });
    let asked = 0;
    const rigid: KubeClient = {
      ...rig.client,
      apply: (resource, desired, options) => {
        if (resource.plural !== 'persistentvolumeclaims' || !JSON.stringify(desired).includes('3Gi'))
          return rig.client.apply(resource, desired, options);
        asked++;
        return Promise.reject(refusal);
      },
    };
    await rig.withOperator(async () => {
      await rig.ask('grow', { type: 'ExpandStorage', storageSize: '3Gi', nodes: ['city-1'] });
      expect(await rig.until(async () => (await rig.condition('StorageHealthy'))?.reason === 'ExpansionRefused')).toBe(true);
      await rig.client.mergePatch(ourResource('ledgeroperations'), { namespace: NAMESPACE, name: 'grow' }, { spec: { abort: true } });
      expect(await rig.reaches('grow', 'Aborted')).toBe(true);
      await rig.ask('restart', { type: 'Restart', nodes: ['city-1'] });
      expect(await rig.reaches('restart', 'Done')).toBe(true);
    }, rigid);
    // A wish that was refused is not sent again and again.
    expect(asked).toBe(1);
  }, 60_000);

  test('hibernation ends all pods and keeps what they knew; waking brings the same chain back', async () => {
    const chain = (await rig.condition('Available'))?.status;
    expect(chain).toBe('True');
    await rig.withOperator(async () => {
      await rig.patch({ hibernated: true });
      expect(await rig.until(async () => (await rig.podUIDs()).size === 0)).toBe(true);
      expect(await rig.until(async () => (await rig.condition('Hibernated'))?.status === 'True')).toBe(true);
      await rig.patch({ hibernated: false });
      expect(await rig.until(async () => rig.world.granted().size === NODES.length && (await rig.podUIDs()).size === NODES.length)).toBe(
        true,
      );
      expect(await rig.until(async () => (await rig.condition('Available'))?.status === 'True')).toBe(true);
    });
    expect(rig.world.record.genesisTexts.size).toBe(1);
  }, 60_000);
});

const digest = (fill: string): string => `civitas.dev/node@sha256:${fill.repeat(64)}`;

describe('releases from a catalog', () => {
  const releases = [
    { version: '0.1.0', nodeImage: digest('1'), protocolVersion: 1 },
    { version: '0.2.0', nodeImage: digest('2'), protocolVersion: 1, upgradesFrom: ['0.1.0'] },
    { version: '0.3.0', nodeImage: digest('3'), protocolVersion: 2, upgradesFrom: ['0.2.0'] },
  ];

  test('Upgrade goes one node at a time to the digest, refuses what the catalog does not hold, and defers what it does not allow', async () => {
    const catalog = { apiVersion: 'civitas.dev/v1alpha1', kind: 'ReleaseCatalog', metadata: { name: 'stable' } };
    await rig.client.create(ourResource('releasecatalogs'), { ...catalog, ...{ spec: { releases } } });
    await rig.withOperator(async () => {
      await rig.patch({ release: { catalogRef: 'stable' }, updateStrategy: { type: 'Supervised' } });
      expect(await rig.until(async () => (await rig.condition('UpdatePending'))?.reason === 'SupervisedUpdate')).toBe(true);
      await rig.ask('unknown', { type: 'Upgrade', version: '9.9.9' });
      expect(await rig.reaches('unknown', 'Refused')).toBe(true);
      await rig.ask('upgrade', { type: 'Upgrade', version: '0.2.0' });
      expect(await rig.reaches('upgrade', 'Done')).toBe(true);
      expect(rig.seen).toEqual({ fewestVoting: 3, order: ROLL_ORDER });
      await rig.ask('protocol', { type: 'Upgrade', version: '0.3.0' });
      expect(await rig.until(async () => (await rig.condition('UpdatePending'))?.reason === 'ProtocolChange')).toBe(true);
      const abort = { spec: { abort: true } };
      await rig.client.mergePatch(ourResource('ledgeroperations'), { namespace: NAMESPACE, name: 'protocol' }, abort);
      expect(await rig.reaches('protocol', 'Aborted')).toBe(true);
      expect(await rig.until(async () => (await rig.condition('UpdatePending'))?.status === 'False')).toBe(true);
    });
    expect(rig.seen.order).toEqual(ROLL_ORDER);
    expect((await rig.podUIDs()).size).toBe(VOTERS.length + 1);
  }, 90_000);
});

import { type KubeObject, pods } from '@civitas/kube';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { LedgerNode } from '../core/resources/ledger-node.ts';
import type { LedgerRestoreStatus } from '../core/resources/ledger-restore.ts';
import { endJobPod } from './testing/backup-pods.ts';
import { NAMESPACE, networks, startOperator } from './testing/city-fixture.ts';
import { type DayTwoRig, startDayTwoRig } from './testing/day-two-rig.ts';
import { mortalClient } from './testing/mortal-client.ts';
import { ourResource } from './testing/test-cluster.ts';

const restores = ourResource<KubeObject & { readonly status?: LedgerRestoreStatus }>('ledgerrestores');
const ledgerNodes = ourResource<LedgerNode & KubeObject>('ledgernodes');
const APP_HASH = 'NoN4jfpg0NvriRaWfLZZ5bk2tvdm7oJ-Fw00k2U520o';
const FOLDER = 'jincheng-city-1/000000000003-0123456789abcdef';
const WAIT_MS = 40_000;

let rig: DayTwoRig;
let octet = 50;

beforeEach(async () => {
  rig = await startDayTwoRig(++octet);
}, 240_000);

afterEach(() => rig?.stop());

const statusOf = async (name: string) => (await rig.client.find(restores, { namespace: NAMESPACE, name }))?.status;
const reaches = (name: string, phase: string): Promise<boolean> => rig.until(async () => (await statusOf(name))?.phase === phase, WAIT_MS);

async function ask(name: string, node: string): Promise<void> {
  const spec = { source: { target: { volume: { claimName: 'backups' } }, folder: FOLDER }, node: { networkRef: 'city', name: node } };
  const body = { apiVersion: 'civitas.dev/v1alpha1', kind: 'LedgerRestore', metadata: { name, namespace: NAMESPACE } };
  await rig.client.create(restores, { ...body, ...{ spec } });
}

/** What the pod that verified the backup says: it is of this chain, unless told otherwise. */
async function verified(name: string, change: object = {}): Promise<void> {
  const network = await rig.client.get(networks, { namespace: NAMESPACE, name: 'city' });
  const genesisHash = network.status?.genesisHash ?? '';
  const backup = { chainId: 'jincheng-city-1', genesisHash, height: 3, appHash: APP_HASH, domain: 'city', continues: false, ...change };
  const report = { ok: true, folder: FOLDER, backup: { ...backup, recordCount: 4, byteCount: 400, chunkCount: 1 } };
  await endJobPod(rig.client, `restore-${name}-1`, JSON.stringify(report));
}

async function fence(node: string): Promise<void> {
  await rig.ask(`fence-${node}`, { type: 'Fence', nodes: [node] });
  expect(await rig.reaches(`fence-${node}`, 'Done')).toBe(true);
}

const firstContainers = async (node: string): Promise<readonly string[]> => {
  const pod = await rig.client.find(pods, { namespace: NAMESPACE, name: node });
  return (JSON.parse(JSON.stringify(pod?.spec ?? {})).initContainers ?? []).map(({ name }: { name: string }) => name);
};

describe('a LedgerRestore of one node', () => {
  test('is refused while its network counts on the node, and of another chain’s backup; nothing is taken then', async () => {
    await rig.withOperator(async () => {
      await ask('too-soon', 'city-1');
      expect(await reaches('too-soon', 'NotFenced')).toBe(true);
      await ask('nobody', 'city-9');
      expect(await reaches('nobody', 'NodeUnknown')).toBe(true);
      await fence('city-1');
      await ask('other', 'city-1');
      await verified('other', { chainId: 'jincheng-city-2' });
      expect(await reaches('other', 'AnotherChain')).toBe(true);
    });
    expect(rig.seen).toEqual({ fewestVoting: 3, order: [] });
    expect((await rig.client.get(ledgerNodes, { namespace: NAMESPACE, name: 'city-1' })).spec.rebuild).toBeUndefined();
  }, 120_000);

  test('gives a fenced node a pod that takes up the backup, lets it go, and forgets the target once it is back', async () => {
    await rig.withOperator(async () => {
      await fence('city-1');
      await ask('again', 'city-1');
      await verified('again');
      const fetches = async (): Promise<boolean> => (await firstContainers('city-1')).includes('restore');
      expect(await rig.until(fetches, WAIT_MS)).toBe(true);
      expect(await reaches('again', 'Complete')).toBe(true);
    });
    const { spec } = await rig.client.get(ledgerNodes, { namespace: NAMESPACE, name: 'city-1' });
    const uid = (await rig.client.get(restores, { namespace: NAMESPACE, name: 'again' })).metadata.uid;
    expect([spec.fenced ?? false, spec.rebuild, spec.restoreFrom]).toEqual([false, uid, undefined]);
    expect(rig.seen).toEqual({ fewestVoting: 3, order: ['city-1'] });
  }, 120_000);

  test('is done once, whenever its operator dies', async () => {
    await rig.withOperator(() => fence('city-1'));
    await ask('crash', 'city-1');
    const isOver = async (): Promise<boolean> => (await statusOf('crash'))?.finishedAt !== undefined;
    for (let writes = 1; writes < 40 && !(await isOver()); writes += writes < 6 ? 1 : 5) {
      const life = mortalClient(rig.client, writes);
      const stopping = new AbortController();
      const controllers = await startOperator(life.client, stopping.signal).catch(() => undefined);
      await rig.holdsWithin(async () => {
        const pod = await rig.client.find(pods, { namespace: NAMESPACE, name: 'restore-crash-1' });
        if (pod !== undefined && pod.status?.phase !== 'Succeeded') await verified('crash');
        return life.isOver() || (await isOver());
      }, 6000);
      stopping.abort();
      await controllers?.stop();
    }
    expect((await statusOf('crash'))?.phase).toBe('Complete');
    expect(rig.seen).toEqual({ fewestVoting: 3, order: ['city-1'] });
  }, 180_000);
});

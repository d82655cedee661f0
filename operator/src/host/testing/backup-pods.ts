import { type KubeClient, type KubeObject, type ObjectBody, pods } from '@civitas/kube';
import { LateError } from '@civitas/testkit';
import { holdsWithin, NAMESPACE } from './city-fixture.ts';
import { ourResource } from './test-cluster.ts';

const API = { apiVersion: 'civitas.dev/v1alpha1' } as const;
const HASH = 'NoN4jfpg0NvriRaWfLZZ5bk2tvdm7oJ-Fw00k2U520o';
const TARGET = { volume: { claimName: 'backups', path: 'city' } };
const DONE_MS = 20_000;

const folderOf = (height: number): string => `jincheng-city-1/${String(height).padStart(12, '0')}-0123456789abcdef`;

/** What a pod says with its last words about a backup of the city at this height. */
function reportOf(height: number): string {
  const proven = { chainId: 'jincheng-city-1', genesisHash: HASH, height, appHash: HASH, domain: 'city', continues: true };
  return JSON.stringify({ ok: true, folder: folderOf(height), backup: { ...proven, recordCount: 40, byteCount: 4000, chunkCount: 1 } });
}

/** What a kubelet does when the one container of a pod has ended well with these last words. */
export async function endJobPod(client: KubeClient, name: string, message: string): Promise<void> {
  await until(async () => (await client.find(pods, { namespace: NAMESPACE, name })) !== undefined, `pod ${name} was not made`);
  const state = { terminated: { exitCode: 0, message, reason: 'Completed' } };
  const containerStatuses = [{ name: 'backup', ready: false, restartCount: 0, image: 'i', imageID: 'i', state }];
  const status = { phase: 'Succeeded', containerStatuses };
  await client.mergePatch(pods, { namespace: NAMESPACE, name }, { status }, { subresource: 'status' });
}

async function until(holds: () => Promise<boolean>, otherwise: string): Promise<void> {
  if (!(await holdsWithin(holds, DONE_MS))) throw new LateError(otherwise);
}

/** A schedule that is due each minute: the sooner it is made, the less there is to wait for its first backup. */
export async function scheduleBackups(client: KubeClient): Promise<void> {
  const spec = { networkRef: 'city', target: TARGET, schedule: '* * * * *', startingDeadlineSeconds: 86_400, retention: { count: 1 } };
  const metadata = { name: 'often', namespace: NAMESPACE };
  await client.create(ourResource('ledgerbackupschedules'), { ...API, kind: 'LedgerBackupSchedule', metadata, ...{ spec } });
}

/** Two backups of the schedule, of which its retention lets one go with its files, and a network restored from the other one. */
export async function backUpAndRestore(client: KubeClient): Promise<void> {
  const backups = ourResource<KubeObject & { status?: { phase?: string } }>('ledgerbackups');
  for (const [name, height] of [
    ['older', 5],
    ['newer', 7],
  ] as const) {
    const metadata = { name, namespace: NAMESPACE, labels: { 'civitas.dev/schedule': 'often' } };
    const body: ObjectBody = { ...API, kind: 'LedgerBackup', metadata, spec: { networkRef: 'city', target: TARGET } };
    await client.create(backups, body);
    await endJobPod(client, `backup-${name}-1`, reportOf(height));
    const ref = { namespace: NAMESPACE, name };
    await until(async () => (await client.find(backups, ref))?.status?.phase === 'Complete', `backup ${name} does not end`);
  }
  await endJobPod(client, 'removal-older-1', JSON.stringify({ ok: true, folder: folderOf(5) }));
  await until(async () => (await client.find(backups, { namespace: NAMESPACE, name: 'older' })) === undefined, 'the older one stays');
  const spec = { source: { target: TARGET, folder: folderOf(7) }, network: { name: 'again', chainId: 'jincheng-again-2' } };
  const metadata = { name: 'again', namespace: NAMESPACE };
  await client.create(ourResource('ledgerrestores'), { ...API, kind: 'LedgerRestore', metadata, ...{ spec } });
  await endJobPod(client, 'restore-again-1', reportOf(7));
  const made = async (): Promise<boolean> =>
    (await client.find(ourResource('ledgernetworks'), { namespace: NAMESPACE, name: 'again' })) !== undefined;
  await until(made, 'no network was made from the backup');
}

import { isApiError, type KubeObject, type ObjectBody, type Pod, persistentVolumeClaims, pods, secrets } from '@civitas/kube';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { BACKUP_MESSAGES } from '../core/resources/backup-target.ts';
import { BACKUP_IMMUTABLE, type LedgerBackupSpec, type LedgerBackupStatus } from '../core/resources/ledger-backup.ts';
import type { LedgerBackupScheduleStatus } from '../core/resources/ledger-backup-schedule.ts';
import type { LedgerRestoreStatus } from '../core/resources/ledger-restore.ts';
import {
  applyCity,
  createNamespaces,
  findNetwork,
  finishDeletedPods,
  holdsWithin,
  isAvailable,
  NAMESPACE,
  networks,
  startOperator,
  waitUntil,
} from './testing/city-fixture.ts';
import { type FakeWorld, startFakeWorld } from './testing/fake-world.ts';
import { mortalClient } from './testing/mortal-client.ts';
import { ourResource, startTestCluster, type TestCluster } from './testing/test-cluster.ts';

interface Backup extends KubeObject {
  readonly spec: LedgerBackupSpec;
  readonly status?: LedgerBackupStatus;
}
interface Schedule extends KubeObject {
  readonly status?: LedgerBackupScheduleStatus;
}
interface Restore extends KubeObject {
  readonly status?: LedgerRestoreStatus;
}

const backups = ourResource<Backup>('ledgerbackups');
const schedules = ourResource<Schedule>('ledgerbackupschedules');
const restores = ourResource<Restore>('ledgerrestores');
const VOLUME = { volume: { claimName: 'backups', path: 'city' } };
const HASH = 'NoN4jfpg0NvriRaWfLZZ5bk2tvdm7oJ-Fw00k2U520o';
const FOLDER = 'jincheng-city-1/000000000007-0123456789abcdef';
const STANDING = {
  ...{ chainId: 'jincheng-city-1', genesisHash: HASH, height: 7, appHash: HASH, recordCount: 40, byteCount: 4000, chunkCount: 1 },
  ...{ domain: 'city', continues: true },
};
const DONE = JSON.stringify({ ok: true, folder: FOLDER, backup: STANDING });
/** Of an operator that has nothing left to write: one that has ends with its write, however long a busy machine takes to start it. */
const LIFE_MS_MAX = 15_000;

let cluster: TestCluster;
let world: FakeWorld;
let octet = 210;
let stopping: AbortController;
let controllers: Awaited<ReturnType<typeof startOperator>> | undefined;

beforeEach(async () => {
  cluster = await startTestCluster(++octet);
  await createNamespaces(cluster.client);
  world = startFakeWorld(cluster.client, NAMESPACE, octet);
  await applyCity(cluster.client);
  stopping = new AbortController();
}, 90_000);

afterEach(async () => {
  stopping.abort();
  await controllers?.stop();
  controllers = undefined;
  await world.stop();
  await cluster.stop();
});

async function serve(): Promise<void> {
  controllers = await startOperator(cluster.client, stopping.signal);
  expect(await waitUntil(() => isAvailable(cluster.client, 'city'), 45_000)).toBe(true);
}

const body = (kind: string, name: string, spec: object): ObjectBody => {
  return { apiVersion: 'civitas.dev/v1alpha1', kind, metadata: { name, namespace: NAMESPACE }, ...{ spec } };
};
const ask = (name: string, spec: object = {}): Promise<unknown> =>
  cluster.client.create(backups, body('LedgerBackup', name, { networkRef: 'city', target: VOLUME, ...spec }));
const find = (name: string): Promise<Backup | undefined> => cluster.client.find(backups, { namespace: NAMESPACE, name });
const phaseIs = (name: string, phase: string): Promise<boolean> =>
  waitUntil(async () => (await find(name))?.status?.phase === phase, 45_000);
const podOf = (name: string): Promise<Pod | undefined> => cluster.client.find(pods, { namespace: NAMESPACE, name });

/** What a kubelet does when the pod's process has ended with these last words. */
async function endPod(name: string, message: string, phase: 'Succeeded' | 'Failed' = 'Succeeded'): Promise<void> {
  expect(await waitUntil(async () => (await podOf(name)) !== undefined, 45_000)).toBe(true);
  const terminated = { exitCode: phase === 'Succeeded' ? 0 : 1, message, reason: 'Completed' };
  const containerStatuses = [{ name: 'backup', ready: false, restartCount: 0, image: 'i', imageID: 'i', state: { terminated } }];
  await cluster.client.mergePatch(
    pods,
    { namespace: NAMESPACE, name },
    { status: { phase, containerStatuses } },
    { subresource: 'status' },
  );
}

describe('a LedgerBackup', () => {
  test('waits with NoNodeServes while no node of its network does', async () => {
    await serve();
    await cluster.client.mergePatch(networks, { namespace: NAMESPACE, name: 'city' }, { spec: { hibernated: true } });
    const isAsleep = async (): Promise<boolean> => {
      await finishDeletedPods(cluster.client);
      return (await cluster.client.find(pods, { namespace: NAMESPACE, name: 'city-0' })) === undefined;
    };
    expect(await waitUntil(isAsleep, 45_000)).toBe(true);
    await ask('early');
    expect(await phaseIs('early', 'NoNodeServes')).toBe(true);
  }, 180_000);

  test('is taken by a pod without an API token, beside a node that serves, and counts when it was restored in a trial', async () => {
    await serve();
    await ask('first');
    expect(await waitUntil(async () => (await podOf('backup-first-1')) !== undefined, 45_000)).toBe(true);
    const pod = await podOf('backup-first-1');
    const config = JSON.parse(pod?.spec?.containers[0]?.args?.[1] ?? '{}');
    expect(config).toMatchObject({
      task: { type: 'take', chainId: 'jincheng-city-1', node: 'city-0' },
      target: { kind: 'volume', path: 'city' },
    });
    expect(pod?.spec).toMatchObject({
      automountServiceAccountToken: false,
      restartPolicy: 'Never',
      securityContext: { runAsNonRoot: true },
    });
    expect(pod?.metadata.labels?.['civitas.dev/network']).toBeUndefined();
    await endPod('backup-first-1', DONE);
    expect(await phaseIs('first', 'Complete')).toBe(true);
    expect((await find('first'))?.status).toMatchObject({
      folder: FOLDER,
      height: 7,
      node: 'city-0',
      verified: { hash: HASH, method: 'RestoredIntoStore', node: 'backup-first-1' },
    });
    expect(
      await waitUntil(
        async () =>
          (await podOf('backup-first-1')) === undefined || (await podOf('backup-first-1'))?.metadata.deletionTimestamp !== undefined,
        45_000,
      ),
    ).toBe(true);
    const isKnown = async (): Promise<boolean> =>
      JSON.stringify((await findNetwork(cluster.client, 'city'))?.status).includes('"lastVerifiedBackup":{"height":7');
    expect(
      await waitUntil(
        async () => (await isKnown()) || JSON.stringify(await findNetwork(cluster.client, 'city')).includes('"name":"first"'),
        45_000,
      ),
    ).toBe(true);
  }, 150_000);

  test('waits with a reason: no such network, no Secret; and says what a try failed of, and tries again', async () => {
    await serve();
    await ask('nowhere', { networkRef: 'health' });
    expect(await phaseIs('nowhere', 'NetworkUnknown')).toBe(true);
    const s3 = { endpoint: 'https://s3.example', bucket: 'ledgers', credentialsSecretRef: { name: 'bucket' } };
    await ask('bucket', { target: { s3 } });
    expect(await phaseIs('bucket', 'CredentialsMissing')).toBe(true);
    await cluster.client.create(secrets, { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'bucket', namespace: NAMESPACE } });
    await endPod('backup-bucket-1', JSON.stringify({ ok: false, code: 'TARGET_BUCKET', message: 'no bucket ledgers' }), 'Failed');
    expect(await phaseIs('bucket', 'Retrying')).toBe(true);
    expect((await find('bucket'))?.status?.conditions?.[0]?.message).toContain('TARGET_BUCKET no bucket ledgers');
    await endPod('backup-bucket-2', DONE);
    expect(await phaseIs('bucket', 'Complete')).toBe(true);
  }, 150_000);

  test('leaves its files when it is deleted, unless it is to remove them; what another one shares stays', async () => {
    await serve();
    await ask('keep');
    await endPod('backup-keep-1', DONE);
    expect(await phaseIs('keep', 'Complete')).toBe(true);
    await ask('twin', { deletionPolicy: 'Delete' });
    await endPod('backup-twin-1', DONE);
    expect(await phaseIs('twin', 'Complete')).toBe(true);
    await cluster.client.delete(backups, { namespace: NAMESPACE, name: 'twin' });
    expect(await waitUntil(async () => (await find('twin')) === undefined, 45_000)).toBe(true);
    expect(await podOf('removal-twin-1')).toBeUndefined();
    await cluster.client.mergePatch(backups, { namespace: NAMESPACE, name: 'keep' }, { spec: { deletionPolicy: 'Delete' } });
    expect(await waitUntil(async () => (await find('keep'))?.metadata.finalizers?.length === 1, 45_000)).toBe(true);
    await cluster.client.delete(backups, { namespace: NAMESPACE, name: 'keep' });
    await endPod('removal-keep-1', JSON.stringify({ ok: true, folder: FOLDER }));
    expect(await waitUntil(async () => (await find('keep')) === undefined, 45_000)).toBe(true);
  }, 150_000);

  test('is taken once, whenever its operator dies', async () => {
    await serve();
    stopping.abort();
    await controllers?.stop();
    controllers = undefined;
    await ask('crash');
    const made = new Set<string>();
    for (let lives = 0; (await find('crash'))?.status?.phase !== 'Complete' && lives < 30; lives++) {
      const life = new AbortController();
      const mortal = mortalClient(cluster.client, 1 + (lives % 3), (_verb, plural) => plural === 'ledgerbackups' || plural === 'pods');
      const operator = await startOperator(mortal.client, life.signal).catch(() => undefined);
      await holdsWithin(async () => {
        const pod = await podOf('backup-crash-1');
        if (pod !== undefined) made.add(pod.metadata.uid);
        if (pod !== undefined && pod.status?.phase !== 'Succeeded') await endPod('backup-crash-1', DONE);
        return mortal.isOver() || (await find('crash'))?.status?.phase === 'Complete';
      }, LIFE_MS_MAX);
      life.abort();
      await operator?.stop();
    }
    expect((await find('crash'))?.status?.phase).toBe('Complete');
    expect([made.size, await podOf('backup-crash-2')]).toEqual([1, undefined]);
  }, 200_000);
});

describe('a LedgerBackupSchedule', () => {
  test('makes a backup, retires what its retention no longer asks for with its files, and reports the network’s health', async () => {
    await serve();
    const spec = { networkRef: 'city', target: VOLUME, schedule: '* * * * *', startingDeadlineSeconds: 86_400, retention: { count: 1 } };
    await cluster.client.create(schedules, body('LedgerBackupSchedule', 'often', spec));
    for (const [name, height] of [
      ['old', 5],
      ['new', 7],
    ] as const) {
      const labels = { 'civitas.dev/schedule': 'often' };
      const made = body('LedgerBackup', name, { networkRef: 'city', target: VOLUME });
      await cluster.client.create(backups, { ...made, metadata: { ...made.metadata, labels } });
      const folder = `jincheng-city-1/00000000000${height}-0123456789abcdef`;
      await endPod(`backup-${name}-1`, JSON.stringify({ ok: true, folder, backup: { ...STANDING, height } }));
      expect(await phaseIs(name, 'Complete')).toBe(true);
      // Which of two is the newer one is told by their times, in whole seconds.
      const finishedAt = Date.parse((await find(name))?.status?.finishedAt ?? '');
      expect(await waitUntil(() => Date.now() >= finishedAt + 1000, 30_000)).toBe(true);
    }
    await endPod('removal-old-1', JSON.stringify({ ok: true, folder: 'jincheng-city-1/000000000005-0123456789abcdef' }));
    expect(await waitUntil(async () => (await find('old')) === undefined, 45_000)).toBe(true);
    expect(await find('new')).toBeDefined();
    const status = async () => (await cluster.client.find(schedules, { namespace: NAMESPACE, name: 'often' }))?.status;
    expect(await waitUntil(async () => (await status())?.lastVerifiedBackup === 'new', 45_000)).toBe(true);
    const healthy = async (): Promise<boolean> =>
      (await findNetwork(cluster.client, 'city'))?.status?.conditions?.some(
        ({ type, status: holds }) => type === 'BackupHealthy' && holds === 'True',
      ) ?? false;
    expect(await waitUntil(healthy, 45_000)).toBe(true);
  }, 150_000);
});

describe('a LedgerRestore', () => {
  const restore = (name: string, network: object, source: object = { target: VOLUME, folder: FOLDER }): Promise<unknown> =>
    cluster.client.create(restores, body('LedgerRestore', name, { source, network }));
  const statusOf = async (name: string) => (await cluster.client.find(restores, { namespace: NAMESPACE, name }))?.status;

  test('verifies the backup, founds a network whose genesis names it, and waits until it serves', async () => {
    await serve();
    await restore('again', { name: 'health-two', chainId: 'jincheng-health-2' });
    await endPod(
      'restore-again-1',
      JSON.stringify({ ok: true, folder: FOLDER, backup: { ...STANDING, chainId: 'jincheng-health-1', domain: 'health' } }),
    );
    expect(
      await waitUntil(
        async () => (await cluster.client.find(networks, { namespace: NAMESPACE, name: 'health-two' })) !== undefined,
        45_000,
      ),
    ).toBe(true);
    expect(await waitUntil(async () => (await statusOf('again'))?.conditions?.[0]?.message.includes('no Agency') ?? false, 45_000)).toBe(
      true,
    );
    const memberships = ['city', 'health-two'].map((network) => ({ network, roles: ['registrar'] }));
    await cluster.client.mergePatch(ourResource('agencies'), { name: 'civil-affairs' }, { spec: { memberships } });
    expect(await waitUntil(async () => (await statusOf('again'))?.phase === 'Complete', 45_000)).toBe(true);
    expect((await statusOf('again'))?.verified?.hash).toBe(HASH);
    const origins = [...world.record.genesisTexts].map((text) => JSON.parse(text).appState.origin).filter((origin) => origin !== undefined);
    expect(origins).toEqual([{ chainId: 'jincheng-health-1', genesisHash: HASH, height: 7, appHash: HASH }]);
    const pod = await podOf('health-two-0');
    expect(JSON.parse(pod?.spec?.initContainers?.[0]?.args?.[1] ?? '{}')).toMatchObject({
      task: { type: 'fetch', folder: FOLDER, expected: { height: 7, appHash: HASH } },
    });
  }, 150_000);

  test('never writes over a network, takes no chain’s name twice, and needs a verified backup', async () => {
    await serve();
    await restore('over', { name: 'city', chainId: 'jincheng-city-2' });
    expect(await waitUntil(async () => (await statusOf('over'))?.phase === 'NetworkExists', 45_000)).toBe(true);
    await restore('same', { name: 'other', chainId: 'jincheng-city-1' });
    expect(await waitUntil(async () => (await statusOf('same'))?.phase === 'ChainExists', 45_000)).toBe(true);
    await restore('missing', { name: 'third', chainId: 'jincheng-city-3' }, { backupRef: { name: 'none' } });
    expect(await waitUntil(async () => (await statusOf('missing'))?.phase === 'BackupMissing', 45_000)).toBe(true);
    expect(await cluster.client.find(networks, { namespace: NAMESPACE, name: 'other' })).toBeUndefined();
    for (const [name, network, phase] of [
      ['self', { name: 'fourth', chainId: 'jincheng-health-1' }, 'SameChain'],
      ['few', { name: 'fifth', chainId: 'jincheng-health-5', engine: 'cometbft', validators: 2 }, 'NetworkRefused'],
    ] as const) {
      await restore(name, network);
      const backup = { ...STANDING, chainId: 'jincheng-health-1', domain: 'health' };
      await endPod(`restore-${name}-1`, JSON.stringify({ ok: true, folder: FOLDER, backup }));
      expect(await waitUntil(async () => (await statusOf(name))?.phase === phase, 30_000)).toBe(true);
    }
    await restore('wordless', { name: 'sixth', chainId: 'jincheng-health-6' });
    await endPod('restore-wordless-1', JSON.stringify({ ok: true, folder: FOLDER }));
    expect(await waitUntil(async () => (await statusOf('wordless'))?.phase === 'NoReport', 30_000)).toBe(true);
  }, 150_000);
});

describe('the API server', () => {
  let server: TestCluster;
  beforeAll(async () => {
    server = await startTestCluster(208);
    await createNamespaces(server.client);
  }, 90_000);
  afterAll(() => server.stop());

  const refusal = async (plural: string, object: ObjectBody): Promise<string> => {
    try {
      await server.client.create(ourResource(plural), object, { dryRun: true });
      return '';
    } catch (error) {
      if (!isApiError(error, 'Invalid')) throw error;
      return error.message;
    }
  };
  const s3 = { endpoint: 'https://s3.example:9000', bucket: 'ledgers', credentialsSecretRef: { name: 'bucket' } };

  test.each([
    ['both targets', { ...VOLUME, s3 }, BACKUP_MESSAGES.oneTarget],
    ['no target', {}, BACKUP_MESSAGES.oneTarget],
    ['plain HTTP', { s3: { ...s3, endpoint: 'http://s3.example' } }, BACKUP_MESSAGES.https],
    ['credentials in the endpoint', { s3: { ...s3, endpoint: 'https://key:secret@s3.example' } }, BACKUP_MESSAGES.https],
    ['a path that leaves the volume', { volume: { claimName: 'backups', path: '../x' } }, 'path'],
    ['a bucket', { s3 }, ''],
  ])('judges a backup to %s', async (_, target, message) => {
    const said = await refusal('ledgerbackups', body('LedgerBackup', 'tried', { networkRef: 'city', target }));
    expect(message === '' ? said : said.includes(message)).toEqual(message === '' ? '' : true);
  });

  test('lets no backup move', async () => {
    await server.client.create(backups, body('LedgerBackup', 'fixed', { networkRef: 'city', target: VOLUME }));
    const at = { namespace: NAMESPACE, name: 'fixed' };
    await expect(server.client.mergePatch(backups, at, { spec: { networkRef: 'health' } })).rejects.toThrow(BACKUP_IMMUTABLE);
    await server.client.mergePatch(backups, at, { spec: { deletionPolicy: 'Delete' } });
  });
});

test('the claim of a volume target is its owner’s: the operator makes none', async () => {
  await serve();
  await ask('first');
  expect(await waitUntil(async () => (await podOf('backup-first-1')) !== undefined, 45_000)).toBe(true);
  const { items } = await cluster.client.listAll(persistentVolumeClaims, { namespace: NAMESPACE });
  expect(items.map(({ metadata }) => metadata.name)).not.toContain('backups');
}, 150_000);

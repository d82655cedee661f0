import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { BackupFault, type BackupSource, type BackupTarget, FolderTarget } from '@civitas/backup';
import { base64urlEncode, type JsonObject, parseCanonical } from '@civitas/canon';
import { nodeCrypto } from '@civitas/canon/node';
import type { BackupConfig, BackupIdentity, BackupTask } from '@civitas/deployment';
import { withFlippedBit } from '@civitas/proofs/testing';
import { waitFor } from '@civitas/testkit';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { podOf } from '../config/pod.ts';
import { nextTurn } from '../event-loop/next-turn.ts';
import { aBundle, aNetwork, anEnvelope, probe, type TestNetwork } from '../ledger/ledger-fixture.ts';
import type { LedgerHost } from '../ledger/ledger-host.ts';
import { openLedgerHost } from '../ledger/open-ledger-host.ts';
import { dropOriginWhenFollowed, foundFromBackup } from '../snapshot/found-from-backup.ts';
import { beginJoin, dropBrokenJoin, endJoin } from '../snapshot/join-marker.ts';
import { LedgerStore } from '../store/ledger-store.ts';
import { aTestAuthority, writeLeaf } from '../testing/test-authority.ts';
import { openCertificateFolder } from '../tls/certificate-folder.ts';
import { openNodeSource, untilListed } from './node-source.ts';
import { parseBackupConfig } from './parse-backup-config.ts';
import { runBackup } from './run-backup.ts';
import { takeToTarget } from './take.ts';
import { trialRestore } from './trial-restore.ts';

const NOTHING = new Uint8Array(0);
const RECORDS = 3;
let place: string;
let network: TestNetwork;
let host: LedgerHost;
/** What the engine does when nothing has come for a while: an empty block. */
let idle = (): void => undefined;

async function openHost(of: TestNetwork, dataDir: string): Promise<LedgerHost> {
  return openLedgerHost({
    dataDir,
    genesis: of.genesisBytes,
    consensusKey: { publicKey: of.consensus.publicKey, sign: (message) => of.consensus.sign(message) },
    crypto: nodeCrypto,
    clock: {
      nowUnixMs: () => Date.now(),
      setTimer: (callback) => {
        idle = callback;
        return () => undefined;
      },
    },
    log: { error: () => undefined },
    options: { signing: { granted: () => true, onChange: () => () => undefined }, contracts: [probe] },
  });
}

const put = (of: TestNetwork, intent: number) =>
  aBundle(of, [anEnvelope(of, { expiresAtUnixMs: Date.now() + 600_000, intent, method: 'put', args: { id: `${intent}`, value: 'v' } })]);

beforeEach(async () => {
  place = mkdtempSync(join(tmpdir(), 'civitas-backup-'));
  network = aNetwork();
  host = await openHost(network, join(place, 'node'));
  for (let intent = 1; intent <= RECORDS; intent++) await host.submit(put(network, intent));
});

afterEach(async () => {
  await host.close();
  rmSync(place, { recursive: true, force: true });
});

/** The running node as a backup pod sees it. */
function aSource(change: Partial<BackupSource> = {}): BackupSource {
  const { snapshots } = host;
  return {
    name: 'node-0',
    fetchHeights: async () => snapshots.heights(),
    takeSnapshot: async () => {
      const begun = snapshots.begin();
      const height = begun.ok ? begun.value : -1;
      while (!snapshots.heights().includes(height)) await nextTurn();
      return height;
    },
    fetchManifest: async (height) => snapshots.findManifest(height) ?? NOTHING,
    fetchChunk: async (height, index) => (await snapshots.findChunk(height, index)) ?? NOTHING,
    fetchLightBlock: async (height) => {
      while (host.status().height < height) {
        idle();
        await nextTurn();
      }
      return host.lightBlock(height) ?? NOTHING;
    },
    fetchBlockBytes: async (height) => snapshots.findBlockBytes(height) ?? NOTHING,
    close: () => undefined,
    ...change,
  };
}

function genesisOf(of: TestNetwork): JsonObject {
  const parsed = parseCanonical(of.genesisBytes);
  if (!parsed.ok) throw new Error(parsed.refusal.code);
  return parsed.value as JsonObject;
}

const logged: string[] = [];
const take = (change: Partial<BackupSource> = {}, target: BackupTarget = new FolderTarget(join(place, 'target'))): Promise<string> =>
  takeToTarget({
    source: aSource(change),
    target,
    chainId: network.chainId,
    genesis: genesisOf(network),
    id: 'one',
    log: (event) => logged.push(event),
  });

const trial = (folder: string) => trialRestore(new FolderTarget(join(place, 'target', folder)), nodeCrypto, join(place, 'scratch'));

async function identityOf(folder: string): Promise<BackupIdentity> {
  const { chainId, genesisHash, height, appHash } = (await trial(folder)).facts;
  return { chainId, genesisHash: base64urlEncode(genesisHash), height, appHash: base64urlEncode(appHash) };
}

describe('a backup to a folder', () => {
  test('is restored from where it lies into a store with the certified root, which is gone again', async () => {
    const folder = await take();

    expect(await trial(folder)).toMatchObject({ facts: { chainId: network.chainId }, continues: true });
    expect((await identityOf(folder)).appHash).toBe(base64urlEncode(host.status().root));
    expect(existsSync(join(place, 'scratch', 'trial'))).toBe(false);
    expect(existsSync(join(place, 'target', network.chainId, 'begun', 'one.json'))).toBe(false);
  });

  test('that was broken off goes on at the same height, and fetches no chunk twice', async () => {
    let fetched = 0;
    const cut = async (height: number, index: number) => {
      fetched++;
      return (await host.snapshots.findChunk(height, index)) ?? NOTHING;
    };
    await expect(
      take({ fetchChunk: cut, fetchBlockBytes: () => Promise.reject(new BackupFault('SOURCE_UNREACHABLE', 'gone')) }),
    ).rejects.toMatchObject({ code: 'SOURCE_UNREACHABLE' });
    const before = fetched;
    await host.submit(put(network, 9));

    const folder = await take({ fetchChunk: cut, takeSnapshot: () => Promise.reject(new Error('asked again')) });

    expect([fetched, logged.includes('backup-resumed')]).toEqual([before, true]);
    expect((await trial(folder)).facts.chainId).toBe(network.chainId);
  });

  test('begins anew when the node no longer shows what was begun, and leaves no half one behind', async () => {
    const lost = take({ fetchChunk: () => Promise.reject(new BackupFault('SOURCE_UNREACHABLE', 'gone')) });
    await expect(lost).rejects.toMatchObject({ code: 'SOURCE_UNREACHABLE' });
    const [half] = (await new FolderTarget(join(place, 'target')).list(network.chainId)).filter((name) => name.endsWith('genesis.json'));
    await host.submit(put(network, 9));

    const folder = await take({ fetchHeights: async () => [] });

    expect(folder).not.toBe(dirname(half ?? ''));
    expect(existsSync(join(place, 'target', dirname(half ?? '')))).toBe(false);
  });

  test('of a node that lies is not written', async () => {
    const lie = async (height: number, index: number) =>
      withFlippedBit((await host.snapshots.findChunk(height, index)) ?? new Uint8Array(9), 70);
    await expect(take({ fetchChunk: lie })).rejects.toMatchObject({ refusal: { code: 'SNAPSHOT_CHUNK' } });
  });

  test.each([
    ['chunks/00000.chunk', 'changed', 'SNAPSHOT_CHUNK'],
    ['chunks/00000.chunk', 'gone', 'BACKUP_INCOMPLETE'],
    ['backup.json', 'gone', 'BACKUP_INCOMPLETE'],
    ['next.block', 'changed', 'BACKUP_BLOCK'],
  ])('with %s %s at the target does not restore: %s', async (file, how, code) => {
    const folder = await take();
    const path = join(place, 'target', folder, file);
    if (how === 'gone') rmSync(path);
    else writeFileSync(path, withFlippedBit(new Uint8Array(readFileSync(path)), 80));
    await expect(trial(folder)).rejects.toMatchObject({ refusal: { code } });
  });
});

/** A pod on the process kubelet, with a task. */
function aPod(task: BackupTask, change: Partial<BackupConfig> = {}) {
  const root = join(place, 'pod');
  const pod = podOf({ CIVITAS_ROOT: root });
  const config: BackupConfig = {
    schemaVersion: 1,
    role: 'backup',
    id: 'one',
    task,
    target: { kind: 'volume', path: '' },
    logLevel: 'error',
    ...change,
  };
  const run = async () => {
    const exitCode = await runBackup({ pod, version: '0.1.0', config: JSON.stringify(config) });
    return { exitCode, report: JSON.parse(readFileSync(pod.pathOf('termination'), 'utf8')) };
  };
  return { pod, run };
}

async function aMountedBackup(pod: ReturnType<typeof podOf>): Promise<string> {
  return take({}, new FolderTarget(pod.pathOf('backups')));
}

describe('a node that a backup is taken of', () => {
  test('and that does not answer, or does not finish its snapshot, is told by its code', async () => {
    const leaf = await (await aTestAuthority()).issue(['spiffe://civitas/jincheng-health-1/platform/backup']);
    writeLeaf(join(place, 'tls'), leaf);
    const certificates = await openCertificateFolder({ folder: join(place, 'tls'), nowUnixMs: Date.now, onChange: () => undefined });
    const at = { chainId: 'jincheng-health-1', node: 'node-0', provider: certificates.provider, waitMs: 0, retryFirstMs: 1 };
    const silent = openNodeSource({ ...at, address: '127.0.0.1:1' });
    await expect(silent.takeSnapshot()).rejects.toMatchObject({ code: 'SOURCE_UNREACHABLE', facts: { node: 'node-0' } });
    silent.close();
    await expect(untilListed('node-0', 7, async () => [3], 0)).rejects.toMatchObject({ code: 'SOURCE_SNAPSHOT_LATE' });
    await untilListed('node-0', 7, async () => [7, 3], 0);
    certificates.close();
  });
});

describe('a backup pod', () => {
  test('verifies a backup and leaves what it is as its last words', async () => {
    const folder = await aMountedBackup(aPod({ type: 'remove', folder: '' }).pod);
    const { run } = aPod({ type: 'verify', folder });

    expect(await run()).toMatchObject({
      exitCode: 0,
      report: { ok: true, folder, backup: { chainId: network.chainId, appHash: base64urlEncode(host.status().root), continues: true } },
    });
  });

  test('says why it failed', async () => {
    const unmounted = aPod({ type: 'verify', folder: 'test-1/000000000001-0123456789abcdef' });
    expect(await unmounted.run()).toMatchObject({ exitCode: 1, report: { ok: false, code: 'TARGET_FAILED' } });
    mkdirSync(unmounted.pod.pathOf('backups'), { recursive: true });
    expect(await unmounted.run()).toMatchObject({ exitCode: 1, report: { ok: false, code: 'BACKUP_INCOMPLETE' } });
    const s3 = { kind: 's3', endpoint: 'https://127.0.0.1:1', bucket: 'abc', prefix: '', region: 'r', forcePathStyle: true } as const;
    const noSecret = aPod({ type: 'verify', folder: 'test-1/000000000001-0123456789abcdef' }, { target: s3 });
    expect(await noSecret.run()).toMatchObject({ exitCode: 1, report: { ok: false, code: 'TARGET_CREDENTIALS' } });
    const { run } = aPod({ type: 'verify', folder: '../elsewhere' });
    expect(await run()).toMatchObject({ exitCode: 1, report: { ok: false, code: 'CONFIG_INVALID' } });
  });

  test('removes a backup, twice if need be', async () => {
    const folder = await aMountedBackup(aPod({ type: 'remove', folder: '' }).pod);
    const { pod, run } = aPod({ type: 'remove', folder });
    expect((await run()).exitCode).toBe(0);
    expect(existsSync(join(pod.pathOf('backups'), folder))).toBe(false);
    expect((await run()).exitCode).toBe(0);
  });

  test('puts a backup on an empty volume, leaves a volume with a chain alone, and takes no other backup than was meant', async () => {
    const folder = await aMountedBackup(aPod({ type: 'remove', folder: '' }).pod);
    const facts = await trialRestore(new FolderTarget(join(place, 'pod', 'var/lib/civitas-backups', folder)), nodeCrypto, place);
    const { chainId, height, genesisHash, appHash } = facts.facts;
    const expected = { chainId, height, genesisHash: base64urlEncode(genesisHash), appHash: base64urlEncode(appHash) };
    const another = aPod({ type: 'fetch', folder, expected: { ...expected, height: height + 1 } });
    expect(await another.run()).toMatchObject({ exitCode: 1, report: { code: 'BACKUP_ANOTHER' } });
    const { pod, run } = aPod({ type: 'fetch', folder, expected });
    expect((await run()).exitCode).toBe(0);
    expect(existsSync(join(pod.pathOf('data'), 'restore', 'backup.json'))).toBe(true);
    rmSync(join(pod.pathOf('data'), 'restore'), { recursive: true });
    mkdirSync(join(pod.pathOf('data'), 'ledger'), { recursive: true });
    expect((await run()).exitCode).toBe(0);
    expect(existsSync(join(pod.pathOf('data'), 'restore'))).toBe(false);
  });

  test('puts a backup beside a chain that is to be dropped for it, whole and once for each word', async () => {
    const folder = await aMountedBackup(aPod({ type: 'remove', folder: '' }).pod);
    const facts = await trialRestore(new FolderTarget(join(place, 'pod', 'var/lib/civitas-backups', folder)), nodeCrypto, place);
    const { chainId, height, genesisHash, appHash } = facts.facts;
    const expected = { chainId, height, genesisHash: base64urlEncode(genesisHash), appHash: base64urlEncode(appHash) };
    const { pod, run } = aPod({ type: 'replace', folder, expected, rebuild: 'one' });
    const put = join(pod.pathOf('data'), 'rebuild-from');
    mkdirSync(join(pod.pathOf('data'), 'ledger'), { recursive: true });
    const another = aPod({ type: 'replace', folder, expected: { ...expected, height: height + 1 }, rebuild: 'one' });
    expect(await another.run()).toMatchObject({ exitCode: 1, report: { code: 'BACKUP_ANOTHER' } });
    expect([existsSync(put), existsSync(join(pod.pathOf('data'), 'rebuilt'))]).toEqual([false, false]);
    for (const isThere of [true, false]) {
      expect((await run()).exitCode).toBe(0);
      expect(existsSync(join(put, 'backup.json'))).toBe(isThere);
      rmSync(put, { recursive: true, force: true });
    }
    const birth = aPod({ type: 'fetch', folder, expected, rebuild: 'two' });
    expect((await birth.run()).exitCode).toBe(0);
    expect(existsSync(join(pod.pathOf('data'), 'restore', 'backup.json'))).toBe(true);
    expect((await aPod({ type: 'replace', folder, expected, rebuild: '../two' }).run()).report).toMatchObject({ code: 'CONFIG_INVALID' });
  });

  test.each([
    ['plain HTTP', { kind: 's3', endpoint: 'http://s3', bucket: 'abc', prefix: '', region: 'r', forcePathStyle: true }],
    ['a prefix that leaves the bucket', { kind: 'volume', path: '../x' }],
  ] as const)('takes no target with %s', (_, target) => {
    const text = JSON.stringify({
      schemaVersion: 1,
      role: 'backup',
      id: 'a',
      task: { type: 'remove', folder: 'x' },
      target,
      logLevel: 'info',
    });
    expect(parseBackupConfig(text)).toMatchObject({ ok: false, refusal: { code: 'CONFIG_INVALID' } });
  });
});

describe('a chain founded from a backup', () => {
  const found = async (origin: BackupIdentity, volume: string): Promise<TestNetwork> => {
    const founded = aNetwork('jincheng-health-2', { origin });
    const genesis = genesisOf(founded) as object as Parameters<typeof foundFromBackup>[0]['genesis'];
    const genesisHash = nodeCrypto.sha256(founded.genesisBytes);
    await foundFromBackup({ dataFolder: volume, crypto: nodeCrypto, genesis, genesisHash, log: { error: () => undefined } });
    return founded;
  };
  const aVolume = async (folder: string): Promise<string> => {
    const volume = join(place, 'volume');
    const from = new FolderTarget(join(place, 'target', folder));
    for (const name of await from.list('')) await new FolderTarget(join(volume, 'restore')).write(name, (await from.read(name)) ?? NOTHING);
    return volume;
  };

  test('has the records of the old one, members and validators of its own, and takes nothing signed for the old one', async () => {
    const folder = await take();
    const volume = await aVolume(folder);
    const founded = await found(await identityOf(folder), volume);

    const again = await openHost(founded, volume);
    try {
      await again.submit(put(founded, 77));
      for (let intent = 1; intent <= RECORDS; intent++)
        expect(again.read(`test.probe/items/${intent}`)).toEqual(host.read(`test.probe/items/${intent}`));
      expect(await again.verify()).toMatchObject({ ok: true });
      await expect(again.submit(put(network, 1))).rejects.toThrow('WRONG_NETWORK');
      // What the old chain executed does not stand in this one's way: the same intent, signed for this chain, is a new one.
      const fresh = await again.submit(put(founded, 1));
      expect(fresh.map(({ bytes }) => new TextDecoder().decode(bytes)).join()).toContain('"ok":true');
    } finally {
      await again.close();
    }
    await found(await identityOf(folder), volume);
    expect(existsSync(join(volume, 'restore'))).toBe(false);
  });

  test('is founded again, with the same app hash, after a join by snapshot that was broken off', async () => {
    const folder = await take();
    const volume = await aVolume(folder);
    const identity = await identityOf(folder);
    const appHashes: string[] = [];
    for (const isFirst of [true, false]) {
      await found(identity, volume);
      await found(identity, volume);
      const store = new LedgerStore(join(volume, 'ledger'));
      appHashes.push(base64urlEncode(store.readBlockRecord(0)?.root?.hash ?? NOTHING));
      await store.close();
      if (isFirst) beginJoin(volume);
      expect(dropBrokenJoin(volume)).toBe(isFirst);
    }
    expect(appHashes[0]).not.toBe('');
    expect(appHashes[1]).toBe(appHashes[0]);
  });

  test('drops the copy of the backup at the first block, but not while it joins by snapshot', async () => {
    const folder = await take();
    const volume = await aVolume(folder);
    const listeners = new Set<() => void>();
    const onCommit = (told: (block: never) => void) => {
      const listener = (): void => told(undefined as never);
      listeners.add(listener);
      return () => void listeners.delete(listener);
    };
    const commit = (): void => listeners.forEach((told) => told());
    dropOriginWhenFollowed(volume, { onCommit });
    beginJoin(volume);
    commit();
    expect([listeners.size, existsSync(join(volume, 'restore', 'backup.json'))]).toEqual([1, true]);
    endJoin(volume);
    commit();
    expect(listeners.size).toBe(0);
    await waitFor('the copy to go', () => !existsSync(join(volume, 'restore')));
  });

  test('needs the very backup that its genesis names, and starts over after a crash', async () => {
    const folder = await take();
    const volume = await aVolume(folder);
    const identity = await identityOf(folder);
    await expect(found({ ...identity, height: identity.height + 1 }, volume)).rejects.toThrow('height');
    await expect(found(identity, join(place, 'empty'))).rejects.toThrow('none is on the volume');
    mkdirSync(join(volume, 'ledger.restoring'), { recursive: true });
    writeFileSync(join(volume, 'ledger.restoring', 'ledger.mdb'), 'torn');
    await found(identity, volume);
    expect(existsSync(join(volume, 'ledger', 'ledger.mdb'))).toBe(true);
  });

  test('is never founded under the name of the chain it comes from', async () => {
    const origin = await identityOf(await take());
    await expect(openHost(aNetwork(network.chainId, { origin }), join(place, 'same'))).rejects.toThrow('GENESIS_INVALID');
  });
});

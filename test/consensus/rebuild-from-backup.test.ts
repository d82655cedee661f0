import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type BackupSource, backupFolderOf, FolderTarget } from '@civitas/backup';
import { base64urlEncode, type JsonObject } from '@civitas/canon';
import { PORTS, spiffe } from '@civitas/deployment';
import { SnapshotServiceClient } from '@civitas/proto/civitas/node/v1/snapshot';
import { waitFor } from '@civitas/testkit';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { takeBackup, verifyBackupFolder } from '../../cli/src/backup/backup-folder.ts';
import { replaceOnVolume } from '../../node/src/host/backup/fetch.ts';
import { ask } from '../../node/src/host/testing/test-processes.ts';
import { findEngineTools } from '../../tools/engine/engine-tools.ts';
import { aDocument, type ConsensusNetwork, startConsensusNetwork } from './network/consensus-network.ts';
import { describeWithEngine } from './network/describe-with-engine.ts';

const WAIT_MS = 120_000;
const REBUILT = 3;
const REBUILD = { config: { rebuild: 'restore-1', stateSync: true } } as const;
const CRASHING = fileURLToPath(new URL('./state-sync/joining-node.ts', import.meta.url));

describeWithEngine('a fenced validator whose ledger is rebuilt from a backup', () => {
  let network: ConsensusNetwork;
  let target = '';

  beforeAll(async () => {
    target = mkdtempSync(join(tmpdir(), 'civitas-rebuild-'));
    const environment = { CIVITAS_HANDOVER_BINARY: process.env['CIVITAS_HANDOVER_BINARY'] ?? findEngineTools()?.path('handover') ?? '' };
    network = await startConsensusNetwork({
      config: { emptyBlockIntervalMs: 1_000, snapshotIntervalBlocks: 0 },
      node: (index) =>
        index === REBUILT ? { environment, entryPoints: { node: [CRASHING, 'serve'] }, config: { stateSync: true } } : { environment },
    });
  });

  afterAll(async () => {
    await network?.stop();
    rmSync(target, { recursive: true, force: true });
  });

  /** A fresh snapshot of node 0, copied and verified. */
  async function aBackup(): Promise<{ folder: string; expected: Parameters<typeof replaceOnVolume>[1]['expected'] }> {
    const client = await network.clients.of(SnapshotServiceClient, network.pod(0).options.address, {
      identity: spiffe.operator(network.chainId),
      port: PORTS.grpc,
    });
    const source: BackupSource = {
      name: 'health-0',
      fetchHeights: async () => [],
      takeSnapshot: async () => {
        const { height } = await ask(client.takeSnapshot.bind(client), {});
        const isListed = async (): Promise<boolean> => (await ask(client.listSnapshots.bind(client), {})).heights.includes(height);
        await waitFor('the snapshot', isListed, WAIT_MS);
        await network.waitForHeight(Number(height) + 1, [0], WAIT_MS);
        return Number(height);
      },
      fetchManifest: async (height) => (await ask(client.getManifest.bind(client), { height: BigInt(height) })).manifest,
      fetchChunk: async (height, index) => (await ask(client.getChunk.bind(client), { height: BigInt(height), index })).chunk,
      fetchLightBlock: (at) =>
        waitFor(
          `header ${at}`,
          async () => (await ask(client.getLightBlocks.bind(client), { heights: [BigInt(at)] })).lightBlocks[0],
          WAIT_MS,
        ),
      fetchBlockBytes: async (at) => (await ask(client.getBlockBytes.bind(client), { height: BigInt(at) })).block,
      close: () => undefined,
    };
    const place = join(target, 'taken');
    await takeBackup({ source, genesis: network.genesis as object as JsonObject, folder: place, onChunk: () => undefined });
    const verified = await verifyBackupFolder(place);
    if (!verified.ok) throw new Error(verified.refusal.code);
    const { chainId, genesisHash, height, appHash } = verified.value;
    const folder = backupFolderOf(verified.value);
    const to = new FolderTarget(join(target, folder));
    const from = new FolderTarget(place);
    for (const name of await from.list('')) await to.write(name, (await from.read(name)) ?? new Uint8Array(0));
    const expected = { chainId, genesisHash: base64urlEncode(genesisHash), height, appHash: base64urlEncode(appHash) };
    return { folder, expected };
  }

  test('keeps its key, starts at the backup’s height, also when it dies meanwhile, and catches up from its peers', async () => {
    for (let count = 0; count < 5; count++) expect((await network.submit(0, aDocument())).outcome.ok).toBe(true);
    const { folder, expected } = await aBackup();
    for (let count = 0; count < 5; count++) expect((await network.submit(0, aDocument())).outcome.ok).toBe(true);
    const pod = network.pod(REBUILT);
    const key = (await network.keys(REBUILT)).consensusPublicKey;
    await network.kill(REBUILT, 'both');
    const data = pod.pathOf('data');
    const signed = (): number => Number(JSON.parse(readFileSync(join(data, 'engine/data/priv_validator_state.json'), 'utf8')).height);
    const before = signed();

    const task = { folder, expected, rebuild: REBUILD.config.rebuild };
    expect(await replaceOnVolume(new FolderTarget(target), task, data)).toBe(true);
    expect(await replaceOnVolume(new FolderTarget(target), task, data)).toBe(false);
    const config = JSON.parse(readFileSync(pod.pathOf('config'), 'utf8'));
    pod.write('config', JSON.stringify({ ...config, ...REBUILD.config }));
    writeFileSync(
      join(pod.options.root, 'crash-at'),
      ['ledger-rebuilt-from-backup', 'engine-starts-after-backup', 'finalize-done'].join('\n'),
    );
    network.start(REBUILT);

    await waitFor('the crashes', () => readFileSync(join(pod.options.root, 'crash-at'), 'utf8') === '', WAIT_MS);
    const { height } = await network.agreement([0, 1, 2], WAIT_MS);
    await network.waitForHeight(height, [REBUILT], WAIT_MS);
    await waitFor('it to follow', async () => (await network.status(REBUILT)).caughtUp, WAIT_MS);
    expect((await network.submit(REBUILT, aDocument())).outcome.ok).toBe(true);
    await network.agreement(network.indexes, WAIT_MS);

    expect((await network.keys(REBUILT)).consensusPublicKey).toEqual(key);
    await waitFor('a signature after those of before', () => signed() > before, WAIT_MS);
    const events = pod.logOf('node').split('"event":"ledger-rebuilt-from-backup"').length - 1;
    expect(events).toBeGreaterThanOrEqual(3);
    expect(pod.logOf('node')).toContain(`"height":${expected.height}`);
    expect(existsSync(join(data, 'rebuild-from'))).toBe(false);
  });
});

import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { hexEncode } from '@civitas/canon';
import { nodeCrypto } from '@civitas/canon/node';
import { BACKUP_FILES } from '@civitas/deployment';
import { parseManifest } from '@civitas/proofs';
import { withFlippedBit } from '@civitas/proofs/testing';
import { afterEach, describe, expect, test } from '@jest/globals';
import { nextTurn } from '../event-loop/next-turn.ts';
import { aBundle, aNetwork, anEnvelope, probe, type TestNetwork } from '../ledger/ledger-fixture.ts';
import type { LedgerHost, StoredReceipt } from '../ledger/ledger-host.ts';
import { openLedgerHost } from '../ledger/open-ledger-host.ts';
import { endRebuilding, isRebuilding, rebuildFromBackup, restoreBackup } from './restore-backup.ts';

const NOTHING = new Uint8Array(0);
const folders: string[] = [];
const hosts: LedgerHost[] = [];

function aFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'civitas-restore-'));
  folders.push(folder);
  return folder;
}

afterEach(async () => {
  for (const host of hosts.splice(0)) await host.close();
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

async function aHost(network: TestNetwork, folder: string): Promise<LedgerHost> {
  const host = await openLedgerHost({
    dataDir: folder,
    genesis: network.genesisBytes,
    consensusKey: { publicKey: network.consensus.publicKey, sign: (message) => network.consensus.sign(message) },
    crypto: nodeCrypto,
    clock: { nowUnixMs: () => Date.now(), setTimer: () => () => undefined },
    log: { error: () => undefined },
    options: { signing: { granted: () => true, onChange: () => () => undefined }, contracts: [probe] },
  });
  hosts.push(host);
  return host;
}

const put = (network: TestNetwork, intent: number) =>
  aBundle(network, [
    anEnvelope(network, { expiresAtUnixMs: Date.now() + 600_000, intent, method: 'put', args: { id: `${intent}`, value: 'v' } }),
  ]);

async function untilHeight(host: LedgerHost, height: number): Promise<void> {
  if (host.status().height >= height) return;
  await new Promise<void>((resolve) => {
    const stop = host.onCommit((block) => {
      if (block.height < height) return;
      stop();
      resolve();
    });
  });
}

/** A volume that `civitas restore` prepared from a running host's backup. */
async function aPreparedVolume(host: LedgerHost, network: TestNetwork): Promise<{ volume: string; source: string; height: number }> {
  const begun = host.snapshots.begin();
  const height = begun.ok ? begun.value : -1;
  while (!host.snapshots.heights().includes(height)) await nextTurn();
  await untilHeight(host, height + 1);
  const volume = aFolder();
  const source = join(volume, BACKUP_FILES.restore);
  const write = (name: string, bytes: Uint8Array): void => {
    mkdirSync(dirname(join(source, name)), { recursive: true });
    writeFileSync(join(source, name), bytes);
  };
  const manifest = host.snapshots.findManifest(height) ?? NOTHING;
  const parsed = parseManifest(manifest);
  if (!parsed.ok) throw new Error(parsed.refusal.code);
  write(BACKUP_FILES.genesis, network.genesisBytes);
  write(BACKUP_FILES.manifest, manifest);
  for (const at of [height, height + 1]) write(join(BACKUP_FILES.lights, BACKUP_FILES.light(at)), host.lightBlock(at) ?? NOTHING);
  for (const index of parsed.value.chunks.keys()) {
    write(join(BACKUP_FILES.chunks, BACKUP_FILES.chunk(index)), (await host.snapshots.findChunk(height, index)) ?? NOTHING);
  }
  write(BACKUP_FILES.nextBlock, host.snapshots.findBlockBytes(height + 1) ?? NOTHING);
  return { volume, source, height };
}

const restored = (volume: string, network: TestNetwork): Promise<void> =>
  restoreBackup({
    dataFolder: volume,
    crypto: nodeCrypto,
    genesisHash: nodeCrypto.sha256(network.genesisBytes),
    engine: 'embedded',
    log: { error: () => undefined },
  });

describe('a node restored from a backup', () => {
  test('goes on with the same chain: same root, the block it had signed signed again, nothing executed twice', async () => {
    const network = aNetwork();
    const host = await aHost(network, aFolder());
    const first = put(network, 1);
    await host.submit(first);
    await host.submit(put(network, 2));
    const { volume, source, height } = await aPreparedVolume(host, network);

    await restored(volume, network);
    expect(existsSync(source)).toBe(false);
    const again = await aHost(network, volume);
    await untilHeight(again, height + 1);
    expect(again.lightBlock(height + 1)).toEqual(host.lightBlock(height + 1));
    expect(await again.verify()).toMatchObject({ ok: true });
    expect(hexEncode(again.status().root)).toBe(hexEncode(host.status().root));
    const outcomes = (receipts: readonly StoredReceipt[]) => receipts.map(({ bytes }) => new TextDecoder().decode(bytes));
    expect(outcomes(await again.submit(first)).join()).toContain('REPLAYED');
    expect(outcomes(await again.submit(put(network, 3))).join()).toContain('"ok":true');
    await untilHeight(again, again.status().height + 1);
    expect(again.prove('test.probe/items/1')?.value).toEqual({ value: 'v' });
  });

  test('starts over after a crash, and leaves a store alone that is there', async () => {
    const network = aNetwork();
    const host = await aHost(network, aFolder());
    await host.submit(put(network, 1));
    const { volume, source } = await aPreparedVolume(host, network);
    mkdirSync(join(volume, 'ledger.restoring'));
    writeFileSync(join(volume, 'ledger.restoring', 'ledger.mdb'), 'torn');
    await restored(volume, network);
    const before = readFileSync(join(volume, 'ledger', 'ledger.mdb'));

    mkdirSync(source);
    await restored(volume, network);
    expect(readFileSync(join(volume, 'ledger', 'ledger.mdb')).equals(before)).toBe(true);
    expect(existsSync(source)).toBe(false);
  });

  test.each<[string, string, (bytes: Uint8Array) => Uint8Array, RegExp]>([
    ['a chunk changed', 'chunks/00000.chunk', (bytes) => withFlippedBit(bytes, 77), /chunks\/00000.chunk/],
    ['a manifest changed', 'manifest.json', (bytes) => withFlippedBit(bytes, 90), /SNAPSHOT_/],
    ['another block after it', 'next.block', (bytes) => withFlippedBit(bytes, 200), /next.block/],
  ])('with %s gets no store', async (_, file, change, message) => {
    const network = aNetwork();
    const host = await aHost(network, aFolder());
    await host.submit(put(network, 1));
    const { volume, source } = await aPreparedVolume(host, network);
    writeFileSync(join(source, file), change(new Uint8Array(readFileSync(join(source, file)))));

    await expect(restored(volume, network)).rejects.toThrow(message);
    expect(existsSync(join(volume, 'ledger'))).toBe(false);
  });

  test('takes no backup of another genesis, nor one for an engine that has no stores of its own in it', async () => {
    const network = aNetwork();
    const host = await aHost(network, aFolder());
    await host.submit(put(network, 1));
    const { volume } = await aPreparedVolume(host, network);
    const shared = { dataFolder: volume, crypto: nodeCrypto, log: { error: () => undefined } };
    const genesisHash = nodeCrypto.sha256(network.genesisBytes);

    await expect(restoreBackup({ ...shared, genesisHash: new Uint8Array(32), engine: 'embedded' })).rejects.toThrow('another genesis');
    await expect(restoreBackup({ ...shared, genesisHash, engine: 'cometbft' })).rejects.toThrow('stateSync');
    expect(existsSync(join(volume, 'ledger'))).toBe(false);
  });
});

describe('a node that is rebuilt from a backup', () => {
  const rebuilt = (volume: string, genesisBytes: Uint8Array): Promise<boolean> =>
    rebuildFromBackup({
      dataFolder: volume,
      crypto: nodeCrypto,
      genesisHash: nodeCrypto.sha256(genesisBytes),
      log: { error: () => undefined },
    });
  const aVolumeOf = async (network: TestNetwork): Promise<string> => {
    const host = await aHost(network, aFolder());
    await host.submit(put(network, 1));
    const { volume, source } = await aPreparedVolume(host, network);
    renameSync(source, join(volume, BACKUP_FILES.rebuild));
    for (const name of ['ledger', 'engine/data/blockstore.db', 'keys']) mkdirSync(join(volume, name), { recursive: true });
    for (const name of ['ledger/old', 'engine/data/priv_validator_state.json', 'keys/consensus']) writeFileSync(join(volume, name), '{}');
    return volume;
  };
  const hasKept = (volume: string): readonly boolean[] =>
    ['ledger/old', 'engine/data/blockstore.db', 'engine/data/priv_validator_state.json', 'keys/consensus'].map((name) =>
      existsSync(join(volume, name)),
    );

  test('drops ledger and engine at each start until a block has followed, and keeps keys and what it has signed', async () => {
    const network = aNetwork();
    const volume = await aVolumeOf(network);
    for (let start = 0; start < 2; start++) {
      expect(await rebuilt(volume, network.genesisBytes)).toBe(true);
      expect([hasKept(volume), isRebuilding(volume)]).toEqual([[false, false, true, true], true]);
      expect(existsSync(join(volume, 'ledger', 'ledger.mdb'))).toBe(true);
      mkdirSync(join(volume, 'engine/data/blockstore.db'), { recursive: true });
      writeFileSync(join(volume, 'ledger/old'), 'half');
    }
    endRebuilding(volume);
    expect(isRebuilding(volume)).toBe(false);
    expect(await rebuilt(volume, network.genesisBytes)).toBe(false);
    expect(hasKept(volume)).toEqual([true, true, true, true]);
  });

  test('of another genesis, or damaged, has no ledger, and says why', async () => {
    const network = aNetwork();
    const volume = await aVolumeOf(network);
    await expect(rebuilt(volume, new Uint8Array(3))).rejects.toThrow('another genesis');
    const chunk = join(volume, BACKUP_FILES.rebuild, 'chunks/00000.chunk');
    writeFileSync(chunk, withFlippedBit(new Uint8Array(readFileSync(chunk)), 77));
    await expect(rebuilt(volume, network.genesisBytes)).rejects.toThrow(/00000.chunk/);
    expect(existsSync(join(volume, 'ledger'))).toBe(false);
  });
});

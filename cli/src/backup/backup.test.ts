import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BackupSource } from '@civitas/backup';
import { type Bytes, base64urlEncode, compareBytes, encodeCanonical, type JsonObject, utf8Encode } from '@civitas/canon';
import { nodeCrypto } from '@civitas/canon/node';
import { encodeLightBlock, encodeManifest, encodeRecords, ReferenceTree, subtreeOf } from '@civitas/proofs';
import { type FixtureBlock, nextBlock, someValidators, withFlippedBit } from '@civitas/proofs/testing';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { takeBackup, verifyBackupFolder } from './backup-folder.ts';
import { untilListed } from './backup-source.ts';
import { restoreVolume } from './restore-volume.ts';

const { sha256 } = nodeCrypto;
const HEIGHT = 6;
const keys = someValidators(1);
const genesis: JsonObject = {
  chainId: 'test-1',
  validators: keys.validators.map(({ publicKey }) => ({ node: 'a', organisation: 'a', power: 10, publicKey: base64urlEncode(publicKey) })),
};

/** A node whose state after block 6 is forty records in two chunks. */
function aSource(change: Partial<BackupSource> = {}): BackupSource {
  const records = Array.from({ length: 40 }, (_, n) => ({ key: utf8Encode(`a/b/${n}`), value: utf8Encode(`{"n":${n}}`) }));
  const tree = new ReferenceTree(sha256);
  for (const { key, value } of records) tree.put(key, value);
  const leaves = records.map((record) => ({ record, keyHash: sha256(record.key), valueHash: sha256(record.value) }));
  leaves.sort((left, right) => compareBytes(left.keyHash, right.keyHash));
  const halves = [leaves.filter(({ keyHash }) => (keyHash[0] ?? 0) < 128), leaves.filter(({ keyHash }) => (keyHash[0] ?? 0) >= 128)];
  const chunks = halves.map((half) => encodeRecords(half.map(({ record }) => record)));
  const manifest = encodeManifest({
    chainId: 'test-1',
    genesisHash: sha256(encodeCanonical(genesis)),
    height: HEIGHT,
    appHash: tree.root(),
    chunks: halves.map((half, at) => ({ depth: 1, byteCount: chunks[at]?.length ?? 0, ...subtreeOf(sha256, half, 1) })),
  });
  const blocks: FixtureBlock[] = [];
  for (let height = 1; height <= HEIGHT + 2; height++) {
    blocks.push(nextBlock('test-1', blocks.at(-1), { keys, ...(height === HEIGHT + 1 ? { appHash: tree.root() } : {}) }));
  }
  const blockAt = (height: number): FixtureBlock => {
    const block = blocks[height - 1];
    if (block === undefined) throw new Error('no block');
    return block;
  };
  return {
    name: 'node',
    fetchHeights: async () => [HEIGHT],
    takeSnapshot: async () => HEIGHT,
    fetchManifest: async () => manifest,
    fetchChunk: async (_, index) => chunks[index] ?? new Uint8Array(0),
    fetchLightBlock: async (height) => encodeLightBlock(blockAt(height).lightBlock),
    fetchBlockBytes: async (height) => blockAt(height).block,
    close: () => undefined,
    ...change,
  };
}

let place: string;

beforeEach(() => {
  place = mkdtempSync(join(tmpdir(), 'civitas-backup-'));
});

afterEach(() => rmSync(place, { recursive: true, force: true }));

async function aBackup(change: Partial<BackupSource> = {}): Promise<string> {
  const folder = join(place, 'backup');
  await takeBackup({ source: aSource(change), genesis, folder, onChunk: () => undefined });
  return folder;
}

function filesOf(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true, encoding: 'utf8' })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1));
}

describe('a backup', () => {
  test('verifies offline from its genesis on', async () => {
    const verified = await verifyBackupFolder(await aBackup());

    expect(verified).toMatchObject({ ok: true, value: { chainId: 'test-1', height: HEIGHT, recordCount: 40, chunkCount: 2 } });
  });

  test('with one bit of one file turned is refused, a chunk by its name', async () => {
    const folder = await aBackup();
    const files = filesOf(folder);
    expect(files.length).toBeGreaterThanOrEqual(8);
    for (const file of files) {
      const copy = join(place, 'copy');
      cpSync(folder, copy, { recursive: true });
      const bytes: Bytes = new Uint8Array(readFileSync(join(copy, file)));
      for (const bit of [5, (bytes.length >> 1) * 8, bytes.length * 8 - 3]) {
        writeFileSync(join(copy, file), withFlippedBit(bytes, bit));
        const verified = await verifyBackupFolder(copy);
        expect([file, bit, verified.ok]).toEqual([file, bit, false]);
        if (!verified.ok && file.endsWith('.chunk')) expect(verified.refusal.facts['file']).toBe(file);
      }
      rmSync(copy, { recursive: true });
    }
  });

  test('with a chunk or a header left out is refused', async () => {
    const folder = await aBackup();
    rmSync(join(folder, 'lights', '000000000007.light'));
    expect(await verifyBackupFolder(folder)).toMatchObject({ ok: false, refusal: { code: 'BACKUP_HEADERS' } });
  });

  test('says of itself what its parts say, and holds the block that was decided', async () => {
    const folder = await aBackup();
    const about = readFileSync(join(folder, 'backup.json'), 'utf8');
    writeFileSync(join(folder, 'backup.json'), about.replace('"height":6', '"height":7'));
    expect(await verifyBackupFolder(folder)).toMatchObject({ refusal: { code: 'BACKUP_ABOUT' } });
    writeFileSync(join(folder, 'backup.json'), about);
    writeFileSync(join(folder, 'next.block'), await aSource().fetchBlockBytes(HEIGHT));
    expect(await verifyBackupFolder(folder)).toMatchObject({ refusal: { code: 'BACKUP_BLOCK' } });
  });

  test('of another genesis is refused', async () => {
    const folder = await aBackup();
    writeFileSync(join(folder, 'genesis.json'), encodeCanonical({ ...genesis, chainId: 'test-2' }));
    expect(await verifyBackupFolder(folder)).toMatchObject({ refusal: { code: 'BACKUP_GENESIS' } });
  });

  test('of a node that lies is never written', async () => {
    const bad = async (_: number, index: number): Promise<Bytes> => withFlippedBit(await aSource().fetchChunk(HEIGHT, index), 99);
    await expect(aBackup({ fetchChunk: bad })).rejects.toThrow('SNAPSHOT_CHUNK');
    expect(existsSync(join(place, 'backup'))).toBe(false);
    await expect(aBackup({ fetchBlockBytes: () => aSource().fetchBlockBytes(HEIGHT) })).rejects.toThrow('BACKUP_BLOCK');
    expect(existsSync(join(place, 'backup'))).toBe(false);
  });

  test('waits for the snapshot that it asked for, and not for ever', async () => {
    const request = { address: 'node', height: 6n, waitMs: 0 };
    await untilListed({ ...request, heights: async () => [6n, 4n] });
    await expect(untilListed({ ...request, heights: async () => [4n] })).rejects.toMatchObject({ code: 'SNAPSHOT_LATE' });
  });

  test('is never written over something', async () => {
    await aBackup();
    await expect(aBackup()).rejects.toMatchObject({ code: 'BACKUP_EXISTS' });
  });
});

describe('restoring', () => {
  test('puts the backup on an empty volume, whole', async () => {
    const folder = await aBackup();
    const volume = join(place, 'volume');
    mkdirSync(join(volume, 'keys'), { recursive: true });

    expect((await restoreVolume(folder, volume)).ok).toBe(true);
    expect((await verifyBackupFolder(join(volume, 'restore'))).ok).toBe(true);
    expect(await restoreVolume(folder, volume)).toMatchObject({ refusal: { code: 'VOLUME_IN_USE' } });
  });

  test.each(['ledger', 'engine/data/blockstore.db'])('writes nothing over a volume with %s', async (name) => {
    const folder = await aBackup();
    const volume = join(place, 'volume');
    mkdirSync(join(volume, name), { recursive: true });

    expect(await restoreVolume(folder, volume)).toMatchObject({ refusal: { code: 'VOLUME_IN_USE', facts: { found: name } } });
    expect(existsSync(join(volume, 'restore'))).toBe(false);
  });

  test('leaves a volume alone when the backup does not verify, or needs its peers', async () => {
    const folder = await aBackup();
    const volume = join(place, 'volume');
    rmSync(join(folder, 'next.block'));
    expect(await restoreVolume(folder, volume)).toMatchObject({ refusal: { code: 'BACKUP_NEEDS_PEERS' } });
    writeFileSync(join(folder, 'chunks', '00001.chunk'), '');
    expect(await restoreVolume(folder, volume)).toMatchObject({
      refusal: { code: 'SNAPSHOT_CHUNK', facts: { file: 'chunks/00001.chunk' } },
    });
    expect(existsSync(volume)).toBe(false);
  });
});

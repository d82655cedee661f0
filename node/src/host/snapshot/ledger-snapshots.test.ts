import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Bytes, hexEncode, utf8Encode } from '@civitas/canon';
import { nodeCrypto } from '@civitas/canon/node';
import { parseManifest, verifyMembership } from '@civitas/proofs';
import { withFlippedBit } from '@civitas/proofs/testing';
import { afterEach, describe, expect, test } from '@jest/globals';
import { PageReader } from '../../core/state/page-store.ts';
import { proveKey } from '../../core/state/prove.ts';
import { verifyState } from '../store/verify-state.ts';
import { DiskRoom, NoRoom } from './disk-room.ts';
import { BAD_CHUNKS_MAX, BAD_SENDERS_MAX, CHUNK_TARGET_BYTES, FREE_BYTES_KEPT } from './limits.ts';
import { CHAIN, certifiedChain, SnapshotNode, someRecords } from './snapshot.fixture.ts';
import type { OfferedSnapshot } from './snapshot-store.ts';
import { Spill } from './spill.ts';

const { sha256 } = nodeCrypto;
const nodes: SnapshotNode[] = [];
const NOTHING = new Uint8Array(0);
/** As the fixture writes it. */
const blockAt = (height: number): { height: number; timeUnixMs: number } => ({ height, timeUnixMs: height * 1000 });

function aNode(...change: ConstructorParameters<typeof SnapshotNode>): SnapshotNode {
  const node = new SnapshotNode(...change);
  nodes.push(node);
  return node;
}

afterEach(async () => {
  for (const node of nodes.splice(0)) await node.close();
});

/** A node with some chunks' worth of records after block 3, and its snapshot of it. */
async function aSource(): Promise<{ source: SnapshotNode; offered: OfferedSnapshot; chunks: Bytes[] }> {
  const source = aNode();
  await source.write(0, someRecords(800, 3_000));
  await source.write(1, { 'city.registry/entry/7': undefined, 'network.members/organisation/a': { name: 'a' } });
  await source.write(3, { 'city.registry/entry/8': { n: -8 } });
  expect(await source.snapshots.take()).toBe(3);
  const [offered] = source.snapshots.listSnapshots();
  if (offered === undefined) throw new Error('a snapshot');
  const chunks: Bytes[] = [];
  for (let index = 0; index < offered.chunkCount; index++) {
    chunks.push((await source.snapshots.loadChunk({ height: 3, format: offered.format, index })) ?? NOTHING);
  }
  return { source, offered, chunks };
}

function joining(appHashes: ReadonlyMap<number, Bytes>, ...change: ConstructorParameters<typeof SnapshotNode>): SnapshotNode {
  const node = aNode(...change);
  node.snapshots.joinBy({
    certifiedLightBlock: certifiedChain(appHashes, 6),
    joined: () => {
      node.joinedCount++;
    },
  });
  return node;
}

function aJoiner(source: SnapshotNode): SnapshotNode {
  return joining(new Map([[3, source.root.hash]]));
}

describe('a snapshot', () => {
  test('is parted into chunks of bounded size and alike on every node with the same records, whatever their history', async () => {
    const { source, offered, chunks } = await aSource();
    const other = aNode();
    await other.write(0, { ...someRecords(800, 3_000), 'city.registry/entry/7': undefined, 'city.registry/entry/8': { n: -8 } });
    await other.write(3, { 'network.members/organisation/a': { name: 'a' } });
    await other.snapshots.take();

    expect(offered.chunkCount).toBeGreaterThan(1);
    for (const chunk of chunks) expect(chunk.length).toBeLessThanOrEqual(CHUNK_TARGET_BYTES);
    expect(other.snapshots.listSnapshots()).toEqual([offered]);
    expect(hexEncode(other.root.hash)).toBe(hexEncode(source.root.hash));
  });

  test('is of one commit, whatever is committed while it is taken', async () => {
    const source = aNode({ schedule: { intervalBlocks: 2, periodMs: 0 } });
    await source.write(0, someRecords(250, 10_000));
    await source.write(2, { 'a/b/c': { n: 2 } });
    const rootAt2 = source.root.hash;
    source.snapshots.committed(blockAt(2));
    const taken = source.snapshots.take();
    for (let height = 3; height < 12; height++) await source.write(height, { 'a/b/c': { n: height }, [`a/b/${height}`]: {} });

    expect(await taken).toBe(2);
    const [offered] = source.snapshots.listSnapshots();
    const manifest = parseManifest(offered?.metadata ?? NOTHING);
    expect(manifest.ok && hexEncode(manifest.value.appHash)).toBe(hexEncode(rootAt2));
  });

  test('lets the records go before its chunks are made: until then what blocks change of them stays in memory', async () => {
    const source = aNode();
    await source.write(0, someRecords(800, 3_000));
    const copyState = source.store.copyState.bind(source.store);
    const chunksMade = (): number =>
      readdirSync(join(source.folder, 'snapshots'), { recursive: true, encoding: 'utf8' }).filter((name) => name.includes('chunk')).length;
    const atRelease: number[] = [];
    source.store.copyState = () => {
      const copy = copyState();
      const release = (): void => {
        atRelease.push(chunksMade());
        copy?.release();
      };
      return copy && { ...copy, release };
    };
    expect(await source.snapshots.take()).toBe(0);
    expect(atRelease[0]).toBe(0);
    expect(chunksMade()).toBeGreaterThan(1);
  });

  test('is taken each so many blocks; the newest two stay on disk, and what a dead process left unfinished goes', async () => {
    const source = aNode({ schedule: { intervalBlocks: 2, periodMs: 0 } });
    await source.write(0, someRecords(3, 10));
    for (let height = 1; height <= 9; height++) {
      await source.write(height, { [`a/b/${height}`]: {} });
      source.snapshots.committed(blockAt(height));
      if (height % 2 === 0) await source.snapshots.take();
    }
    expect(source.snapshots.listSnapshots().map(({ height }) => height)).toEqual([8, 6]);
    expect(readdirSync(join(source.folder, 'snapshots')).sort()).toEqual(['000000000006', '000000000008']);
    expect(await source.snapshots.loadChunk({ height: 4, format: 1, index: 0 })).toBeUndefined();
    expect(await source.snapshots.loadChunk({ height: 8, format: 2, index: 0 })).toBeUndefined();
  });

  test('is taken at the first interval and then once in a period of block time, however many blocks there are in it', async () => {
    const chain = { ...CHAIN, genesisHash: new Uint8Array(32) };
    const source = aNode({ schedule: { intervalBlocks: 2, periodMs: 6_000 }, chain });
    await source.write(0, someRecords(3, 10));
    for (let height = 1; height <= 13; height++) {
      await source.write(height, { [`a/b/${height}`]: {} });
      source.snapshots.committed(blockAt(height));
      if ([2, 6, 12].includes(height)) await source.snapshots.take();
    }
    expect(source.snapshots.listSnapshots().map(({ height }) => height)).toEqual([12, 6]);
    expect(source.snapshots.counts()).toMatchObject({ taken: 3, skipped: 0 });
  });

  test('of a damaged store is never finished, and the node is told', async () => {
    const source = aNode();
    await source.write(0, someRecords(3, 10));
    const right = source.root;
    source.root = { hash: sha256(right.hash), version: right.version };
    await source.write(1, {});

    await expect(source.snapshots.take()).rejects.toThrow('SNAPSHOT_ROOT');
    expect(source.faults.length).toBe(1);
    expect(source.snapshots.listSnapshots()).toEqual([]);
    expect(readdirSync(join(source.folder, 'snapshots'))).toEqual([]);
  });

  test('that the volume has no room for is refused before a byte is written, and counted', async () => {
    let free = FREE_BYTES_KEPT;
    const source = aNode({ schedule: { intervalBlocks: 1, periodMs: 0 }, free: () => free });
    await source.write(0, someRecords(300, 3_000));
    await source.write(1, {});

    source.snapshots.committed(blockAt(1));
    const refused = source.snapshots.begin();
    expect(refused).toMatchObject({ ok: false, refusal: { code: 'SNAPSHOT_NO_ROOM', facts: { freeBytes: FREE_BYTES_KEPT } } });
    await expect(source.snapshots.take()).rejects.toThrow(NoRoom);
    expect(readdirSync(join(source.folder, 'snapshots'))).toEqual([]);
    expect(source.snapshots.counts()).toEqual({ taken: 0, skipped: 0, 'no-room': 3, failed: 0 });
    expect(source.logged.every((line) => line.startsWith('snapshot-no-room'))).toBe(true);

    const copy = source.store.copyState();
    copy?.release();
    free += 2 * (copy?.byteCount ?? 0) - 1;
    expect(source.snapshots.begin().ok).toBe(false);
    free += 1;
    expect(await source.snapshots.take()).toBe(1);
    expect(source.snapshots.counts()).toMatchObject({ taken: 1, 'no-room': 4 });
    expect(source.faults).toEqual([]);
  });

  test('during which the volume fills up is dropped whole', async () => {
    let asked = 0;
    const source = aNode({ free: () => (asked++ === 0 ? 1e12 : FREE_BYTES_KEPT - 1) });
    await source.write(0, someRecords(800, 3_000));

    await expect(source.snapshots.take()).rejects.toThrow(NoRoom);
    expect(readdirSync(join(source.folder, 'snapshots'))).toEqual([]);
    expect(source.snapshots.counts()).toMatchObject({ taken: 0, 'no-room': 1 });
    expect(source.faults).toEqual([]);
  });

  test('of many records is spilt to disk only as far as there is room', async () => {
    const spill = new Spill('/nowhere', { depth: 0, room: new DiskRoom(() => 0), memoryBytesMax: 10 });
    await expect(spill.add(sha256(NOTHING), { key: Uint8Array.of(1), value: NOTHING })).rejects.toThrow(NoRoom);
  });

  test('that the disk has no room for costs nothing but itself', async () => {
    const source = aNode();
    await source.write(0, someRecords(3, 10));
    writeFileSync(join(source.folder, 'snapshots', '000000000000.partial'), 'a file where a folder must be');
    writeFileSync(join(source.folder, 'snapshots', '000000000000'), 'in the way');

    await expect(source.snapshots.take()).rejects.toThrow('there already');
    expect(source.faults).toEqual([]);
    expect(source.logged.join()).toContain('snapshot-failed');
  });
});

describe('joining by snapshot', () => {
  test('gives a store with the same root, records and proofs, in whatever order the chunks come', async () => {
    const { source, offered, chunks } = await aSource();
    const joiner = aJoiner(source);

    expect(await joiner.snapshots.offer(offered, source.root.hash)).toBe('accept');
    for (const index of [...chunks.keys()].reverse()) {
      const chunk = { index, bytes: chunks[index] ?? NOTHING, sender: 'p' };
      expect(await joiner.snapshots.applyChunk(chunk)).toEqual({ result: 'accept', rejectSenders: [] });
    }

    const { store } = joiner;
    expect(store.readChain()).toEqual(CHAIN);
    expect(store.readHead()).toEqual({ height: 3, keptFrom: 3 });
    expect(hexEncode(store.readBlockRecord(3)?.root.hash ?? NOTHING)).toBe(hexEncode(source.root.hash));
    expect((await verifyState(store, sha256)).recordCount).toBe((await verifyState(source.store, sha256)).recordCount);
    expect(store.get('city.registry/entry/8')).toEqual({ n: -8 });
    expect(store.get('city.registry/entry/7')).toBeUndefined();
    expect(store.readLightBlock(3)).toBeDefined();
    expect(store.readLightBlock(4)).toBeDefined();
    const root = store.readBlockRecord(3)?.root ?? source.root;
    const proof = proveKey({ sha256, reader: new PageReader(store, sha256) }, root, 'city.registry/entry/8');
    const claim = { root: source.root.hash, key: utf8Encode('city.registry/entry/8'), value: utf8Encode('{"n":-8}'), proof };
    expect(verifyMembership(sha256, claim)).toBe(true);
  });

  test('goes on as the source does: the same changes give the same root', async () => {
    const { source, offered, chunks } = await aSource();
    const joiner = aJoiner(source);
    await joiner.snapshots.offer(offered, source.root.hash);
    for (const [index, bytes] of chunks.entries()) await joiner.snapshots.applyChunk({ index, bytes, sender: 'p' });
    joiner.root = joiner.store.readBlockRecord(3)?.root ?? joiner.root;
    expect([joiner.restoredCount, joiner.joinedCount]).toEqual([1, 0]);
    joiner.snapshots.committed(blockAt(4));
    joiner.snapshots.committed(blockAt(5));
    expect(joiner.joinedCount).toBe(1);

    for (let height = 4; height < 30; height++) {
      const change = { [`city.registry/entry/${height * 11}`]: undefined, [`city.registry/entry/${height}`]: { n: height } };
      await source.write(height, change);
      await joiner.write(height, change);
      expect(hexEncode(joiner.root.hash)).toBe(hexEncode(source.root.hash));
    }
  });

  test('turns a bad chunk back with its sender, and takes the right one from another', async () => {
    const { source, offered, chunks } = await aSource();
    const joiner = aJoiner(source);
    await joiner.snapshots.offer(offered, source.root.hash);
    const [first = NOTHING] = chunks;

    expect(await joiner.snapshots.applyChunk({ index: 0, bytes: withFlippedBit(first, 999), sender: 'liar' })).toEqual({
      result: 'retry',
      rejectSenders: ['liar'],
    });
    for (const [index, bytes] of chunks.entries()) {
      expect((await joiner.snapshots.applyChunk({ index, bytes, sender: 'honest' })).result).toBe('accept');
    }
    expect(joiner.store.readHead()?.height).toBe(3);
  });

  test('gives a snapshot up when chunk after chunk is bad, and starts over with the next', async () => {
    const { source, offered, chunks } = await aSource();
    const joiner = aJoiner(source);
    await joiner.snapshots.offer(offered, source.root.hash);
    const resultsOf = async (count: number, senderOf: (at: number) => string): Promise<string[]> => {
      const results: string[] = [];
      for (let at = 0; at < count; at++) {
        results.push((await joiner.snapshots.applyChunk({ index: 0, bytes: NOTHING, sender: senderOf(at) })).result);
      }
      return results;
    };
    expect((await resultsOf(BAD_SENDERS_MAX, (at) => `liar-${at}`)).indexOf('reject-snapshot')).toBe(BAD_SENDERS_MAX - 1);

    expect(await joiner.snapshots.offer(offered, source.root.hash)).toBe('accept');
    expect((await resultsOf(BAD_CHUNKS_MAX, () => 'liar')).indexOf('reject-snapshot')).toBe(BAD_CHUNKS_MAX - 1);

    expect(await joiner.snapshots.offer(offered, source.root.hash)).toBe('accept');
    for (const [index, bytes] of chunks.entries()) await joiner.snapshots.applyChunk({ index, bytes, sender: 'honest' });
    expect(joiner.store.readHead()?.height).toBe(3);
  });

  test('that is broken off leaves the store empty; the next attempt starts over', async () => {
    const { source, offered, chunks } = await aSource();
    const joiner = aJoiner(source);
    await joiner.snapshots.offer(offered, source.root.hash);
    await joiner.snapshots.applyChunk({ index: 0, bytes: chunks[0] ?? NOTHING, sender: 'p' });
    await joiner.snapshots.close();
    expect(joiner.store.readHead()).toBeUndefined();
    expect(existsSync(join(joiner.folder, 'ledger.restoring'))).toBe(false);
    expect((await joiner.snapshots.applyChunk({ index: 0, bytes: chunks[0] ?? NOTHING, sender: 'p' })).result).toBe('abort');
  });

  test('refuses what no certified header stands behind', async () => {
    const { source, offered } = await aSource();
    const { hash } = source.root;
    const manifest = (text: (json: string) => string): OfferedSnapshot => {
      const metadata = utf8Encode(text(new TextDecoder().decode(offered.metadata)));
      return { ...offered, metadata, hash: sha256(metadata) };
    };
    const cases: [string, OfferedSnapshot, Bytes, string][] = [
      ['another app hash than the engine certified', offered, sha256(hash), 'reject'],
      ['another format', { ...offered, format: 2 }, hash, 'reject-format'],
      ['a manifest with another hash', { ...offered, hash: sha256(hash) }, hash, 'reject'],
      ['a manifest of another height', { ...offered, height: 4 }, hash, 'reject'],
      ['another number of chunks', { ...offered, chunkCount: offered.chunkCount + 1 }, hash, 'reject'],
      ['no manifest', { ...offered, metadata: NOTHING, hash: sha256(NOTHING) }, hash, 'reject'],
      ['another chain', manifest((json) => json.replace('test-1', 'test-2')), hash, 'reject'],
      [
        'chunks that do not fold to the app hash',
        manifest((json) => json.replace(/"chunks":\[\[(\d+),(\d+),(\d+),"./, '"chunks":[[$1,$2,$3,"_')),
        hash,
        'reject',
      ],
    ];
    for (const [what, snapshot, appHash, verdict] of cases) {
      expect([what, await aJoiner(source).snapshots.offer(snapshot, appHash)]).toEqual([what, verdict]);
    }
    const elsewhere = joining(new Map([[3, sha256(hash)]]));
    expect(await elsewhere.snapshots.offer(offered, hash)).toBe('reject');
  });

  test('on a volume that cannot hold the state stops the node before a chunk is fetched', async () => {
    const { source, offered } = await aSource();
    const joiner = joining(new Map([[3, source.root.hash]]), { free: () => FREE_BYTES_KEPT + 1_000 });
    await expect(joiner.snapshots.offer(offered, source.root.hash)).rejects.toThrow(NoRoom);
    expect(joiner.faults.length).toBe(1);
    expect(existsSync(join(joiner.folder, 'ledger.restoring'))).toBe(false);
  });

  test('is for nodes that asked for it and hold no block', async () => {
    const { source, offered } = await aSource();
    expect(await aNode().snapshots.offer(offered, source.root.hash)).toBe('abort');
    const old = aJoiner(source);
    await old.write(0, {});
    await old.write(1, {});
    expect(await old.snapshots.offer(offered, source.root.hash)).toBe('abort');
  });
});

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encodeCanonical, type JsonObject } from '@civitas/canon';
import { nodeCrypto } from '@civitas/canon/node';
import { afterEach, describe, expect, test } from '@jest/globals';
import { open } from 'lmdb';
import { applyWrites } from '../../core/ledger/execute-block.ts';
import { PageReader } from '../../core/state/page-store.ts';
import type { StoredRecord } from '../../core/state/records.ts';
import { EMPTY_ROOT, type TreeRoot } from '../../core/state/tree.ts';
import { type BlockRecord, LedgerStore, NOTHING_PRUNED } from './ledger-store.ts';
import { STORE_FORMAT } from './limits.ts';

const { sha256 } = nodeCrypto;
const folders: string[] = [];
const genesisHash = sha256(new Uint8Array(1));

function aFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'civitas-store-'));
  folders.push(folder);
  return folder;
}

afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

function writesOf(records: Readonly<Record<string, JsonObject | undefined>>): Map<string, StoredRecord | undefined> {
  return new Map(Object.entries(records).map(([key, record]) => [key, record && { record, bytes: encodeCanonical(record) }]));
}

function aRecord(height: number, root: TreeRoot): BlockRecord {
  return { height, timeUnixMs: height, hash: genesisHash, root, resultsHash: genesisHash, bundles: [], blockBytes: 0 };
}

async function aStore(
  folder: string,
  records: Readonly<Record<string, JsonObject>> = {},
): Promise<{ store: LedgerStore; root: TreeRoot; reader: PageReader }> {
  const store = new LedgerStore(folder);
  const reader = new PageReader(store, sha256, 2_000);
  const writes = writesOf(records);
  const tree = applyWrites({ sha256, reader }, EMPTY_ROOT, 0, writes);
  const commit = { record: aRecord(0, tree.root), block: undefined, writes, tree, receipts: [], pruned: NOTHING_PRUNED, keptFrom: 0 };
  await store.writeGenesis({ chainId: 'a-1', genesisHash }, commit);
  return { store, root: tree.root, reader };
}

describe('the ledger store', () => {
  test('scans a prefix in order, after a key, and finds the last one before a key', async () => {
    const { store } = await aStore(aFolder(), { 'a/1': { n: 1 }, 'a/2': { n: 2 }, 'a/3': { n: 3 }, 'b/1': { n: 4 } });
    const keys = (range: Parameters<LedgerStore['scan']>[0]): string[] => store.scan(range).map(({ key }) => key);
    expect(keys({ prefix: 'a/', limit: 10 })).toEqual(['a/1', 'a/2', 'a/3']);
    expect(keys({ prefix: 'a/', after: 'a/1', limit: 1 })).toEqual(['a/2']);
    expect(keys({ prefix: 'c/', limit: 10 })).toEqual([]);
    expect(store.findLast('a/', 'a/3')).toEqual({ key: 'a/2', record: { n: 2 } });
    expect(store.findLast('a/', 'a/25')).toEqual({ key: 'a/2', record: { n: 2 } });
    expect(store.findLast('a/', 'a/9')).toEqual({ key: 'a/3', record: { n: 3 } });
    expect(store.findLast('b/', 'b/1')).toBeUndefined();
    await store.close();
  });

  test('keeps a proposal until its block is committed, and what the commit wrote over a restart', async () => {
    const folder = aFolder();
    const { store, root, reader } = await aStore(folder, { 'a/1': { n: 1 } });
    expect(store.get('a/1')).toEqual({ n: 1 });
    await store.writePending({ height: 1, voteTimeNanos: 5n, bytes: new Uint8Array([1, 2]) });
    expect(store.readPending()).toEqual({ height: 1, voteTimeNanos: 5n, bytes: new Uint8Array([1, 2]) });
    const writes = writesOf({ 'a/1': undefined, 'a/2': { n: 2 } });
    const tree = applyWrites({ sha256, reader }, root, 1, writes);
    const block = { bytes: new Uint8Array([7]), lightBlock: new Uint8Array([8]) };
    await store.writeCommit({ record: aRecord(1, tree.root), block, writes, tree, receipts: [], pruned: NOTHING_PRUNED, keptFrom: 0 });
    await store.close();
    const again = new LedgerStore(folder);
    expect(again.readPending()).toBeUndefined();
    expect(again.readHead()).toEqual({ height: 1, keptFrom: 0 });
    expect([again.get('a/1'), again.get('a/2')]).toEqual([undefined, { n: 2 }]);
    expect(again.readBlockRecord(1)?.root).toEqual({ hash: Buffer.from(tree.root.hash), version: 1 });
    expect(again.readBlock(1)).toEqual(Buffer.from([7]));
    await again.close();
  });

  test('prunes the pages of roots that are no longer kept, and only those', async () => {
    const { store, root: first, reader } = await aStore(aFolder(), { 'a/1': { n: 1 }, 'a/2': { n: 2 } });
    const writes = writesOf({ 'a/1': { n: 9 } });
    const tree = applyWrites({ sha256, reader }, first, 1, writes);
    await store.writeCommit({
      record: aRecord(1, tree.root),
      block: undefined,
      writes,
      tree,
      receipts: [],
      pruned: NOTHING_PRUNED,
      keptFrom: 0,
    });
    expect(store.prunableHistory(0, 10)).toEqual(NOTHING_PRUNED);
    const cold = new PageReader(store, sha256);
    expect(cold.page('', first.version).hashAt(1)).toEqual(first.hash);
    const pruned = store.prunableHistory(1, 10);
    expect(pruned.historyKeys.length).toBe(1);
    const none = { root: tree.root, pages: [], removed: [], history: [], kept: [] };
    const record = aRecord(2, tree.root);
    await store.writeCommit({ record, block: undefined, writes: new Map(), tree: none, receipts: [], pruned, keptFrom: 1 });
    expect(store.prunableHistory(2, 10)).toEqual(NOTHING_PRUNED);
    const later = new PageReader(store, sha256);
    expect(() => later.page('', first.version)).toThrow('missing');
    expect(later.page('', tree.root.version).hashAt(1)).toEqual(tree.root.hash);
    await store.close();
  });

  test.each([STORE_FORMAT - 1, STORE_FORMAT + 1])('refuses format %i', async (format) => {
    const folder = aFolder();
    const { store } = await aStore(folder);
    await store.close();
    const raw = open<Buffer, Buffer>({
      path: join(folder, 'ledger.mdb'),
      maxDbs: 16,
      overlappingSync: false,
      keyEncoding: 'binary',
      encoding: 'binary',
    });
    const meta = raw.openDB<Buffer, Buffer>({ name: 'meta', keyEncoding: 'binary', encoding: 'binary' });
    await meta.put(Buffer.from('chain'), Buffer.from(JSON.stringify({ chainId: 'a-1', format, genesisHash: '' })));
    await raw.close();
    const newer = new LedgerStore(folder);
    expect(() => newer.readChain()).toThrow(`store has format ${format}, this version reads ${STORE_FORMAT}`);
    await newer.close();
  });
});

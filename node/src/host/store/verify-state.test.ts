import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encodeCanonical } from '@civitas/canon';
import { nodeCrypto } from '@civitas/canon/node';
import { afterEach, expect, test } from '@jest/globals';
import { open } from 'lmdb';
import { applyWrites } from '../../core/ledger/execute-block.ts';
import { MemoryPages } from '../../core/state/memory-pages.ts';
import { PageReader } from '../../core/state/page-store.ts';
import type { StoredRecord } from '../../core/state/records.ts';
import { EMPTY_ROOT } from '../../core/state/tree.ts';
import { entryText } from './entry-text.ts';
import { LedgerStore, NOTHING_PRUNED } from './ledger-store.ts';
import { pageKey } from './store-keys.ts';
import { verifyState } from './verify-state.ts';

const { sha256 } = nodeCrypto;
const folders: string[] = [];

afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

const keyOf = (n: number): string => `a.b/items/${n}`;

async function aStoredLedger(count: number): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'civitas-verify-'));
  folders.push(folder);
  const records = Array.from({ length: count }, (_, n): [string, StoredRecord] => [
    keyOf(n),
    { record: { n }, bytes: encodeCanonical({ n }) },
  ]);
  const writes = new Map(records);
  const tree = applyWrites({ sha256, reader: new PageReader(new MemoryPages(), sha256) }, EMPTY_ROOT, 0, writes);
  const hash = sha256(new Uint8Array(1));
  const record = { height: 0, timeUnixMs: 1, hash, root: tree.root, resultsHash: hash, bundles: [], blockBytes: 0 };
  const store = new LedgerStore(folder);
  const commit = { record, block: undefined, writes, tree, receipts: [], pruned: NOTHING_PRUNED, keptFrom: 0 };
  await store.writeGenesis({ chainId: 'a-1', genesisHash: hash }, commit);
  await store.close();
  return folder;
}

async function damage(folder: string, name: string, change: (db: ReturnType<typeof openDb>) => Promise<unknown>): Promise<void> {
  const root = open<Buffer, Buffer>({
    path: join(folder, 'ledger.mdb'),
    maxDbs: 16,
    overlappingSync: false,
    keyEncoding: 'binary',
    encoding: 'binary',
  });
  await change(openDb(root, name));
  await root.close();
}

function openDb(root: ReturnType<typeof open<Buffer, Buffer>>, name: string) {
  return root.openDB<Buffer, Buffer>({ name, keyEncoding: 'binary', encoding: 'binary' });
}

async function findingOf(folder: string): Promise<string> {
  const store = new LedgerStore(folder);
  const { ok, finding } = await verifyState(store, sha256);
  expect(ok).toBe(finding === '');
  await store.close();
  return finding;
}

const RECORDS = 'records do not give the root of the last block';

test('an unharmed state has no finding', async () => {
  expect(await findingOf(await aStoredLedger(3_000))).toBe('');
  expect(await findingOf(await aStoredLedger(1))).toBe('');
});

test('a record that was changed, lost or added by hand is found', async () => {
  const folder = await aStoredLedger(300);
  // As a text without a shape.
  const stored = (key: string, text: string): Buffer =>
    Buffer.concat([Buffer.from([0, 0]), entryText(Buffer.from(key), Buffer.from(text))]);
  const number = Buffer.from([0, 0, 0, 0, 0, 8]);
  await damage(folder, 'state-records', (db) => db.put(number, stored(keyOf(7), '{"n":8}')));
  expect(await findingOf(folder)).toBe(RECORDS);
  await damage(folder, 'state-records', (db) => db.remove(number));
  expect(await findingOf(folder)).toBe(RECORDS);
  await damage(folder, 'state-records', (db) => db.put(number, stored(keyOf(7), '{"n":7}')));
  expect(await findingOf(folder)).toBe('');
  await damage(folder, 'state-records', (db) => db.put(number, stored(keyOf(7), '{"n')));
  expect(await findingOf(folder)).toBe(RECORDS);
  await damage(folder, 'state-records', (db) => db.put(number, stored(keyOf(7), '{"n":7}')));
  await damage(folder, 'state-records', (db) => db.put(Buffer.alloc(6, 9), stored(keyOf(300), '{"n":300}')));
  expect(await findingOf(folder)).toBe(RECORDS);
});

test('a page with one bit flipped is found by its path', async () => {
  const folder = await aStoredLedger(300);
  await damage(folder, 'pages', (db) => {
    const page = Buffer.from(db.get(pageKey('a')) ?? []);
    page[page.length - 1] = (page[page.length - 1] ?? 0) ^ 1;
    return db.put(pageKey('a'), page);
  });
  expect(await findingOf(folder)).toBe("the page 'a' of the state tree does not give its hash");
});

test('a store without a block has nothing to verify', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'civitas-verify-'));
  folders.push(folder);
  expect(await findingOf(folder)).toBe('the store has no block');
});

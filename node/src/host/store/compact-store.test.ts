import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encodeCanonical } from '@civitas/canon';
import { nodeCrypto } from '@civitas/canon/node';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { open } from 'lmdb';
import { applyWrites } from '../../core/ledger/execute-block.ts';
import { StoreFault } from '../../core/ledger/refusal.ts';
import { PageReader } from '../../core/state/page-store.ts';
import { EMPTY_ROOT, type TreeRoot } from '../../core/state/tree.ts';
import { compactStore } from './compact-store.ts';
import { LedgerStore, NOTHING_PRUNED } from './ledger-store.ts';
import { storeFile } from './store-file.ts';

const { sha256 } = nodeCrypto;
const HASH = sha256(new Uint8Array(1));
const STEPS = 8;
const ROOM = 2 ** 30;
const RECORDS_A_STEP = 1_000;

let folder: string;
let root: TreeRoot;

/** Records in random places, in steps so large that each leaves most pages of the one before free. */
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'civitas-compact-'));
  root = EMPTY_ROOT;
  const store = new LedgerStore(folder);
  const reader = new PageReader(store, sha256, 2_000);
  for (let step = 0; step < STEPS; step++) {
    const writes = new Map(
      Array.from({ length: RECORDS_A_STEP }, (_, at) => {
        const n = step * RECORDS_A_STEP + at;
        const record = { n, text: 'x'.repeat(200) };
        return [`a/${Buffer.from(sha256(Uint8Array.of(n & 255, n >> 8))).toString('hex')}`, { record, bytes: encodeCanonical(record) }];
      }),
    );
    const tree = applyWrites({ sha256, reader }, root, 0, writes);
    root = tree.root;
    const record = { height: 0, timeUnixMs: 0, hash: HASH, root, resultsHash: HASH, bundles: [], blockBytes: 0 };
    const commit = { record, block: undefined, writes, tree, receipts: [], pruned: NOTHING_PRUNED, keptFrom: 0 };
    if (step + 1 < STEPS) await store.writeCommit(commit);
    else await store.writeGenesis({ chainId: 'a-1', genesisHash: HASH }, commit);
    reader.commit(tree);
  }
  await store.close();
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

const fileOf = (): string => storeFile(folder);

/** Pages that LMDB's list of free ones takes itself. */
async function listPages(): Promise<number> {
  const store = open({ path: fileOf(), maxDbs: 16, readOnly: true, keyEncoding: 'binary', encoding: 'binary' });
  const { free } = store.getStats() as { free: { treeLeafPageCount: number; overflowPages: number } };
  await store.close();
  return free.treeLeafPageCount + free.overflowPages;
}

test('a store that was filled in large steps has no list of free pages afterwards, is smaller, private, and says the same', async () => {
  const before = statSync(fileOf()).size;
  expect(await listPages()).toBeGreaterThan(0);
  expect(await compactStore(folder, () => ROOM)).toBe(true);
  expect(await listPages()).toBe(0);
  expect(statSync(fileOf()).size).toBeLessThan(before);
  expect(statSync(fileOf()).mode & 0o777).toBe(0o600);
  const store = new LedgerStore(folder);
  expect(store.readChain()).toEqual({ chainId: 'a-1', genesisHash: HASH });
  expect(store.readBlockRecord(0)?.root).toEqual(root);
  expect(store.scan({ prefix: 'a/', limit: STEPS * RECORDS_A_STEP + 1 })).toHaveLength(STEPS * RECORDS_A_STEP);
  await store.close();
});

test('without room for a second copy the store stays as it is', async () => {
  const before = readFileSync(fileOf());
  expect(await compactStore(folder, () => before.length)).toBe(false);
  expect(readFileSync(fileOf()).equals(before)).toBe(true);
});

test('a store that is not there is a fault of the store, and none is made', async () => {
  rmSync(fileOf());
  await expect(compactStore(folder, () => ROOM)).rejects.toThrow(StoreFault);
  expect(existsSync(fileOf())).toBe(false);
});

// Fills a store with records and nothing else, once for all nodes of a network: `fill-store.ts FOLDER COUNT`.
import { base64urlEncode, encodeCanonical, type JsonObject } from '@civitas/canon';
import { sodiumCrypto } from '@civitas/canon/sodium';
import { applyWrites } from '../../../node/src/core/ledger/execute-block.ts';
import { PageReader } from '../../../node/src/core/state/page-store.ts';
import type { StoredRecord } from '../../../node/src/core/state/records.ts';
import { EMPTY_ROOT, type TreeRoot } from '../../../node/src/core/state/tree.ts';
import { freeBytesOf } from '../../../node/src/host/engine/cometbft/disk-guard.ts';
import { genesisRecord } from '../../../node/src/host/ledger/ledger-application.ts';
import { compactStore } from '../../../node/src/host/store/compact-store.ts';
import { LedgerStore, NOTHING_PRUNED } from '../../../node/src/host/store/ledger-store.ts';

const SLICE = 20_000;
const { sha256 } = sodiumCrypto;

/** The n-th record that every filled node has, among the documents that operations register: their random places are what a state that grew has. */
function filler(n: number): [string, StoredRecord] {
  const record: JsonObject = { digest: 'x'.repeat(160), n, status: 'filed' };
  const id = base64urlEncode(sha256(new TextEncoder().encode(String(n))).subarray(0, 16));
  return [`health.index/documents/${id}`, { record, bytes: encodeCanonical(record) }];
}

const [folder = '', count = '0'] = process.argv.slice(2);
const store = new LedgerStore(folder);
const reader = new PageReader(store, sha256);
let root: TreeRoot = EMPTY_ROOT;
for (let from = 0; from < Number(count); from += SLICE) {
  const writes = new Map<string, StoredRecord | undefined>();
  for (let n = from; n < Math.min(from + SLICE, Number(count)); n++) writes.set(...filler(n));
  const update = applyWrites({ sha256, reader }, root, 0, writes);
  root = update.root;
  const tree = { ...update, history: [], kept: [] };
  const record = genesisRecord(sha256, root, 0);
  await store.writeCommit({ record, block: undefined, writes, tree, receipts: [], pruned: NOTHING_PRUNED, keptFrom: 0 });
  reader.commit(update);
}
await store.close();
// As a node leaves it that joined by a snapshot.
await compactStore(folder, freeBytesOf);

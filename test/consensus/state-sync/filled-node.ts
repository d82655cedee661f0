// `node serve` over a store that is born with many records beside its genesis: what a network looks like after years, in a minute.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { encodeCanonical, type JsonObject } from '@civitas/canon';
import { nodeCrypto } from '@civitas/canon/node';
import { allContracts } from '@civitas/contracts';
import { applyWrites } from '../../../node/src/core/ledger/execute-block.ts';
import { genesisState } from '../../../node/src/core/ledger/genesis-state.ts';
import { PageReader } from '../../../node/src/core/state/page-store.ts';
import type { StoredRecord } from '../../../node/src/core/state/records.ts';
import { EMPTY_ROOT, type TreeRoot } from '../../../node/src/core/state/tree.ts';
import { parseGenesis } from '../../../node/src/host/config/parse-genesis.ts';
import { podOf } from '../../../node/src/host/config/pod.ts';
import { VERSION } from '../../../node/src/host/config/version.ts';
import { genesisRecord } from '../../../node/src/host/ledger/ledger-application.ts';
import { nodeLedgerOpener } from '../../../node/src/host/serve/open-node-ledger.ts';
import { runUntilStopped } from '../../../node/src/host/serve/run-until-stopped.ts';
import { serveNode } from '../../../node/src/host/serve/serve-node.ts';
import { LedgerStore, NOTHING_PRUNED } from '../../../node/src/host/store/ledger-store.ts';

const SLICE = 20_000;
const { sha256 } = nodeCrypto;

/** The n-th record that every filled node has. */
function filler(n: number): [string, StoredRecord] {
  const record: JsonObject = { digest: 'x'.repeat(160), n, status: 'filed' };
  return [`health.index/filler/${n}`, { record, bytes: encodeCanonical(record) }];
}

async function fill(dataFolder: string, genesisBytes: Uint8Array, count: number): Promise<void> {
  const folder = join(dataFolder, 'ledger');
  if (existsSync(folder)) return;
  const genesis = parseGenesis(genesisBytes);
  if (!genesis.ok) throw new Error(genesis.refusal.code);
  const store = new LedgerStore(folder);
  const reader = new PageReader(store, sha256);
  const chain = { chainId: genesis.value.chainId, genesisHash: sha256(genesisBytes) };
  let root: TreeRoot = EMPTY_ROOT;
  for (let from = -SLICE; from < count; from += SLICE) {
    const writes = new Map<string, StoredRecord | undefined>(from < 0 ? genesisState(sha256, genesis.value).changes : []);
    for (let n = Math.max(from, 0); n < Math.min(from + SLICE, count); n++) writes.set(...filler(n));
    const update = applyWrites({ sha256, reader }, root, 0, writes);
    root = update.root;
    const tree = { ...update, history: [], kept: [] };
    const record = genesisRecord(sha256, root, genesis.value.genesisTimeUnixMs);
    const commit = { record, block: undefined, writes, tree, receipts: [], pruned: NOTHING_PRUNED, keptFrom: 0 };
    await store.writeGenesis(chain, commit);
    reader.commit(update);
  }
  await store.close();
}

const count = Number(process.env['CIVITAS_FILL_RECORDS'] ?? '0');
const open = nodeLedgerOpener();
const { node, opened } = await serveNode({
  pod: podOf(process.env),
  version: VERSION,
  openLedger: async (request) => {
    await fill(request.dataFolder, request.genesisBytes, count);
    return open(request);
  },
  contracts: allContracts,
});
runUntilStopped(node.log, node);
await opened;

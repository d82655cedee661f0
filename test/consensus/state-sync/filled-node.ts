// `node serve` over a store that is born with many records beside its genesis: what a network looks like after years, in a minute.
import { COPYFILE_FICLONE } from 'node:constants';
import { copyFileSync, existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { sodiumCrypto } from '@civitas/canon/sodium';
import { allContracts } from '@civitas/contracts';
import { applyWrites } from '../../../node/src/core/ledger/execute-block.ts';
import { genesisState } from '../../../node/src/core/ledger/genesis-state.ts';
import { PageReader } from '../../../node/src/core/state/page-store.ts';
import { EMPTY_ROOT } from '../../../node/src/core/state/tree.ts';
import { parseGenesis } from '../../../node/src/host/config/parse-genesis.ts';
import { podOf } from '../../../node/src/host/config/pod.ts';
import { VERSION } from '../../../node/src/host/config/version.ts';
import { genesisRecord } from '../../../node/src/host/ledger/ledger-application.ts';
import { nodeLedgerOpener } from '../../../node/src/host/serve/open-node-ledger.ts';
import { runUntilStopped } from '../../../node/src/host/serve/run-until-stopped.ts';
import { serveNode } from '../../../node/src/host/serve/serve-node.ts';
import { LedgerStore, NOTHING_PRUNED } from '../../../node/src/host/store/ledger-store.ts';
import { storeFile } from '../../../node/src/host/store/store-file.ts';
import { measureLoop } from './measure-loop.ts';

const { sha256 } = sodiumCrypto;

/** Adds the genesis to a copy of a store that holds records alone. */
async function bear(dataFolder: string, genesisBytes: Uint8Array, filled: string): Promise<void> {
  const [folder, unborn] = [join(dataFolder, 'ledger'), join(dataFolder, 'ledger.unborn')];
  if (existsSync(folder)) return;
  const genesis = parseGenesis(genesisBytes);
  if (!genesis.ok) throw new Error(genesis.refusal.code);
  rmSync(unborn, { recursive: true, force: true });
  mkdirSync(unborn, { recursive: true });
  copyFileSync(storeFile(filled), storeFile(unborn), COPYFILE_FICLONE);
  const store = new LedgerStore(unborn);
  const reader = new PageReader(store, sha256);
  const { changes: writes } = genesisState(sha256, genesis.value);
  const update = applyWrites({ sha256, reader }, store.readBlockRecord(0)?.root ?? EMPTY_ROOT, 0, writes);
  const tree = { ...update, history: [], kept: [] };
  const record = genesisRecord(sha256, update.root, genesis.value.genesisTimeUnixMs);
  const chain = { chainId: genesis.value.chainId, genesisHash: sha256(genesisBytes) };
  const commit = { record, block: undefined, writes, tree, receipts: [], pruned: NOTHING_PRUNED, keptFrom: 0 };
  await store.writeGenesis(chain, commit);
  await store.close();
  renameSync(unborn, folder);
}

const open = nodeLedgerOpener();
const { node, opened } = await serveNode({
  pod: podOf(process.env),
  version: VERSION,
  openLedger: async (request) => {
    await bear(request.dataFolder, request.genesisBytes, process.env['CIVITAS_FILLED_STORE'] ?? '');
    measureLoop();
    return open(request);
  },
  contracts: allContracts,
});
runUntilStopped(node.log, node);
await opened;

import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type CryptoPort, hexEncode } from '@civitas/canon';
import type { Genesis, NodeConfig, PeerDocument } from '@civitas/deployment';
import { engineGenesisOf } from '../engine/cometbft/engine-genesis.ts';
import { runHandOver } from '../engine/cometbft/hand-over-program.ts';
import type { LedgerStore } from '../store/ledger-store.ts';
import type { CertificateProvider } from '../tls/certificate-folder.ts';
import { joinAtHeight, joinBySnapshot } from './join-by-snapshot.ts';
import { beginJoin, endJoin } from './join-marker.ts';
import type { LedgerSnapshots, SnapshotLog } from './ledger-snapshots.ts';
import { openPeerClient } from './peer-client.ts';
import { endRebuilding, isRebuilding } from './restore-backup.ts';

export interface StartJoin {
  readonly config: Pick<NodeConfig, 'stateSync'>;
  readonly genesis: Genesis;
  readonly crypto: CryptoPort;
  readonly store: LedgerStore;
  readonly snapshots: LedgerSnapshots;
  readonly dataFolder: string;
  readonly engineHome: string;
  readonly provider: CertificateProvider;
  readonly peers: readonly PeerDocument[];
  /** tools/engine/handover: brings an engine to the height of a store that was made from a backup. */
  readonly handOverProgram: string;
  readonly log: SnapshotLog;
}

/**
 * Lets a fresh node start from a snapshot where its configuration says so, and one whose store was made from a backup after that height.
 *
 * @returns the engine's `[statesync]` table; '' for a node that has blocks, does not want it, or finds no snapshot at its peers.
 */
export async function startJoin(request: StartJoin): Promise<string> {
  if (isRebuilding(request.dataFolder)) {
    await startAfterBackup(request);
    return '';
  }
  const { config, genesis, crypto, store, snapshots, dataFolder, engineHome, provider, peers, log } = request;
  const isFresh = (store.readHead()?.height ?? 0) === 0 && !existsSync(join(engineHome, 'data', 'blockstore.db'));
  if (config.stateSync !== true || !isFresh) return '';
  mkdirSync(engineHome, { recursive: true, mode: 0o700 });
  const clients = peers.map((peer) => openPeerClient(peer, genesis.chainId, provider));
  const joining = await joinBySnapshot({ genesis, crypto, peers: clients, engineHome, log });
  if (joining === undefined) {
    log.info?.('no-snapshot-to-join-by', { peerCount: peers.length });
    for (const client of clients) client.close();
    return '';
  }
  beginJoin(dataFolder);
  snapshots.joinBy({
    certifiedLightBlock: (height) => joining.certifiedLightBlock(height),
    joined: () => {
      endJoin(dataFolder);
      joining.close().catch((error: unknown) => log.error('light-rpc-close-failed', { message: String(error) }));
    },
  });
  return joining.engineConfig;
}

/** Every start of a node that is being rebuilt from a backup begins with an empty engine and a store of the backup's height. */
async function startAfterBackup(request: StartJoin): Promise<void> {
  const { genesis, crypto, store, snapshots, dataFolder, engineHome, provider, peers, handOverProgram, log } = request;
  mkdirSync(engineHome, { recursive: true, mode: 0o700 });
  const height = store.readHead()?.height ?? 0;
  const root = store.readBlockRecord(height)?.root;
  if (root === undefined) throw new Error(`the store that was made from a backup has no record of its height ${height}`);
  const clients = peers.map((peer) => openPeerClient(peer, genesis.chainId, provider));
  const joining = await joinAtHeight({ genesis, crypto, peers: clients, engineHome, log }, height);
  const { trust, servers } = joining;
  await runHandOver({
    program: handOverProgram,
    args: ['bootstrap', '.', String(height), hexEncode(root.hash), trust.hash, servers.join(',')],
    folder: engineHome,
    input: [JSON.stringify(engineGenesisOf(crypto.sha256, genesis))],
  });
  log.info?.('engine-starts-after-backup', { height });
  snapshots.joinBy({
    certifiedLightBlock: (at) => joining.certifiedLightBlock(at),
    joined: () => {
      endRebuilding(dataFolder);
      joining.close().catch((error: unknown) => log.error('light-rpc-close-failed', { message: String(error) }));
    },
  });
}

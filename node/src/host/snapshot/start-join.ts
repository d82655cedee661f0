import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { CryptoPort } from '@civitas/canon';
import type { Genesis, NodeConfig, PeerDocument } from '@civitas/deployment';
import type { LedgerStore } from '../store/ledger-store.ts';
import type { CertificateProvider } from '../tls/certificate-folder.ts';
import { joinBySnapshot } from './join-by-snapshot.ts';
import { beginJoin, endJoin } from './join-marker.ts';
import type { LedgerSnapshots, SnapshotLog } from './ledger-snapshots.ts';
import { openPeerClient } from './peer-client.ts';

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
  readonly log: SnapshotLog;
}

/**
 * Lets a fresh node start from a snapshot where its configuration says so.
 *
 * @returns the engine's `[statesync]` table; '' for a node that has blocks, does not want it, or finds no snapshot at its peers.
 */
export async function startJoin(request: StartJoin): Promise<string> {
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

import { type CryptoPort, hexEncode, isJsonObject, type JsonObject } from '@civitas/canon';
import type { Genesis } from '@civitas/deployment';
import { CertifiedHeaders, genesisValidators, headerHash, type LightBlock } from '@civitas/proofs';
import { engineGenesisOf } from '../engine/cometbft/engine-genesis.ts';
import { socketPath } from '../engine/cometbft/engine-socket.ts';
import { agreedPriorities } from './agreed-priorities.ts';
import type { SnapshotLog } from './ledger-snapshots.ts';
import { LightRpc } from './light-rpc.ts';
import type { PeerClient } from './peer-client.ts';

/** Names below the engine's home; the engine wants two servers and compares what they say. */
const LIGHT_SOCKETS = ['light0.sock', 'light1.sock'] as const;

export interface JoinRequest {
  readonly genesis: Genesis;
  readonly crypto: CryptoPort;
  readonly peers: readonly PeerClient[];
  readonly engineHome: string;
  readonly log: SnapshotLog;
}

/** What a node needs to join by snapshot, while it does. */
export interface Joining {
  /** The `[statesync]` table of the engine's configuration. */
  readonly engineConfig: string;
  certifiedLightBlock(height: number): Promise<LightBlock>;
  close(): Promise<void>;
}

/** The lowest snapshot that a peer names: every header the engine asks for then lies ahead of its trust, and none must be walked back to. */
async function trustHeightOf(peers: readonly PeerClient[]): Promise<number | undefined> {
  const answers = await Promise.allSettled(peers.map((peer) => peer.fetchSnapshotHeights()));
  const heights = answers.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : [])).filter((height) => height > 0);
  return heights.length === 0 ? undefined : Math.min(...heights);
}

/**
 * Prepares the engine's state sync: a header verified from the genesis on as its trust, and an RPC that shows it only verified headers.
 *
 * @returns undefined when no peer has a snapshot: then the node starts from the first block.
 * @throws NoCertifiedHeader when no peer shows a header that verifies.
 */
export async function joinBySnapshot(request: JoinRequest): Promise<Joining | undefined> {
  const { genesis, crypto, peers, engineHome, log } = request;
  const trustHeight = await trustHeightOf(peers);
  if (trustHeight === undefined) return undefined;
  const validators = genesisValidators(crypto.sha256, genesis.validators);
  if (!validators.ok) throw new Error(`genesis: ${validators.refusal.code}`);
  const headers = new CertifiedHeaders({ chainId: genesis.chainId, validators: validators.value, crypto, sources: peers });
  const trusted = await headers.at(trustHeight);
  const trustHash = hexEncode(headerHash(crypto.sha256, trusted.header)).toUpperCase();
  log.info?.('joining-by-snapshot', { trustHeight, trustHash, peerCount: peers.length });
  const consensusParams = engineGenesisOf(crypto.sha256, genesis)['consensus_params'];
  const rpc = new LightRpc({
    certifiedLightBlock: (height) => headers.at(height),
    priorities: ({ header, validators }) => agreedPriorities(peers, Number(header.height), validators),
    consensusParams: isJsonObject(consensusParams) ? consensusParams : ({} satisfies JsonObject),
    log,
  });
  await rpc.listen(LIGHT_SOCKETS.map((name) => socketPath(engineHome, name, process.cwd())));
  return {
    // Trust is ours, from the genesis on and of any age, so the engine's own period never ends it.
    engineConfig: `
[statesync]
enable = true
rpc_servers = "${LIGHT_SOCKETS.map((name) => `unix://${name}`).join(',')}"
trust_height = ${trustHeight}
trust_hash = "${trustHash}"
trust_period = "87600h0m0s"
discovery_time = "5s"
chunk_request_timeout = "5s"
chunk_fetchers = "4"
`,
    certifiedLightBlock: (height) => headers.at(height),
    close: async () => {
      await rpc.close();
      for (const peer of peers) peer.close();
    },
  };
}

import { type CryptoPort, hexEncode, isJsonObject, type JsonObject } from '@civitas/canon';
import type { Genesis } from '@civitas/deployment';
import { CertifiedHeaders, genesisValidators, headerHash, type LightBlock } from '@civitas/proofs';
import { engineGenesisOf } from '../engine/cometbft/engine-genesis.ts';
import { socketPath } from '../engine/cometbft/engine-socket.ts';
import { agreedPriorities } from './agreed-priorities.ts';
import { highestHeader } from './highest-header.ts';
import type { SnapshotLog } from './ledger-snapshots.ts';
import { LightRpc } from './light-rpc.ts';
import { SNAPSHOTS_KEPT } from './limits.ts';
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
  /** Where the engine's trust begins, verified from the genesis on. */
  readonly trust: { readonly height: number; readonly hash: string };
  /** Servers of verified headers, relative to the engine's home. */
  readonly servers: readonly string[];
  /** The `[statesync]` table of the engine's configuration. */
  readonly engineConfig: string;
  certifiedLightBlock(height: number): Promise<LightBlock>;
  close(): Promise<void>;
}

/** Heights of snapshots as peers name them, lowest first, as many of each as a node keeps; and whether one has none. */
async function namedHeights(peers: readonly PeerClient[]): Promise<{ readonly heights: readonly number[]; readonly someHasNone: boolean }> {
  const answers = await Promise.allSettled(peers.map((peer) => peer.fetchSnapshotHeights()));
  const named = answers.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value] : []));
  const heights = named.flatMap((heights) => heights.slice(0, SNAPSHOTS_KEPT)).filter((height) => height > 0);
  return { heights: [...new Set(heights)].sort((left, right) => left - right), someHasNone: named.some(({ length }) => length === 0) };
}

/**
 * The lowest snapshot that there is a certified header for: every header the engine asks for then lies ahead of its trust, and none must be
 * walked back to. A height that a peer invented is passed over.
 *
 * @returns undefined when no peer names a snapshot, and when no height verifies and some peer has none. @throws NoCertifiedHeader else.
 */
async function trustedHeader(peers: readonly PeerClient[], headers: CertifiedHeaders, log: SnapshotLog): Promise<LightBlock | undefined> {
  const { heights, someHasNone } = await namedHeights(peers);
  let failure: unknown;
  for (const height of heights) {
    try {
      return await headers.at(height);
    } catch (error) {
      failure = error;
      log.warn?.('snapshot-height-unproven', { height, reason: String(error) });
    }
  }
  if (failure === undefined || someHasNone) return undefined;
  throw failure;
}

/**
 * Prepares the engine's state sync: a header verified from the genesis on as its trust, and an RPC that shows it only verified headers.
 *
 * @returns undefined when no peer has a snapshot that a certified header proves: then the node starts from the first block.
 * @throws NoCertifiedHeader when all that answered name snapshots and none shows a header that verifies.
 */
export async function joinBySnapshot(request: JoinRequest): Promise<Joining | undefined> {
  const headers = certifiedHeaders(request);
  const trusted = await trustedHeader(request.peers, headers, request.log);
  return trusted === undefined ? undefined : serveTrust(request, headers, trusted);
}

/**
 * The same for an engine whose application stands at a height already.
 *
 * @throws NoCertifiedHeader when no peer shows a header of that height that verifies.
 */
export async function joinAtHeight(request: JoinRequest, height: number): Promise<Joining> {
  const headers = certifiedHeaders(request);
  return serveTrust(request, headers, await headers.at(height));
}

function chainOf({ genesis, crypto, peers }: JoinRequest): ConstructorParameters<typeof CertifiedHeaders>[0] {
  const validators = genesisValidators(crypto.sha256, genesis.validators);
  if (!validators.ok) throw new Error(`genesis: ${validators.refusal.code}`);
  return { chainId: genesis.chainId, validators: validators.value, crypto, sources: peers };
}

function certifiedHeaders(request: JoinRequest): CertifiedHeaders {
  return new CertifiedHeaders(chainOf(request));
}

async function serveTrust(request: JoinRequest, headers: CertifiedHeaders, trusted: LightBlock): Promise<Joining> {
  const { genesis, crypto, peers, engineHome, log } = request;
  const trustHeight = Number(trusted.header.height);
  const trustHash = hexEncode(headerHash(crypto.sha256, trusted.header)).toUpperCase();
  log.info?.('joining-by-snapshot', { trustHeight, trustHash, peerCount: peers.length });
  const consensusParams = engineGenesisOf(crypto.sha256, genesis)['consensus_params'];
  const rpc = new LightRpc({
    certifiedLightBlock: (height) => headers.at(height),
    highestHeight: highestHeader(chainOf(request)),
    priorities: ({ header, validators }) => agreedPriorities(peers, Number(header.height), validators),
    consensusParams: isJsonObject(consensusParams) ? consensusParams : ({} satisfies JsonObject),
    log,
  });
  await rpc.listen(LIGHT_SOCKETS.map((name) => socketPath(engineHome, name, process.cwd())));
  const servers = LIGHT_SOCKETS.map((name) => `unix://${name}`);
  return {
    trust: { height: trustHeight, hash: trustHash },
    servers,
    // Trust is ours, from the genesis on and of any age, so the engine's own period never ends it.
    engineConfig: `
[statesync]
enable = true
rpc_servers = "${servers.join(',')}"
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

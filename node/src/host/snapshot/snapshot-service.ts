import { accept, type Bytes, type Result, refuse } from '@civitas/canon';
import type { PeerIdentity } from '@civitas/deployment';
import type {
  GetBlockBytesRequest,
  GetBlockBytesResponse,
  GetChunkRequest,
  GetChunkResponse,
  GetLightBlocksRequest,
  GetLightBlocksResponse,
  GetManifestRequest,
  GetManifestResponse,
  GetProposerPrioritiesRequest,
  GetProposerPrioritiesResponse,
  ListSnapshotsResponse,
  SnapshotServiceServer,
  TakeSnapshotResponse,
} from '@civitas/proto/civitas/node/v1/snapshot';
import { EngineFault } from '../engine/cometbft/engine-fault.ts';
import type { LedgerHost } from '../ledger/ledger-host.ts';
import type { Guard, ServiceRule } from '../rpc/guard.ts';
import { HEADERS_MAX } from '../rpc/limits.ts';
import type { SnapshotSource } from './snapshot-source.ts';

/** What the service reads. */
export interface SnapshotDoor {
  readonly ledger: Pick<LedgerHost, 'lightBlock' | 'status'>;
  readonly snapshots: SnapshotSource;
}

/** The whole state is for those who hold it anyway: nodes of this network, its operator and backups, the organisation that runs this node. */
export function mayReadState(peer: PeerIdentity, organisation: string): boolean {
  if (peer.kind === 'node' || peer.kind === 'operator' || peer.kind === 'backup') return true;
  return peer.kind === 'client' && peer.organisation === organisation;
}

async function getChunk({ snapshots }: SnapshotDoor, { height, index }: GetChunkRequest): Promise<Result<GetChunkResponse>> {
  const chunk = await snapshots.findChunk(Number(height), index);
  return chunk === undefined ? refuse('NOT_FOUND', { what: 'snapshot chunk', height: Number(height), index }) : accept({ chunk });
}

function takeSnapshot({ snapshots }: SnapshotDoor): Result<TakeSnapshotResponse> {
  const begun = snapshots.begin();
  return begun.ok ? accept({ height: BigInt(begun.value) }) : begun;
}

function getManifest({ snapshots }: SnapshotDoor, { height }: GetManifestRequest): Result<GetManifestResponse> {
  const manifest = snapshots.findManifest(Number(height));
  return manifest === undefined ? refuse('NOT_FOUND', { what: 'snapshot', height: Number(height) }) : accept({ manifest });
}

function getLightBlocks({ ledger }: SnapshotDoor, { heights }: GetLightBlocksRequest): Result<GetLightBlocksResponse> {
  if (heights.length > HEADERS_MAX) return refuse('MALFORMED', { field: 'heights', expected: `at most ${HEADERS_MAX}` });
  const lightBlocks: Bytes[] = [];
  const head = ledger.status().height;
  for (const height of heights) {
    const wanted = height === 0n ? head : Number(height);
    const lightBlock = ledger.lightBlock(wanted);
    if (lightBlock === undefined) return refuse('NOT_FOUND', { what: 'header', height: wanted, head }, 'retry');
    lightBlocks.push(lightBlock);
  }
  return accept({ lightBlocks });
}

async function getProposerPriorities(
  { snapshots }: SnapshotDoor,
  { height }: GetProposerPrioritiesRequest,
): Promise<Result<GetProposerPrioritiesResponse>> {
  const missing = refuse('NOT_FOUND', { what: 'proposer priorities', height: Number(height) }, 'retry');
  try {
    const priorities = await snapshots.proposerPriorities(Number(height));
    return priorities === undefined ? missing : accept({ priorities: [...priorities] });
  } catch (error) {
    // An engine that joined by snapshot itself has none of the heights before.
    if (error instanceof EngineFault) return missing;
    throw error;
  }
}

/** SnapshotService on a node's gRPC listener. @param organisation that runs this node. */
export function snapshotService(guard: Guard, door: () => SnapshotDoor, organisation: string): SnapshotServiceServer {
  const accepts = (peer: PeerIdentity): boolean => mayReadState(peer, organisation);
  const rule: ServiceRule = { service: 'SnapshotService', accepts, membership: true };
  // Nodes only read: each snapshot costs seconds of work and its size on disk.
  const taking: ServiceRule = { ...rule, accepts: (peer) => peer.kind !== 'node' && accepts(peer) };
  return {
    listSnapshots: guard.unary(rule, (): Result<ListSnapshotsResponse> => accept({ heights: door().snapshots.heights().map(BigInt) })),
    takeSnapshot: guard.unary(taking, (): Result<TakeSnapshotResponse> => takeSnapshot(door())),
    getManifest: guard.unary(rule, (request: GetManifestRequest) => getManifest(door(), request)),
    getChunk: guard.unary(rule, (request: GetChunkRequest) => getChunk(door(), request)),
    getLightBlocks: guard.unary(rule, (request: GetLightBlocksRequest) => getLightBlocks(door(), request)),
    getBlockBytes: guard.unary(rule, ({ height }: GetBlockBytesRequest): Result<GetBlockBytesResponse> => {
      return accept({ block: door().snapshots.findBlockBytes(Number(height)) ?? new Uint8Array(0) });
    }),
    getProposerPriorities: guard.unary(rule, (request: GetProposerPrioritiesRequest) => getProposerPriorities(door(), request)),
  };
}

import { setTimeout as sleep } from 'node:timers/promises';
import { BackupFault, type BackupSource } from '@civitas/backup';
import type { Bytes } from '@civitas/canon';
import { callUnary, type Unary } from '@civitas/node-call';
import { SnapshotServiceClient } from '@civitas/proto/civitas/node/v1/snapshot';
import { status } from '@grpc/grpc-js';
import { ANSWER_BYTES_MAX } from '../rpc/limits.ts';
import type { CertificateProvider } from '../tls/certificate-folder.ts';
import { channelCredentials } from '../tls/credentials.ts';
import { CALL_ATTEMPTS_MAX, CALL_MS, CALL_RETRY_FIRST_MS, HEADER_WAIT_MS, SNAPSHOT_POLL_MS, SNAPSHOT_WAIT_MS } from './limits.ts';

/** Statuses that pass: the node restarts, is busy, or limits our rate. */
const PASSING: readonly number[] = [status.UNAVAILABLE, status.DEADLINE_EXCEEDED, status.RESOURCE_EXHAUSTED, status.ABORTED];

export interface NodeSourceOptions {
  readonly chainId: string;
  readonly node: string;
  /** `host:port`. */
  readonly address: string;
  readonly provider: CertificateProvider;
  readonly waitMs?: number;
  readonly retryFirstMs?: number;
}

function statusOf(error: unknown): number {
  return typeof error === 'object' && error !== null && 'code' in error ? Number(error.code) : -1;
}

/** Looks until a node lists a snapshot that it has begun. @throws BackupFault SOURCE_SNAPSHOT_LATE. */
export async function untilListed(node: string, height: number, heights: () => Promise<readonly number[]>, waitMs: number): Promise<void> {
  const endMs = performance.now() + waitMs;
  while (!(await heights()).includes(height)) {
    const facts = { node, height };
    if (performance.now() >= endMs)
      throw new BackupFault('SOURCE_SNAPSHOT_LATE', `${node} did not finish the snapshot of block ${height}`, { facts });
    await sleep(SNAPSHOT_POLL_MS);
  }
}

/** One node of a network, which must be the node of that name. @throws BackupFault SOURCE_UNREACHABLE, SOURCE_SNAPSHOT_LATE. */
export function openNodeSource(options: NodeSourceOptions): BackupSource {
  const { chainId, node, address, provider, waitMs = SNAPSHOT_WAIT_MS, retryFirstMs = CALL_RETRY_FIRST_MS } = options;
  const credentials = channelCredentials(provider, (peer) => peer.kind === 'node' && peer.network === chainId && peer.name === node);
  const client = new SnapshotServiceClient(address, credentials, {
    'grpc.ssl_target_name_override': chainId,
    'grpc.max_receive_message_length': ANSWER_BYTES_MAX,
    'grpc.initial_reconnect_backoff_ms': 100,
    'grpc.max_reconnect_backoff_ms': 2000,
  });
  const call = async <Request, Response>(what: string, method: Unary<Request, Response>, request: Request): Promise<Response> => {
    for (let attempt = 1; ; attempt++) {
      try {
        return await callUnary(method, request, { deadlineMs: CALL_MS });
      } catch (cause) {
        const message = `${node} at ${address}: ${what}: ${String(cause)}`;
        if (!PASSING.includes(statusOf(cause)) || attempt >= CALL_ATTEMPTS_MAX)
          throw new BackupFault('SOURCE_UNREACHABLE', message, { facts: { node, status: statusOf(cause) }, cause });
        await sleep(retryFirstMs * 2 ** (attempt - 1));
      }
    }
  };
  const fetchHeights = async (): Promise<readonly number[]> =>
    (await call('snapshots', client.listSnapshots.bind(client), {})).heights.map(Number);
  return {
    name: node,
    fetchHeights,
    takeSnapshot: async () => {
      const height = Number((await call('take snapshot', client.takeSnapshot.bind(client), {})).height);
      await untilListed(node, height, fetchHeights, waitMs);
      return height;
    },
    fetchManifest: async (height) => (await call('manifest', client.getManifest.bind(client), { height: BigInt(height) })).manifest,
    fetchChunk: async (height, index) =>
      (await call(`chunk ${index}`, client.getChunk.bind(client), { height: BigInt(height), index })).chunk,
    fetchLightBlock: async (height): Promise<Bytes> => {
      const endMs = performance.now() + HEADER_WAIT_MS;
      for (;;) {
        try {
          const { lightBlocks } = await call(`header ${height}`, client.getLightBlocks.bind(client), { heights: [BigInt(height)] });
          return lightBlocks[0] ?? new Uint8Array(0);
        } catch (error) {
          // The block after a snapshot of a quiet chain comes with its next empty block.
          const isAhead = error instanceof BackupFault && error.facts['status'] === status.NOT_FOUND;
          if (!isAhead || performance.now() >= endMs) throw error;
          await sleep(SNAPSHOT_POLL_MS);
        }
      }
    },
    fetchBlockBytes: async (height) => (await call(`block ${height}`, client.getBlockBytes.bind(client), { height: BigInt(height) })).block,
    close: () => client.close(),
  };
}

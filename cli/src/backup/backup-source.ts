import { setTimeout as sleep } from 'node:timers/promises';
import type { BackupSource } from '@civitas/backup';
import type { Bytes } from '@civitas/canon';
import { SnapshotServiceClient } from '@civitas/proto/civitas/node/v1/snapshot.ts';
import { Fault } from '../fault.ts';
import { networkOf, type Profile } from '../profile/load-profile.ts';
import { CHANNEL_OPTIONS, channelCredentials } from '../sdk/channel.ts';
import { withRetry } from '../sdk/retry.ts';
import { unary } from '../sdk/unary.ts';

/** Five million records take a busy node a few minutes. */
const SNAPSHOT_WAIT_MS = 20 * 60_000;
const SNAPSHOT_POLL_MS = 500;

/** Looks until a node lists a snapshot that it has begun. @throws Fault SNAPSHOT_LATE. */
export async function untilListed(request: {
  readonly address: string;
  readonly height: bigint;
  readonly heights: () => Promise<readonly bigint[]>;
  readonly waitMs: number;
  readonly signal?: AbortSignal | undefined;
}): Promise<void> {
  const { address, height, heights, waitMs, signal } = request;
  const endMs = performance.now() + waitMs;
  while (!(await heights()).includes(height)) {
    if (performance.now() >= endMs) throw new Fault('SNAPSHOT_LATE', `${address} did not finish the snapshot of block ${height} in time`);
    await sleep(SNAPSHOT_POLL_MS, undefined, { signal });
  }
}

/** @param address `host:port` of one node; the network's gateway Service when left out. */
export function openBackupSource(profile: Profile, network: string, options: { address?: string; signal?: AbortSignal }): BackupSource {
  const access = networkOf(profile, network);
  const { signal } = options;
  const address = options.address ?? access.document.grpc;
  const client = new SnapshotServiceClient(address, channelCredentials(access), CHANNEL_OPTIONS);
  const retried = <T>(what: string, call: () => Promise<T>): Promise<T> =>
    withRetry(call, { request: `${profile.agency} at ${network}: ${what}`, signal });
  const heights = async (): Promise<readonly bigint[]> =>
    (await retried('snapshots', () => unary(client.listSnapshots.bind(client), {}, signal))).heights;
  return {
    name: address,
    fetchHeights: async () => (await heights()).map(Number),
    takeSnapshot: async () => {
      const { height } = await retried('snapshot', () => unary(client.takeSnapshot.bind(client), {}, signal));
      await untilListed({ address, height, heights, waitMs: SNAPSHOT_WAIT_MS, signal });
      return Number(height);
    },
    fetchManifest: async (height) =>
      (await retried('manifest', () => unary(client.getManifest.bind(client), { height: BigInt(height) }, signal))).manifest,
    fetchChunk: async (height, index) =>
      (await retried(`chunk ${index}`, () => unary(client.getChunk.bind(client), { height: BigInt(height), index }, signal))).chunk,
    fetchLightBlock: async (height): Promise<Bytes> => {
      const call = () => unary(client.getLightBlocks.bind(client), { heights: [BigInt(height)] }, signal);
      return (await retried(`header ${height}`, call)).lightBlocks[0] ?? new Uint8Array(0);
    },
    fetchBlockBytes: async (height) =>
      (await retried(`block ${height}`, () => unary(client.getBlockBytes.bind(client), { height: BigInt(height) }, signal))).block,
    close: () => client.close(),
  };
}

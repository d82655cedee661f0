import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { BackupSource } from '@civitas/backup';
import { type JsonObject, parseCanonical, utf8Encode } from '@civitas/canon';
import { nodeCrypto } from '@civitas/canon/node';
import { PORTS, spiffe } from '@civitas/deployment';
import { decodeLightBlock, proofFromJson, verifyCommit, verifyMembership } from '@civitas/proofs';
import type { AdminServiceClient } from '@civitas/proto/civitas/node/v1/admin';
import { SnapshotServiceClient } from '@civitas/proto/civitas/node/v1/snapshot';
import { unlessGone, waitFor } from '@civitas/testkit';
import { Metadata } from '@grpc/grpc-js';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { takeBackup, verifyBackupFolder } from '../../cli/src/backup/backup-folder.ts';
import { restoreVolume } from '../../cli/src/backup/restore-volume.ts';
import { ask } from '../../node/src/host/testing/test-processes.ts';
import { organisationOf } from './network/birth.ts';
import { aDocument, type ConsensusNetwork, startConsensusNetwork } from './network/consensus-network.ts';
import { describeWithEngine } from './network/describe-with-engine.ts';

const FULL = process.env['CIVITAS_FULL'] === '1';
/** Several chunks of a snapshot at least. */
const RECORDS = FULL ? 1_000_000 : 50_000;
const WAIT_MS = FULL ? 900_000 : 240_000;
const TEST_MS_MAX = 5 * WAIT_MS;
const programOf = (name: string): string => fileURLToPath(new URL(`./state-sync/${name}`, import.meta.url));
/**
 * A snapshot goes with the next but one: until then, about as many seconds for each, it must be found, fetched and lied about, where five
 * nodes share two processors. Of a million records that is minutes.
 */
const INTERVAL_BLOCKS = FULL ? 100 : 30;
const VALIDATORS = 4;
/** Where a joining node is killed: a chunk is asked for, some are written, all are in place and the engine knows nothing, the first block. */
const CRASH_POINTS = FULL
  ? ['snapshot-accepted', 'snapshot-restoring', 'snapshot-restored', 'finalize-done']
  : ['snapshot-restoring', 'snapshot-restored'];
const CRASHING = VALIDATORS + 1;

/** Turns a bit in the middle of every chunk that a node keeps. @returns how many. */
function corruptChunks(dataFolder: string): number {
  const folder = join(dataFolder, 'snapshots');
  const corrupt = (path: string): true => {
    const bytes = readFileSync(path);
    bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 1;
    writeFileSync(path, bytes);
    return true;
  };
  let count = 0;
  for (const height of readdirSync(folder)) {
    const names = unlessGone(() => readdirSync(join(folder, height))) ?? [];
    for (const name of names.filter((file) => file.endsWith('.chunk')))
      if (unlessGone(() => corrupt(join(folder, height, name))) === true) count++;
  }
  return count;
}

/** The node's own check of its whole state, which takes longer than any other call. */
function verified(admin: AdminServiceClient): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const answer = (error: Error | null, response: unknown): void => (error === null ? resolve(response) : reject(error));
    admin.verify({}, new Metadata(), { deadline: Date.now() + WAIT_MS }, answer);
  });
}

describeWithEngine(`state sync of ${RECORDS} records`, () => {
  let network: ConsensusNetwork;
  let filled = '';

  beforeAll(async () => {
    filled = mkdtempSync(join(tmpdir(), 'civitas-filled-'));
    await promisify(execFile)(process.execPath, ['--no-warnings', programOf('fill-store.ts'), filled, String(RECORDS)]);
    network = await startConsensusNetwork({
      validators: VALIDATORS,
      config: { emptyBlockIntervalMs: 1_000, snapshotIntervalBlocks: INTERVAL_BLOCKS, snapshotPeriodMs: 0 },
      node: (index) =>
        index < VALIDATORS
          ? { entryPoints: { node: [programOf('filled-node.ts'), 'serve'] }, environment: { CIVITAS_FILLED_STORE: filled } }
          : { entryPoints: { node: [programOf('joining-node.ts'), 'serve'] }, config: { stateSync: true, snapshotIntervalBlocks: 0 } },
      onPod: (index, pod) => {
        if (index === CRASHING) writeFileSync(join(pod.options.root, 'crash-at'), CRASH_POINTS.join('\n'));
      },
    });
  }, TEST_MS_MAX);

  afterAll(async () => {
    await network?.stop();
    rmSync(filled, { recursive: true, force: true });
  });

  async function snapshotsOf(index: number): Promise<SnapshotServiceClient> {
    const identity = spiffe.operator(network.chainId);
    return network.clients.of(SnapshotServiceClient, network.pod(index).options.address, { identity, port: PORTS.grpc });
  }

  /** Node 0 belongs to the first organisation, which may have its whole state; another may not. */
  async function backsUp(height: number): Promise<void> {
    const { address } = network.pod(0).options;
    const clientOf = (organisation: string): Promise<SnapshotServiceClient> =>
      network.clients.of(SnapshotServiceClient, address, {
        identity: spiffe.client(network.chainId, organisation, 'backup'),
        port: PORTS.grpc,
      });
    const [own, other] = [await clientOf(organisationOf(0)), await clientOf(organisationOf(1))];
    await expect(ask(other.getManifest.bind(other), { height: BigInt(height) })).rejects.toMatchObject({ details: 'NOT_AUTHORISED' });
    const folder = join(network.folder, 'backup');
    const source: BackupSource = {
      name: address,
      fetchHeights: async () => [height],
      takeSnapshot: async () => height,
      fetchManifest: async () => (await ask(own.getManifest.bind(own), { height: BigInt(height) })).manifest,
      fetchChunk: async (_, index) => (await ask(own.getChunk.bind(own), { height: BigInt(height), index })).chunk,
      // The one after the snapshot may not be there yet.
      fetchLightBlock: (at) =>
        waitFor(`header ${at}`, async () => (await ask(own.getLightBlocks.bind(own), { heights: [BigInt(at)] })).lightBlocks[0], WAIT_MS),
      fetchBlockBytes: async (at) => (await ask(own.getBlockBytes.bind(own), { height: BigInt(at) })).block,
      close: () => undefined,
    };
    const genesis = network.genesis as object as JsonObject;
    await takeBackup({ source, genesis, folder, onChunk: () => undefined });
    const verified = await verifyBackupFolder(folder);
    expect(verified.ok && verified.value.recordCount).toBeGreaterThan(RECORDS);
    expect(await restoreVolume(folder, join(network.folder, 'volume'))).toMatchObject({ refusal: { code: 'BACKUP_NEEDS_PEERS' } });
  }

  test(
    'a new node joins from snapshots of several peers, turns a liar’s chunks back, catches up and proves records of before and after',
    async () => {
      const before = await network.submit(0, aDocument());
      expect(before.outcome.ok).toBe(true);
      // Blocks of work come faster than empty ones.
      while ((await network.status(0)).height < INTERVAL_BLOCKS) await network.submit(0, aDocument());
      const height = await waitFor(
        'a snapshot on every node',
        async () => {
          const lists = await Promise.all(
            network.indexes.map(async (index) => {
              const client = await snapshotsOf(index);
              return (await ask(client.listSnapshots.bind(client), {})).heights;
            }),
          );
          const [first = []] = lists;
          return first.find((candidate) => lists.every((heights) => heights.includes(candidate)));
        },
        WAIT_MS,
      );
      await backsUp(Number(height));
      expect(corruptChunks(network.pod(1).pathOf('data'))).toBeGreaterThan(0);

      const { index } = await network.addNode();
      // Joins beside it, with its crashes, which the next test looks at: each join begins with seconds of waiting.
      expect((await network.addNode()).index).toBe(CRASHING);
      await network.waitForHeight(Number(height) + 1, [index], WAIT_MS);
      const after = await network.submit(0, aDocument());
      expect(after.outcome.ok).toBe(true);
      const unharmed = network.indexes.filter((one) => one !== CRASHING);
      await network.agreement(unharmed, WAIT_MS);

      const log = network.pod(index).logOf('node');
      expect(log).toContain('snapshot-restored');
      expect(log).not.toContain('no-snapshot-to-join-by');
      const admin = await network.clients.admin(network.pod(index).options.address);
      expect(await verified(admin)).toMatchObject({ ok: true });
      const client = await network.clients.ledger(network.pod(index).options.address, organisationOf(0));
      const key = 'network.members/settings/network';
      const { value, proof, lightBlock } = await ask(client.read.bind(client), { key, withProof: true, headerHeight: 0n });
      const [parsed, block] = [parseCanonical(proof), decodeLightBlock(lightBlock)];
      const stateProof = parsed.ok && proofFromJson(parsed.value);
      if (!block.ok || !stateProof || !stateProof.ok) throw new Error('no proof');
      expect(verifyCommit(nodeCrypto, { chainId: network.chainId, lightBlock: block.value }).ok).toBe(true);
      const claim = { root: block.value.header.appHash, key: utf8Encode(key), value, proof: stateProof.value };
      expect(verifyMembership(nodeCrypto.sha256, claim)).toBe(true);
    },
    TEST_MS_MAX,
  );

  test(
    'a node that is killed while it joins starts over, and stands where all stand',
    async () => {
      const index = CRASHING;
      const pod = network.pod(index);
      const hasCrashed = (): boolean => readFileSync(join(pod.options.root, 'crash-at'), 'utf8') === '';
      await waitFor(`a crash at ${CRASH_POINTS.join(', ')}`, hasCrashed, WAIT_MS);
      const { height } = await network.agreement([0], WAIT_MS);
      await network.waitForHeight(height, [index], WAIT_MS);
      expect((await network.submit(0, aDocument())).outcome.ok).toBe(true);
      await network.agreement(network.indexes, WAIT_MS);

      const events = (name: string): number => pod.logOf('node').split(`"event":"${name}"`).length - 1;
      expect(pod.exits.filter((exit) => exit === 'node code=null signal=SIGKILL').length).toBe(CRASH_POINTS.length);
      // Once for each, and for each time that its engine ended meanwhile, such as over a snapshot that its peers no longer have.
      expect(events('join-starts-over')).toBeGreaterThanOrEqual(CRASH_POINTS.length);
      expect(readdirSync(pod.pathOf('data'))).not.toContain('joining-by-snapshot');
      const admin = await network.clients.admin(pod.options.address);
      expect(await verified(admin)).toMatchObject({ ok: true });
    },
    TEST_MS_MAX,
  );
});

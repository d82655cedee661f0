import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { base64urlEncode, equalBytes, hexEncode, type JsonObject } from '@civitas/canon';
import { nodeCrypto } from '@civitas/canon/node';
import { PORTS } from '@civitas/deployment';
import { addressOf, decodeLightBlock, FLAG_COMMIT, type LightBlock, verifyAdjacent } from '@civitas/proofs';
import { waitFor } from '@civitas/testkit';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { ask } from '../../node/src/host/testing/test-processes.ts';
import { organisationOf } from './network/birth.ts';
import { aDocument, type ConsensusNetwork, startConsensusNetwork } from './network/consensus-network.ts';
import { describeWithEngine } from './network/describe-with-engine.ts';

const OLDER_NODE = fileURLToPath(new URL('./network/older-node.ts', import.meta.url));
const SETTLED_MS = 90_000;
const LAST = 3;
const ROLLED_FIRST = [0, 1, 2] as const;
/** The decision is told while it waits for its height: as long as nobody submits, these are as many seconds. */
const NOTICE_BLOCKS = 20;
const VALIDATORS = 4;
const SNAPSHOT_BLOCKS = 10;

const members = { organisation: organisationOf(0), role: 'member', contract: 'network.members@v1' };

describeWithEngine('a network that goes over to the next protocol version', () => {
  let network: ConsensusNetwork;

  beforeAll(async () => {
    network = await startConsensusNetwork({
      protocolVersion: 1,
      config: { emptyBlockIntervalMs: 1_000, snapshotIntervalBlocks: SNAPSHOT_BLOCKS, snapshotPeriodMs: 0 },
      node: (index) => ({
        entryPoints: { node: [OLDER_NODE] },
        ...(index < VALIDATORS ? {} : { config: { stateSync: true, snapshotIntervalBlocks: 0 } }),
      }),
      // Every node but the first to join later is of the older release at first.
      onPod: (index, pod) => {
        if (index !== VALIDATORS) writeFileSync(join(pod.options.root, 'newest-protocol'), '1');
      },
    });
  });
  afterAll(() => network?.stop());

  /** The pod is made anew with the newer release. */
  async function roll(index: number): Promise<void> {
    await network.kill(index, 'both', 'SIGTERM');
    rmSync(join(network.pod(index).options.root, 'newest-protocol'));
    network.start(index);
    const isBack = async (): Promise<boolean> => {
      const { phase, caughtUp, newestProtocolVersion } = await network.status(index);
      return phase === 'Serving' && caughtUp && newestProtocolVersion >= 2;
    };
    await waitFor(`node ${index} to serve on the newer release`, isBack, SETTLED_MS);
  }

  async function lightBlockAt(height: number): Promise<LightBlock> {
    const client = await network.clients.ledger(network.pod(0).options.address, organisationOf(0));
    const read = async (): Promise<LightBlock | undefined> => {
      const decoded = decodeLightBlock((await ask(client.getBlock.bind(client), { height: BigInt(height) })).lightBlock);
      return decoded.ok ? decoded.value : undefined;
    };
    return waitFor(`light block ${height}`, read, SETTLED_MS);
  }

  const submitAt = async (index: number): Promise<boolean> => (await network.submit(index, aDocument())).outcome.ok;

  test('those that know it go on; one that does not stops before its first block, says so, and follows once it is rolled', async () => {
    expect(await network.status(0)).toMatchObject({ protocolVersion: 1, newestProtocolVersion: 1, nextProtocolVersion: 0 });
    for (const index of ROLLED_FIRST) {
      await roll(index);
      expect(await submitAt(index)).toBe(true);
    }
    const change = { kind: 'activateProtocol', version: 2, afterBlocks: NOTICE_BLOCKS };
    const proposed = await network.submit(0, { ...members, method: 'propose', args: { change } });
    expect(proposed.outcome).toMatchObject({ ok: true });
    const { nextProtocolHeight } = await waitFor(
      'the founders’ gateways to decide',
      async () => {
        const status = await network.status(LAST);
        return status.nextProtocolVersion === 2 && status;
      },
      SETTLED_MS,
    );
    const first = Number(nextProtocolHeight);

    const standing = await waitFor(
      'the older release to stand before it',
      async () => {
        const status = await network.status(LAST);
        if (status.phase === 'AwaitingUpgrade') return status;
        await submitAt(1);
        return undefined;
      },
      SETTLED_MS,
    );
    expect(standing).toMatchObject({ signing: false, caughtUp: false, halted: false, height: BigInt(first - 1), protocolVersion: 2 });
    expect(standing.unwell).toBe(`node: awaits its upgrade: protocol 2 is in force from height ${first}, this release executes up to 1`);
    const exits = network.pod(LAST).exits.filter((exit) => exit.startsWith('node'));
    const metrics = await fetch(`http://${network.pod(LAST).options.address}:${PORTS.metrics}/metrics`).then((answer) => answer.text());
    expect(metrics).toMatch(/civitas_awaiting_upgrade(\{[^}]*\})? 1\n/);
    expect(metrics).toMatch(/civitas_protocol_version(\{[^}]*\})? 2\n/);
    expect(await network.refusalOf(LAST, aDocument())).toBe('HALTED');

    // The others are a quorum without it, and execute by the new rules: a verb of the second version is there.
    const proposal = await network.submit(0, { ...members, method: 'propose', args: { id: 'mistake', change: aMistake } });
    expect(proposal.outcome).toMatchObject({ ok: true });
    const withdrawn = await network.submit(0, { ...members, method: 'withdraw', args: { proposal: 'mistake' } });
    // The founders' gateways may have been faster: either way the ledger knows the verb.
    expect(withdrawn.outcome).not.toMatchObject({ refusal: { code: 'UNKNOWN_METHOD' } });
    await network.waitForHeight(first + 2, ROLLED_FIRST);
    expect(await network.status(LAST)).toMatchObject({ phase: 'AwaitingUpgrade', height: BigInt(first - 1) });
    expect(network.pod(LAST).exits.filter((exit) => exit.startsWith('node'))).toEqual(exits);

    await roll(LAST);
    expect(await submitAt(LAST)).toBe(true);
    const { height } = await network.agreement(network.indexes, SETTLED_MS);
    const blocks = await Promise.all(Array.from({ length: height }, (_, at) => lightBlockAt(at + 1)));
    const versions = blocks.map(({ header }) => header.appProtocol);
    expect(versions).toEqual(blocks.map((_, at) => (at + 1 < first ? 0n : 2n)));
    for (const [at, lightBlock] of blocks.entries()) {
      const trusted = blocks[at - 1]?.header;
      if (trusted !== undefined) expect([at + 1, verifyAdjacent(nodeCrypto, { trusted, lightBlock }).ok]).toEqual([at + 1, true]);
    }
    process.stderr.write(`protocol 2 from height ${first} on; the last node was ${height - first + 1} blocks behind it when it came\n`);
  });

  test('a node that joins from a snapshot of the new rules goes on with them; one of the older release stands there and says so', async () => {
    // The newest two snapshots are of the new rules then.
    const { height } = await network.status(0);
    const enough = height + BigInt(2 * SNAPSHOT_BLOCKS);
    await waitFor('snapshots', async () => (await submitAt(0)) && (await network.status(0)).height >= enough, SETTLED_MS);
    const { index: newer } = await network.addNode();
    const { index: older } = await network.addNode();
    const joined = await waitFor(
      'the newer one to follow',
      async () => {
        const status = await network.status(newer);
        return status.phase === 'Serving' && status.caughtUp && status;
      },
      SETTLED_MS,
    );
    expect(joined.protocolVersion).toBe(2);
    expect(network.pod(newer).logOf('node')).toContain('snapshot-restored');
    const standing = await waitFor(
      'the older one to stand',
      async () => {
        const status = await network.status(older);
        return status.phase === 'AwaitingUpgrade' && status;
      },
      SETTLED_MS,
    );
    expect(standing).toMatchObject({ signing: false, protocolVersion: 2, newestProtocolVersion: 1 });
    await roll(older);
    await network.agreement(network.indexes, SETTLED_MS);
  });

  test('a validator goes on under another key without losing its seat, and the former key is worth nothing', async () => {
    const index = 2;
    const { name } = network.pod(index).options;
    const former = (await network.keys(index)).consensusPublicKey;
    await network.kill(index, 'both', 'SIGTERM');
    const config = JSON.parse(readFileSync(network.pod(index).pathOf('config'), 'utf8')) as JsonObject;
    network.pod(index).write('config', JSON.stringify({ ...config, rekey: 'w1' }));
    network.start(index);
    const next = await waitFor(
      'its next key',
      async () => {
        const { consensusPublicKey, nextConsensusPublicKey } = await network.keys(index);
        expect(consensusPublicKey).toEqual(former);
        return nextConsensusPublicKey.length > 0 && nextConsensusPublicKey;
      },
      SETTLED_MS,
    );
    await waitFor('it to sign again', async () => (await network.status(index)).caughtUp, SETTLED_MS);
    const change = { kind: 'rekeyValidator', publicKey: base64urlEncode(former), newPublicKey: base64urlEncode(next) };
    const proposed = await network.submit(0, { ...members, method: 'propose', args: { change } });
    expect(proposed.outcome).toMatchObject({ ok: true });
    await waitFor('its new key', async () => equalBytes((await network.keys(index)).consensusPublicKey, next), SETTLED_MS);
    const address = hexEncode(addressOf(nodeCrypto.sha256, next));
    await waitFor(
      'a block that the new key signs',
      async () => {
        const { commit, validators } = await lightBlockAt(Number((await network.status(0)).height));
        expect(validators).toHaveLength(VALIDATORS);
        return commit.signatures.some(({ flag, validatorAddress }) => flag === FLAG_COMMIT && hexEncode(validatorAddress) === address);
      },
      SETTLED_MS,
    );
    const client = await network.clients.ledger(network.pod(0).options.address, organisationOf(0));
    const { validators } = await ask(client.getValidators.bind(client), {});
    expect(
      validators
        .filter(({ node }) => node === name)
        .map(({ standing, publicKey }) => [standing, base64urlEncode(publicKey)])
        .sort(([left = ''], [right = '']) => (left < right ? -1 : 1)),
    ).toEqual([
      ['active', base64urlEncode(next)],
      ['removed', base64urlEncode(former)],
    ]);
    expect((await network.keys(index)).nextConsensusPublicKey).toHaveLength(0);
    expect(await submitAt(index)).toBe(true);
    await network.agreement([0, 1, index], SETTLED_MS);
  });
});

const aMistake = { kind: 'setRoles', organisation: organisationOf(1), roles: ['member', 'custodian', 'mistake'] };

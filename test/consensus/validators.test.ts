import { cpSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { base64urlEncode, equalBytes, hexEncode, type JsonObject } from '@civitas/canon';
import { nodeCrypto } from '@civitas/canon/node';
import { PORTS } from '@civitas/deployment';
import {
  decodeLightBlock,
  FLAG_COMMIT,
  type LightBlock,
  type Receipt,
  verifyAdjacent,
  verifyCommit,
  verifySkipping,
} from '@civitas/proofs';
import type { SignedOperation } from '@civitas/proto/civitas/ledger/v1/operation';
import type { GetValidatorsResponse, ValidatorStanding } from '@civitas/proto/civitas/node/v1/ledger';
import { LateError, waitFor } from '@civitas/testkit';
import { status } from '@grpc/grpc-js';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { ask } from '../../node/src/host/testing/test-processes.ts';
import { organisationOf } from './network/birth.ts';
import { aDocument, type ConsensusNetwork, startConsensusNetwork } from './network/consensus-network.ts';
import { describeWithEngine } from './network/describe-with-engine.ts';

const SETTLED_MS = 120_000;
/** The key must be the proposer while its two holders know different operations. */
const EVIDENCE_MS = 120_000;
const FIRST_FOUR: readonly number[] = [0, 1, 2, 3];
/** A node that is gone refuses at once: it is not asked again at once, ms. */
const REFUSED_PAUSE_MS = 100;

const member = { organisation: organisationOf(0), role: 'member', contract: 'network.members@v1' };

/** Submits documents through the nodes in turn, a few at a time, until it is stopped; everything acknowledged is kept. */
class Load {
  readonly acknowledged: Receipt[] = [];
  readonly refused: string[] = [];
  readonly #network: ConsensusNetwork;
  readonly #workers: readonly Promise<void>[];
  #isStopped = false;

  constructor(network: ConsensusNetwork, nodes: readonly number[]) {
    this.#network = network;
    this.#workers = nodes.map((node) => this.#work(node));
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    await Promise.all(this.#workers);
  }

  async #work(node: number): Promise<void> {
    while (!this.#isStopped) await this.#submit(node, this.#network.sign(aDocument()));
  }

  async #submit(node: number, operation: SignedOperation): Promise<void> {
    try {
      this.acknowledged.push(await this.#network.submitOnce(node, operation));
    } catch (error) {
      // What is late is not refused: the same bytes again find what became of them, or that they have expired.
      if (isLate(error)) return this.#submit(node, operation);
      this.refused.push(String(error));
      await setTimeout(REFUSED_PAUSE_MS);
    }
  }
}

const isLate = (error: unknown): boolean =>
  typeof error === 'object' && error !== null && 'code' in error && error.code === status.DEADLINE_EXCEEDED;

describeWithEngine('a set that changes while the network works', () => {
  let network: ConsensusNetwork;
  const loads: Load[] = [];

  beforeAll(async () => {
    network = await startConsensusNetwork({ validators: 4, config: { emptyBlockIntervalMs: 1_000 } });
  });
  afterAll(async () => network?.stop());
  // A load outlives a test that fails, and would ask a network that is gone as fast as it can.
  afterEach(stopLoads);

  async function stopLoads(): Promise<void> {
    await Promise.all(loads.splice(0).map((load) => load.stop()));
  }

  function startLoad(nodes: readonly number[]): Load {
    const load = new Load(network, nodes);
    loads.push(load);
    return load;
  }

  async function ledgerOf(node: number) {
    return network.clients.ledger(network.pod(node).options.address, organisationOf(0));
  }

  async function setAt(node: number): Promise<GetValidatorsResponse> {
    const client = await ledgerOf(node);
    return ask(client.getValidators.bind(client), {});
  }

  async function standingOf(name: string, node = 0): Promise<ValidatorStanding | undefined> {
    return (await setAt(node)).validators.find((validator) => validator.node === name);
  }

  const reaches = (name: string, standing: string): Promise<ValidatorStanding> =>
    waitFor(
      `${name} to be ${standing}`,
      async () => {
        const validator = await standingOf(name);
        return validator?.standing === standing ? validator : undefined;
      },
      SETTLED_MS,
    );

  /** A validator once the ledger holds evidence against it; what the nodes say of themselves while it does not. */
  const accusedOf = (name: string, seen: { readonly asked: readonly number[]; readonly load: Load }): Promise<ValidatorStanding> =>
    waitFor(
      'evidence on the ledger',
      async () => {
        const validator = await standingOf(name);
        return validator !== undefined && validator.misbehaviourCount > 0 ? validator : undefined;
      },
      EVIDENCE_MS,
    ).catch(async (cause: unknown) => {
      const told = await Promise.allSettled(seen.asked.map((index) => network.status(index)));
      const text = told.map((answer) => {
        if (answer.status === 'rejected') return String(answer.reason);
        const { phase, height, signing, peerCount, caughtUp, unwell } = answer.value;
        return JSON.stringify([phase, String(height), signing, peerCount, caughtUp, unwell]);
      });
      throw new LateError(`nodes ${seen.asked.join()}: ${text.join(' ')}; ${seen.load.acknowledged.length} operations`, { cause });
    });

  /** Proposes; the founders' gateways approve by themselves. */
  async function propose(change: JsonObject): Promise<Receipt['outcome']> {
    const { outcome } = await network.submit(0, { ...member, method: 'propose', args: { change } });
    return outcome;
  }

  async function lightBlockAt(height: number, node = 0): Promise<LightBlock> {
    return waitFor(
      `light block ${height}`,
      async () => {
        const client = await ledgerOf(node);
        const decoded = decodeLightBlock((await ask(client.getBlock.bind(client), { height: BigInt(height) })).lightBlock);
        return decoded.ok ? decoded.value : undefined;
      },
      SETTLED_MS,
    );
  }

  test('grows to five and shrinks to four under load; each change signs two blocks later, and a light client follows', async () => {
    const load = startLoad(FIRST_FOUR);
    const { index, keys } = await network.addNode();
    const name = network.pod(index).options.name;
    const publicKey = base64urlEncode(keys.consensusPublicKey);
    await waitFor(`${name} to follow`, async () => (await network.status(index)).height > 0n, SETTLED_MS);
    const added = await propose({ kind: 'addValidator', publicKey, node: name, organisation: organisationOf(index) });
    expect(added).toMatchObject({ ok: true });
    const joined = await reaches(name, 'active');

    const since = Number(joined.sinceHeight);
    const client = await ledgerOf(0);
    const change = await ask(client.read.bind(client), { key: 'network.validators/settings/set', withProof: false, headerHeight: 0n });
    expect(JSON.parse(Buffer.from(change.value).toString())).toEqual({ changedAtHeight: since - 2, activeFromHeight: since });
    const [before, from] = [await lightBlockAt(since - 1), await lightBlockAt(since)];
    const names = ({ validators }: LightBlock): string[] => validators.map(({ address }) => hexEncode(address)).sort();
    expect([before.validators.length, from.validators.length]).toEqual([4, 5]);
    expect(names(from).filter((address) => !names(before).includes(address))).toEqual([hexEncode(joined.address)]);
    const set = await setAt(0);
    expect([Number(set.totalPower), Number(set.neededPower), set.failuresMax]).toEqual([50, 34, 1]);
    await waitFor(
      `${name} to sign`,
      async () => {
        const { commit } = await lightBlockAt(Number((await network.status(0)).height));
        return commit.signatures.some(({ flag, validatorAddress }) => flag === FLAG_COMMIT && equalBytes(validatorAddress, joined.address));
      },
      SETTLED_MS,
    );

    const leaving = await standingOf(network.pod(1).options.name);
    if (leaving === undefined) throw new Error('node 1 is no validator');
    expect(await propose({ kind: 'removeValidator', publicKey: base64urlEncode(leaving.publicKey) })).toMatchObject({ ok: true });
    const left = await reaches(leaving.node, 'removed');
    const until = Number(left.untilHeight);
    const [last, without] = [await lightBlockAt(until - 1), await lightBlockAt(until)];
    expect([last.validators.length, without.validators.length]).toEqual([5, 4]);
    expect(names(without)).not.toContain(hexEncode(left.address));

    await load.stop();
    expect(load.refused).toEqual([]);
    expect(load.acknowledged.length).toBeGreaterThan(20);
    const { height } = await network.agreement();
    const blocks = await Promise.all(Array.from({ length: height }, (_, at) => lightBlockAt(at + 1, (at % 4) + 1)));
    const [first, second] = blocks;
    const newest = blocks.at(-1);
    if (first === undefined || second === undefined || newest === undefined) throw new Error('no blocks');
    expect(verifyCommit(nodeCrypto, { chainId: network.chainId, lightBlock: first }).ok).toBe(true);
    for (const [at, lightBlock] of blocks.entries()) {
      const trusted = blocks[at - 1]?.header;
      if (trusted !== undefined) expect([at + 1, verifyAdjacent(nodeCrypto, { trusted, lightBlock }).ok]).toEqual([at + 1, true]);
    }
    // From block 1 over both changes at once: three of the four validators it trusts still sign.
    const far = { trusted: first.header, trustedValidators: second.validators, lightBlock: newest };
    expect(verifySkipping(nodeCrypto, far).ok).toBe(true);
    process.stderr.write(
      `4 → 5 → 4 validators: added at ${since}, removed at ${until}, ${load.acknowledged.length} operations, none refused\n`,
    );
  });

  test('a key that runs twice, from a copied volume, is recorded as double vote, told everywhere, removed and barred', async () => {
    const victim = 2;
    const { name, root } = network.pod(victim).options;
    await network.kill(victim, 'both', 'SIGTERM');
    const copy = join(network.folder, `${name}-copy-${network.pods.length}`);
    cpSync(root, copy, { recursive: true, filter: (source) => !source.endsWith('.sock') });
    const twin = network.addPod({ name, root: copy });
    // Engines refuse two connections from one node id: the copy gets another, as a rebuilt pod would; the consensus key stays.
    rmSync(join(twin.pathOf('data'), 'keys', 'p2p.pem'), { force: true });
    const twinIndex = network.pods.length - 1;
    const runTwice = async (): Promise<ValidatorStanding> => {
      network.start(victim);
      twin.start();
      const isSigning = async (index: number): Promise<boolean> => (await network.status(index)).signing;
      await waitFor('the twin to ask for its grant', async () => (await network.status(twinIndex)).phase === 'AwaitingGrant', SETTLED_MS);
      expect(await isSigning(twinIndex)).toBe(false);
      // What the operator never does: a second grant for one key.
      await network.setGrant(twinIndex, true);
      const load = startLoad([0, 1, 3, victim, twinIndex]);
      return accusedOf(name, { asked: [0, victim, twinIndex], load });
    };
    const accused = await runTwice().finally(async () => {
      await twin.stop(['node', 'engine'], 'SIGKILL');
      network.setGrant(twinIndex, false).catch(() => undefined);
      await stopLoads();
    });

    expect(accused.standing).toBe('active');
    const others = [0, 1, 3, 4];
    await network.agreement(others);
    // Double votes already on their way are still recorded while we read.
    const offences = await waitFor(
      'the same offences everywhere',
      async () => {
        const [first, ...rest] = await Promise.all(others.map(async (index) => (await setAt(index)).offences));
        return rest.every((others) => isDeepStrictEqual(others, first)) && first;
      },
      SETTLED_MS,
    );
    const [first] = offences;
    expect(first).toMatchObject({ kind: 'duplicate-vote', node: name, organisation: organisationOf(victim) });
    await waitFor(
      'status to count what the set records',
      async () => {
        const counted = (await standingOf(name))?.misbehaviourCount;
        return counted === (await network.status(0)).misbehaviourCount && counted;
      },
      SETTLED_MS,
    );
    const metrics = await fetch(`http://${network.pod(0).options.address}:${PORTS.metrics}/metrics`).then((answer) => answer.text());
    expect(metrics).toMatch(/civitas_validator_misbehaviours\{[^}]*standing="in-set"[^}]*\} [1-9]/);
    process.stderr.write(`double vote of ${name} at ${first?.height}, recorded at ${first?.recordedAtHeight}\n`);

    const publicKey = base64urlEncode(accused.publicKey);
    expect(await propose({ kind: 'removeValidator', publicKey })).toMatchObject({ refusal: { facts: { reason: 'fewer-than-four' } } });
    expect(await propose({ kind: 'removeValidator', publicKey, allowFewer: true })).toMatchObject({ ok: true });
    await reaches(name, 'removed');
    expect((await network.status(0)).misbehaviourCount).toBe(0);
    const again = { kind: 'addValidator', publicKey, node: name, organisation: organisationOf(victim) };
    expect(await propose(again)).toMatchObject({ refusal: { code: 'RULE_UNMET', facts: { reason: 'misbehaved' } } });
  });
});

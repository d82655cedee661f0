import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { utf8Encode } from '@civitas/canon';
import type { LightBlock } from '@civitas/proofs';
import { type EngineNetwork, type EngineNode, type EngineTables, startEngineNetwork } from './engine-network.ts';

/** A chain of real validators and how it came about. */
export interface RealChain {
  readonly chainId: string;
  /** From height 1. */
  readonly lightBlocks: readonly LightBlock[];
  /** Tally over all commits. */
  readonly votes: { readonly absent: number; readonly forBlock: number; readonly forNothing: number };
  readonly lateRounds: number;
  readonly setChanges: number;
}

export interface RealChainOptions {
  /** The engine with its example application inside. */
  readonly program: string;
  readonly powers: readonly bigint[];
  readonly followers?: number;
  /** This validator waits for nobody, so that it often votes for nothing. */
  readonly hasty?: number;
  readonly live: (network: EngineNetwork) => Promise<void>;
  readonly heightMin: number;
}

const tables = (isHasty: boolean): EngineTables => ({
  rpc: { pprof_laddr: '' },
  p2p: { flush_throttle_timeout: '5ms' },
  consensus: {
    timeout_propose: isHasty ? '1ms' : '1s',
    timeout_propose_delta: '300ms',
    timeout_prevote: isHasty ? '1ms' : '300ms',
    timeout_prevote_delta: '300ms',
    timeout_precommit: '300ms',
    timeout_precommit_delta: '300ms',
    // Late votes are gathered, so that a commit also holds those that did not decide it.
    timeout_commit: '60ms',
    skip_timeout_commit: false,
    peer_gossip_sleep_duration: '5ms',
  },
  tx_index: { indexer: 'null' },
});

/** Adds, changes or (power 0) removes a validator: the example application's own transaction. */
export async function setPower(through: EngineNode, node: EngineNode, power: number): Promise<void> {
  const key = Buffer.from(node.key.publicKey).toString('base64');
  const offered = await through.rpc.offer(utf8Encode(`val=ed25519!${key}!${power}`));
  if (offered !== 'taken') throw new Error(`setting a power was ${offered}`);
}

export async function put(through: EngineNode, name: string): Promise<void> {
  const offered = await through.rpc.offer(utf8Encode(`${name}=${'x'.repeat(200)}`));
  if (offered !== 'taken') throw new Error(`a record was ${offered}`);
}

async function lightBlocksOf(node: EngineNode, lastHeight: number): Promise<LightBlock[]> {
  const blocks: LightBlock[] = [];
  for (let height = 1; height <= lastHeight; height++)
    blocks.push({ ...(await node.rpc.signedHeader(height)), validators: await node.rpc.validators(height) });
  return blocks;
}

function tallyOf(lightBlocks: readonly LightBlock[]): Pick<RealChain, 'votes' | 'lateRounds' | 'setChanges'> {
  const flags = lightBlocks.flatMap(({ commit }) => commit.signatures.map(({ flag }) => flag));
  const count = (wanted: number): number => flags.filter((flag) => flag === wanted).length;
  const sets = new Set(lightBlocks.map(({ header }) => header.validatorsHash.join()));
  return {
    votes: { absent: count(1), forBlock: count(2), forNothing: count(3) },
    lateRounds: lightBlocks.filter(({ commit }) => commit.round > 0).length,
    setChanges: sets.size - 1,
  };
}

/** Lets a network of real validators live through `live`, and gives its light blocks. */
export async function realChain(options: RealChainOptions): Promise<RealChain> {
  const { program, powers, followers = 0, hasty, live, heightMin } = options;
  const folder = mkdtempSync(join(tmpdir(), 'cvt-'));
  const chainId = `real-${powers.length}`;
  const network = await startEngineNetwork({
    folder,
    command: [program, 'node'],
    chainId,
    powers,
    followers,
    tables: (index) => tables(index === hasty),
  });
  try {
    await network.reach(1);
    await live(network);
    const witness: EngineNode | undefined = network.nodes.find((node) => node.process !== undefined);
    if (witness === undefined) throw new Error('no node runs');
    // Long enough after the last event for every validator to have been due as proposer: the weaker it is, the more seldom.
    const lived = (await witness.rpc.status()).height;
    const shares = (await witness.rpc.validators(lived)).map(({ power }) => Number(power));
    const turns = Math.ceil(shares.reduce((sum, power) => sum + power, 0) / Math.min(...shares)) + 1;
    const height = Math.max(heightMin, lived + turns);
    await network.reach(height + 1);
    const lightBlocks: readonly LightBlock[] = await lightBlocksOf(witness, height);
    return { chainId, lightBlocks, ...tallyOf(lightBlocks) };
  } finally {
    await network.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

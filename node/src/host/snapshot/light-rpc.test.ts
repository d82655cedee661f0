import { mkdtempSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { equalBytes, isJsonObject, type Json, type JsonObject } from '@civitas/canon';
import { nodeCrypto } from '@civitas/canon/node';
import { encodeLightBlock, headerHash, type LightBlockSource, type Validator } from '@civitas/proofs';
import { aChain, nextBlock, someValidators } from '@civitas/proofs/testing';
import { afterAll, afterEach, describe, expect, test } from '@jest/globals';
import { commitOf, headerOf, prioritiesOf, validatorsOf } from '../engine/cometbft/engine-json.ts';
import { agreedPriorities, type PrioritySource } from './agreed-priorities.ts';
import { highestHeader } from './highest-header.ts';
import { LightRpc } from './light-rpc.ts';
import { LIGHT_RPC_AHEAD_MAX } from './limits.ts';
import type { ProposerPriority } from './snapshot-source.ts';

const keys = someValidators(4);
const blocks = aChain(4, keys);
blocks.push(nextBlock('test-1', blocks.at(-1), { keys, absent: [2] }));
const folder = mkdtempSync(join(tmpdir(), 'civitas-light-'));
let rpc: LightRpc | undefined;

afterEach(async () => rpc?.close());
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const prioritiesAt = (validators: readonly Validator[], shift: bigint): ProposerPriority[] =>
  validators.map(({ address }, at) => ({ address, priority: BigInt(at) * 10n - shift }));

function anRpc(): LightRpc {
  return new LightRpc({
    certifiedLightBlock: async (height) => {
      const block = blocks[(height === 0 ? blocks.length : height) - 1];
      if (block === undefined) throw new Error(`no header ${height}`);
      return block.lightBlock;
    },
    highestHeight: async () => blocks.length,
    priorities: async ({ validators }) => prioritiesAt(validators, 15n),
    consensusParams: { block: { max_bytes: '4194304' } },
    log: { error: () => undefined },
  });
}

function post(socketPath: string, body: string): Promise<Json> {
  return new Promise((resolve, reject) => {
    const call = request({ socketPath, path: '/', method: 'POST' }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
      });
      response.on('end', () => resolve(JSON.parse(text) as Json));
    });
    call.on('error', reject);
    call.end(body);
  });
}

function never(): never {
  throw new Error('a chain has blocks');
}

const objectOf = (value: Json | undefined): JsonObject => {
  if (!isJsonObject(value)) throw new Error('an object');
  return value;
};

describe('the RPC that the engine’s state sync asks', () => {
  test('shows headers, commits and sets as CometBFT does: what is read back is what was verified', async () => {
    for (const { lightBlock } of blocks) {
      const height = String(lightBlock.header.height);
      const signed = objectOf((await anRpc().call('commit', { height }))['signed_header']);
      const result = await anRpc().call('validators', { height, page: '1', per_page: '100' });

      const header = headerOf(objectOf(signed['header']));
      expect(equalBytes(headerHash(nodeCrypto.sha256, header), lightBlock.commit.blockId.hash)).toBe(true);
      expect(commitOf(objectOf(signed['commit']))).toEqual(lightBlock.commit);
      expect(validatorsOf(result['validators'])).toEqual(lightBlock.validators);
      expect(prioritiesOf(result['validators'])).toEqual(prioritiesAt(lightBlock.validators, 15n));
    }
    expect(await anRpc().call('consensus_params', { height: '2' })).toMatchObject({ block_height: '2', consensus_params: { block: {} } });
    expect(await anRpc().call('commit', {})).toMatchObject({ signed_header: { header: { height: '5' } } });
  });

  test('answers over its sockets, and refuses what it does not serve', async () => {
    rpc = anRpc();
    const paths = [join(folder, '0.sock'), join(folder, '1.sock')];
    await rpc.listen(paths);
    for (const path of paths) {
      const call = (method: string): string => JSON.stringify({ jsonrpc: '2.0', id: 7, method, params: { height: '3' } });
      expect(await post(path, call('commit'))).toMatchObject({ id: 7, result: { canonical: true } });
      expect(await post(path, call('broadcast_tx_sync'))).toMatchObject({
        id: 7,
        error: { data: 'method broadcast_tx_sync is not served here' },
      });
    }
    await expect(post(paths[0] ?? '', 'x'.repeat(70_000))).rejects.toThrow();
    await expect(post(paths[0] ?? '', 'no json')).rejects.toThrow();
  });
});

describe('a height that a peer invented', () => {
  test('is refused at once, in the words that CometBFT takes as too high', async () => {
    await expect(anRpc().call('commit', { height: '900000000000000' })).rejects.toThrow(/height \d+ must be less than or equal to/);
    await expect(anRpc().call('validators', { height: String(blocks.length + LIGHT_RPC_AHEAD_MAX + 1) })).rejects.toThrow('less than');
  });

  test('raises nothing; and a peer whose height goes back, or that is behind, lowers nothing', async () => {
    const source = (fetchLightBlock: (height: number) => Promise<Uint8Array>): LightBlockSource => ({ name: 'peer', fetchLightBlock });
    const shows = (height: () => number): LightBlockSource =>
      source(async () => encodeLightBlock((blocks[height() - 1] ?? blocks[0] ?? never()).lightBlock));
    let shown = 5;
    const heightOf = (...sources: LightBlockSource[]): (() => Promise<number>) =>
      highestHeader({ chainId: 'test-1', validators: keys.validators, crypto: nodeCrypto, sources });
    const stranger = aChain(9, someValidators(4, 'stranger'));
    const liar = source(async () => encodeLightBlock((stranger[8] ?? never()).lightBlock));
    const silent = source(() => Promise.reject(new Error('away')));

    const goingBack = heightOf(
      shows(() => shown),
      shows(() => 2),
      liar,
      silent,
    );
    expect(await goingBack()).toBe(5);
    shown = 3;
    expect(await goingBack()).toBe(5);
    expect(await heightOf(liar, silent)()).toBe(0);
    expect(
      await heightOf(
        shows(() => 2),
        shows(() => 4),
        liar,
      )(),
    ).toBe(4);
  });
});

describe('proposer priorities', () => {
  const { validators } = keys;
  const says = (shift: bigint): PrioritySource => ({ name: 'n', fetchProposerPriorities: async () => prioritiesAt(validators, shift) });
  const silent: PrioritySource = { name: 'n', fetchProposerPriorities: () => Promise.reject(new Error('away')) };
  const wrongSet: PrioritySource = { name: 'n', fetchProposerPriorities: async () => prioritiesAt(someValidators(4, 'x').validators, 0n) };

  test('are those that more nodes say alike than may be faulty', async () => {
    expect(await agreedPriorities([says(9n), says(1n), silent, says(1n)], 5, validators)).toEqual(prioritiesAt(validators, 1n));
    expect(await agreedPriorities([], 5, validators.slice(0, 1))).toEqual([]);
  });

  test.each<[string, PrioritySource[]]>([
    ['every node says something else', [says(1n), says(2n), says(3n)]],
    ['one alone says something', [says(1n), silent, silent]],
    ['they speak of another set', [wrongSet, wrongSet, wrongSet]],
  ])('are none when %s', async (_, sources) => {
    await expect(agreedPriorities(sources, 5, validators)).rejects.toThrow('2 needed');
  });
});

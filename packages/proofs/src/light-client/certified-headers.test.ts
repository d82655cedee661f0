import { nodeCrypto } from '@civitas/canon/node';
import { describe, expect, test } from '@jest/globals';
import { encodeLightBlock } from '../codec/light-block.ts';
import { certifyHeaders } from '../evidence/certify-headers.ts';
import { aChain, type FixtureBlock, nextBlock, someValidators, withFlippedBit } from '../testing/chain.ts';
import { CertifiedHeaders, type LightBlockSource } from './certified-headers.ts';

const keys = someValidators(4);
const chainId = 'test-1';

/** A peer that shows a chain, and counts how often it is asked. */
function aPeer(
  blocks: readonly FixtureBlock[],
  change: (bytes: Uint8Array) => Uint8Array = (bytes) => bytes,
): LightBlockSource & { asked: number } {
  return {
    name: 'peer',
    asked: 0,
    async fetchLightBlock(height) {
      this.asked++;
      const block = blocks[(height === 0 ? blocks.length : height) - 1];
      if (block === undefined) throw new Error(`height ${height} is not there`);
      return change(encodeLightBlock(block.lightBlock));
    },
  };
}

function headersOf(...sources: LightBlockSource[]): CertifiedHeaders {
  return new CertifiedHeaders({ chainId, validators: keys.validators, crypto: nodeCrypto, sources });
}

/** A chain whose set is another from some height on, twice. */
function aChangingChain(): FixtureBlock[] {
  const sets = [keys, someValidators(4, 'second'), someValidators(4, 'third')];
  const setAt = (height: number) => sets[height < 8 ? 0 : height < 14 ? 1 : 2] ?? keys;
  const blocks: FixtureBlock[] = [];
  for (let height = 1; height <= 20; height++) {
    blocks.push(nextBlock(chainId, blocks.at(-1), { keys: setAt(height), nextKeys: setAt(height + 1) }));
  }
  return blocks;
}

describe('certified headers', () => {
  test('are verified straight from the genesis set while it holds, each fetched once', async () => {
    const peer = aPeer(aChain(30, keys));
    const headers = headersOf(peer);

    expect((await headers.at(25)).header.height).toBe(25n);
    expect((await headers.at(25)).header.height).toBe(25n);
    expect((await headers.at(0)).header.height).toBe(30n);
    expect((await headers.at(3)).header.height).toBe(3n);
    expect(peer.asked).toBe(3);
    expect(headers.path.map(({ header }) => Number(header.height))).toEqual([3, 25, 30]);
  });

  test('step through every change of the set, and the path shows how', async () => {
    const headers = headersOf(aPeer(aChangingChain()));

    expect((await headers.at(20)).header.height).toBe(20n);
    const path = headers.path;
    expect(path.map(({ header }) => Number(header.height))).toEqual(expect.arrayContaining([7, 13, 20]));
    const validators = keys.validators.map(({ publicKey, power }) => ({ publicKey, power: Number(power) }));
    const network = { name: chainId, chainId, genesisHash: new Uint8Array(32), genesis: null, validators };
    expect(certifyHeaders(nodeCrypto, { ...network, lightBlocks: path.map(encodeLightBlock) }).ok).toBe(true);
  });

  test('come from whoever shows them truly: a liar, a stranger’s chain and a peer that is behind are passed over', async () => {
    const honest = aChain(9, keys);
    const liar = aPeer(honest, (bytes) => withFlippedBit(bytes, 900));
    const stranger = aPeer(aChain(9, someValidators(4, 'stranger')));
    const behind = aPeer(honest.slice(0, 3));
    const wrong: LightBlockSource = {
      name: 'wrong',
      fetchLightBlock: async () => encodeLightBlock((honest[4] ?? aChain(1, keys)[0])?.lightBlock ?? never()),
    };

    expect((await headersOf(liar, stranger, behind, wrong, aPeer(honest)).at(9)).header.height).toBe(9n);
    await expect(headersOf(liar, stranger, behind, wrong).at(9)).rejects.toThrow('wrong: showed 5 for 9');
  });

  test('of another chain id are refused', async () => {
    await expect(headersOf(aPeer(aChain(5, keys, 'test-2'))).at(5)).rejects.toThrow('CHAIN_ID');
  });
});

function never(): never {
  throw new Error('a chain has blocks');
}

import type { Bytes } from '@civitas/canon';
import { nodeCrypto } from '@civitas/canon/node';
import { certifyHeaders, type EvidenceNetwork, encodeLightBlock } from '@civitas/proofs';
import { type FixtureBlock, type FixtureKeys, nextBlock, someValidators } from '@civitas/proofs/testing';
import { describe, expect, test } from '@jest/globals';
import type { LedgerClient } from '../sdk/ledger-client.ts';
import { walkedLightBlocks } from './walk-headers.ts';

const chainId = 'jincheng-transport-1';
const CHANGE_HEIGHT = 20;
const LAST_HEIGHT = 60;

/** A chain whose whole set changes once. */
function aChain(before: FixtureKeys, after: FixtureKeys): FixtureBlock[] {
  const blocks: FixtureBlock[] = [];
  for (let height = 1; height <= LAST_HEIGHT; height++) {
    const keys = height <= CHANGE_HEIGHT ? before : after;
    const nextKeys = height < CHANGE_HEIGHT ? before : after;
    blocks.push(nextBlock(chainId, blocks.at(-1), { keys, nextKeys }));
  }
  return blocks;
}

describe('the walk from the first validators to what was proven', () => {
  const [before, after] = [someValidators(1, 'founder'), someValidators(4)];
  const bytes = aChain(before, after).map(({ lightBlock }) => encodeLightBlock(lightBlock));
  const validators = before.validators.map(({ publicKey, power }) => ({ publicKey, power: Number(power) }));
  const network: EvidenceNetwork = {
    name: 'transport',
    chainId,
    genesis: null,
    genesisHash: new Uint8Array(32),
    validators,
    lightBlocks: [],
  };
  const at = (height: number): Bytes => bytes[height - 1] ?? new Uint8Array(0);
  const asked: number[] = [];
  const ledgerOf = (show: (height: number) => Bytes): Pick<LedgerClient, 'block'> => ({
    block: (height) => {
      asked.push(height);
      return Promise.resolve({ lightBlock: show(height) } as Awaited<ReturnType<LedgerClient['block']>>);
    },
  });

  test('leads over a change of the whole set, in few steps', async () => {
    const wanted = new Map([50, 57].map((height) => [height, at(height)]));
    expect(certifyHeaders(nodeCrypto, { ...network, lightBlocks: [at(50), at(57)] }).ok).toBe(false);
    asked.length = 0;
    const lightBlocks = await walkedLightBlocks(ledgerOf(at), network, wanted);
    const certified = certifyHeaders(nodeCrypto, { ...network, lightBlocks });
    expect(certified.ok && [...certified.value.keys()]).toEqual(expect.arrayContaining([50, 57]));
    expect(asked.length).toBeLessThan(14);
  });

  test('asks for nothing where one step is enough', async () => {
    asked.length = 0;
    expect(await walkedLightBlocks(ledgerOf(at), network, new Map([[12, at(12)]]))).toEqual([at(12)]);
    expect(asked).toEqual([]);
  });

  test('ends where a node shows blocks of another chain', async () => {
    const forged = aChain(someValidators(1, 'forger'), after).map(({ lightBlock }) => encodeLightBlock(lightBlock));
    const lightBlocks = await walkedLightBlocks(
      ledgerOf((height) => forged[height - 1] ?? at(height)),
      network,
      new Map([[50, at(50)]]),
    );
    expect(certifyHeaders(nodeCrypto, { ...network, lightBlocks }).ok).toBe(false);
  });
});

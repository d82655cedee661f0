import { nodeCrypto } from '@civitas/canon/node';
import { decodeLightBlock, headerHash } from '@civitas/proofs';
import { expect, test } from '@jest/globals';
import { aNetwork } from '../../ledger/ledger-fixture.ts';
import { SimulatedLedger } from '../../ledger/simulated-ledger.fixture.ts';
import { EngineFault } from './engine-fault.ts';
import { LightBlocks, type LightBlocksOptions } from './light-blocks.ts';

const BLOCKS = 6;

/** A ledger of some blocks, what its store holds of their light blocks, and the heights that its engine does not say. */
function aStore() {
  const ledger = new SimulatedLedger(aNetwork('jincheng-health-1'));
  for (let height = 1; height <= BLOCKS; height++) ledger.block();
  const held = new Map<number, Uint8Array>();
  const silent = new Set<number>();
  let missingFrom = 0;
  const options: LightBlocksOptions = {
    sha256: nodeCrypto.sha256,
    headHeight: () => BLOCKS,
    rpc: {
      signedHeader: async (height) => {
        if (silent.has(height)) throw new EngineFault('ENGINE_SILENT', 'too busy');
        const { header, commit } = ledger.lightBlock(height);
        return { header, commit };
      },
      validators: async (height) => ledger.lightBlock(height).validators,
    },
    store: {
      readBlockRecord: (height) => ({
        ...{
          height,
          timeUnixMs: 0,
          root: { hash: new Uint8Array(32), version: height },
          receiptsRoot: new Uint8Array(32),
          operationCount: 0,
        },
        ...{
          resultsHash: new Uint8Array(32),
          bundles: [],
          blockBytes: 0,
          hash: headerHash(nodeCrypto.sha256, ledger.lightBlock(height).header),
        },
      }),
      readLightBlock: (height) => held.get(height),
      readLightsFrom: () => missingFrom,
      writeLightBlocks: async (lights, from) => {
        for (const { height, bytes } of lights) held.set(height, bytes);
        missingFrom = from;
      },
    },
  };
  const lose = (...heights: readonly number[]): void => {
    for (const height of heights) held.delete(height);
    missingFrom = Math.min(...heights);
  };
  return { lights: new LightBlocks(options), held, silent, lose };
}

test('brings what committed without, and again what was lost to a slow engine since', async () => {
  const { lights, held, lose } = aStore();
  lose(1, 2, 3, 4, 5, 6);
  await lights.catchUp();
  expect(new Set(held.keys())).toEqual(new Set([1, 2, 3, 4, 5, 6]));
  const light = decodeLightBlock(held.get(4) ?? new Uint8Array(0));
  expect(light.ok && Number(light.value.header.height)).toBe(4);
  lose(3, 5);
  await lights.catchUp();
  expect(held.size).toBe(BLOCKS);
});

test('what the engine does not say stays missing until it does', async () => {
  const { lights, held, silent, lose } = aStore();
  await lights.catchUp();
  lose(2, 6);
  silent.add(6);
  await expect(lights.catchUp()).rejects.toMatchObject({ code: 'ENGINE_SILENT' });
  silent.clear();
  await lights.catchUp();
  expect([held.has(2), held.has(6)]).toEqual([true, true]);
});

import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { base64urlEncode } from '@civitas/canon';
import { nodeCrypto } from '@civitas/canon/node';
import { encodeLightBlock } from '@civitas/proofs';
import { aChain, someValidators } from '@civitas/proofs/testing';
import { afterEach, describe, expect, test } from '@jest/globals';
import { aGenesis } from '../testing/fake-ledger.ts';
import { type Joining, joinBySnapshot } from './join-by-snapshot.ts';
import type { PeerClient } from './peer-client.ts';

const keys = someValidators(4);
const blocks = aChain(9, keys);
const validators = keys.validators.map(({ publicKey }, at) => ({
  node: `city-${at}`,
  organisation: 'a',
  publicKey: base64urlEncode(publicKey),
  power: 10,
}));
const genesis = { ...aGenesis('test-1', []), validators };
const folders: string[] = [];
const joined: Joining[] = [];

/** A peer with all headers that names some snapshots, or does not answer. */
function aPeer(snapshotHeights: readonly number[] | undefined): PeerClient {
  return {
    name: 'peer',
    fetchSnapshotHeights: async () => snapshotHeights ?? Promise.reject(new Error('away')),
    fetchProposerPriorities: () => Promise.reject(new Error('away')),
    fetchLightBlock: async (height) => {
      const block = blocks[(height === 0 ? blocks.length : height) - 1];
      if (block === undefined || snapshotHeights === undefined) throw new Error(`no header ${height}`);
      return encodeLightBlock(block.lightBlock);
    },
    close: () => undefined,
  };
}

async function joinFrom(...peers: PeerClient[]): Promise<Joining | undefined> {
  const engineHome = mkdtempSync(join(tmpdir(), 'civitas-join-'));
  folders.push(engineHome);
  const joining = await joinBySnapshot({ genesis, crypto: nodeCrypto, peers, engineHome, log: { error: () => undefined } });
  if (joining !== undefined) joined.push(joining);
  expect(existsSync(join(engineHome, 'light0.sock'))).toBe(joining !== undefined);
  return joining;
}

afterEach(async () => {
  for (const joining of joined.splice(0)) await joining.close();
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

describe('a node that joins by snapshot', () => {
  test('trusts the lowest snapshot that a certified header proves, whatever others invent', async () => {
    const joining = await joinFrom(aPeer([8, 6]), aPeer([9_000_000_000, 70]), aPeer([7]), aPeer(undefined));
    expect(joining?.engineConfig).toContain('trust_height = 6');
    expect((await joining?.certifiedLightBlock(7))?.header.height).toBe(7n);
  });

  test('starts from the first block when there is no snapshot, also when one peer invents some', async () => {
    expect(await joinFrom(aPeer([]), aPeer(undefined))).toBeUndefined();
    expect(await joinFrom(aPeer([]), aPeer([9_000_000_000]))).toBeUndefined();
  });

  test('tries again later when all who answer name what nobody proves', async () => {
    await expect(joinFrom(aPeer([50]), aPeer(undefined))).rejects.toThrow('header 50');
  });
});

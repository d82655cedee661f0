import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Bytes } from '@civitas/canon';
import { nodeCrypto } from '@civitas/canon/node';
import { waitFor } from '@civitas/testkit';
import { aBundle, aNetwork, anEnvelope, probe } from '../../../node/src/host/ledger/ledger-fixture.ts';
import { openLedgerHost } from '../../../node/src/host/ledger/open-ledger-host.ts';
import { LedgerStore } from '../../../node/src/host/store/ledger-store.ts';

export interface StoredChain {
  readonly chainId: string;
  /** From height 1. */
  readonly lightBlocks: readonly Bytes[];
  readonly blocks: readonly Bytes[];
}

/** A chain that the embedded engine made, with its own store and clock: blocks with one bundle, with a large one, and without any. */
export async function embeddedChain(heightMin: number): Promise<StoredChain> {
  const folder = mkdtempSync(join(tmpdir(), 'civitas-embedded-'));
  const network = aNetwork('jincheng-health-1', {}, Date.now() - 1000);
  const host = await openLedgerHost({
    dataDir: folder,
    genesis: network.genesisBytes,
    consensusKey: { publicKey: network.consensus.publicKey, sign: (message) => network.consensus.sign(message) },
    crypto: nodeCrypto,
    clock: {
      nowUnixMs: () => Date.now(),
      setTimer: (callback, delayMs) => {
        const timer = setTimeout(callback, delayMs);
        return () => clearTimeout(timer);
      },
    },
    log: { error: () => undefined },
    options: { signing: { granted: () => true, onChange: () => () => undefined }, contracts: [probe], emptyBlockIntervalMs: 5 },
  });
  try {
    for (let intent = 0; host.status().height < heightMin; intent++) {
      // Every eighth bundle makes a block of more than one part.
      const value = 'v'.repeat(intent % 8 === 7 ? 60_000 : 20);
      const envelopes = [0, 1].map((at) =>
        anEnvelope(network, { expiresAtUnixMs: Date.now() + 600_000, intent: intent * 2 + at, args: { id: `${intent}-${at}`, value } }),
      );
      await host.submit(aBundle(network, envelopes));
      const { height } = host.status();
      await waitFor('an empty block', () => host.status().height >= height + 2);
    }
  } finally {
    await host.close();
  }
  const store = new LedgerStore(join(folder, 'ledger'));
  const lightBlocks: Bytes[] = [];
  const blocks: Bytes[] = [];
  for (let height = 1; height <= heightMin; height++) {
    lightBlocks.push(new Uint8Array(store.readLightBlock(height) ?? []));
    blocks.push(new Uint8Array(store.readBlock(height) ?? []));
  }
  await store.close();
  rmSync(folder, { recursive: true, force: true });
  return { chainId: network.chainId, lightBlocks, blocks };
}

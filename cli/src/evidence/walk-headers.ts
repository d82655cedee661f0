import type { Bytes } from '@civitas/canon';
import { nodeCrypto } from '@civitas/canon/node';
import { countCertified, type EvidenceNetwork } from '@civitas/proofs';
import type { LedgerClient } from '../sdk/ledger-client.ts';

/**
 * Light blocks that lead from the genesis validators to each of those asked for.
 *
 * One step may skip blocks only while validators that were trusted before sign with more than a third of the power. Where the set has changed, or
 * one of a small first set was away, the block half-way is fetched and stepped on, and so on. Where even the next block does not follow,
 * the blocks are given as they are: who verifies them says why.
 *
 * @param blocks by height.
 * @returns them and what was stepped on, from the lowest up.
 */
export async function walkedLightBlocks(
  ledger: Pick<LedgerClient, 'block'>,
  network: EvidenceNetwork,
  blocks: ReadonlyMap<number, Bytes>,
): Promise<readonly Bytes[]> {
  const known = new Map(blocks);
  for (;;) {
    const heights = [...known.keys()].sort((left, right) => left - right);
    const lightBlocks = heights.flatMap((height) => known.get(height) ?? []);
    const certified = countCertified(nodeCrypto, { ...network, lightBlocks });
    const [from = 0, to = 0] = [heights[certified - 1], heights[certified]];
    if (certified === heights.length || to - from < 2) return lightBlocks;
    const halfWay = from + Math.floor((to - from) / 2);
    known.set(halfWay, (await ledger.block(halfWay)).lightBlock);
  }
}

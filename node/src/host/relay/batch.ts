import { base64urlEncode, encodeCanonical, type JsonObject } from '@civitas/canon';
import { BATCH_ARGUMENTS_BYTES_MAX, BATCH_HEADERS_PER_PEER_MAX, BATCH_PACKETS_MAX, BATCH_PEERS_MAX } from './limits.ts';
import type { NetworkHeader } from './network-client.ts';

/** A header of some network that an item's proofs need at the ledger it is delivered to. */
export interface NeededHeader {
  readonly peer: string;
  readonly header: NetworkHeader;
}

/** One entry of `packets` in a relay operation, with the headers it needs besides the batch's own. */
export interface BatchItem {
  readonly sequence: number;
  readonly entry: JsonObject;
  readonly needs: readonly NeededHeader[];
}

export interface Batch {
  readonly items: readonly BatchItem[];
  readonly args: JsonObject;
}

export interface BatchHead {
  /** Chain id whose header the proofs are against. */
  readonly peer: string;
  readonly header: NetworkHeader;
}

/** Headers by peer, oldest first, each once. */
function updatesOf(needs: readonly NeededHeader[]): { peer: string; lightBlocks: string[] }[] {
  const byPeer = new Map<string, Map<number, NetworkHeader>>();
  for (const { peer, header } of needs) {
    const heights = byPeer.get(peer) ?? new Map<number, NetworkHeader>();
    byPeer.set(peer, heights.set(header.height, header));
  }
  return [...byPeer].map(([peer, heights]) => ({
    peer,
    lightBlocks: [...heights.values()].sort((a, b) => a.height - b.height).map(({ lightBlock }) => base64urlEncode(lightBlock)),
  }));
}

function argsOf(head: BatchHead, items: readonly BatchItem[]): JsonObject {
  const needs = [{ peer: head.peer, header: head.header }, ...items.flatMap((item) => item.needs)];
  return { headerHeight: head.header.height, packets: items.map(({ entry }) => entry), peer: head.peer, updates: updatesOf(needs) };
}

function fits(head: BatchHead, items: readonly BatchItem[]): boolean {
  if (items.length > BATCH_PACKETS_MAX) return false;
  const args = argsOf(head, items);
  const updates = args['updates'] as readonly { lightBlocks: readonly string[] }[];
  if (updates.length > BATCH_PEERS_MAX || updates.some(({ lightBlocks }) => lightBlocks.length > BATCH_HEADERS_PER_PEER_MAX)) return false;
  return encodeCanonical(args).length <= BATCH_ARGUMENTS_BYTES_MAX;
}

/** Cuts items, in order, into operations within the ledger's bounds; an item that is too large alone goes alone. */
export function batchesOf(head: BatchHead, items: readonly BatchItem[]): Batch[] {
  const batches: Batch[] = [];
  let current: BatchItem[] = [];
  const close = (): void => {
    if (current.length > 0) batches.push({ items: current, args: argsOf(head, current) });
    current = [];
  };
  for (const item of items) {
    if (current.length > 0 && !fits(head, [...current, item])) close();
    current.push(item);
  }
  close();
  return batches;
}

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
  /** Whether it asks for headers of third networks, for which the ledger may refuse it, or all that it comes with. */
  readonly isDoubtful?: boolean;
}

/** What a header of a third network takes in `updates` besides its own text and its peer's name. */
const UPDATE_FRAMING_BYTES = 64;

export interface Batch {
  readonly items: readonly BatchItem[];
  readonly args: JsonObject;
}

export interface BatchHead {
  /** Chain id whose header the proofs are against. */
  readonly peer: string;
  readonly header: NetworkHeader;
  /** Whether the ledger holds that header and takes no more of them: it is not brought. */
  readonly isKnown?: boolean;
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

/** All headers that a batch brings: its own, and those that its items need besides. */
function needsOf({ peer, header, isKnown }: BatchHead, items: readonly BatchItem[]): readonly NeededHeader[] {
  return [...(isKnown === true ? [] : [{ peer, header }]), ...items.flatMap(({ needs }) => needs)];
}

function argsOf(head: BatchHead, items: readonly BatchItem[]): JsonObject {
  const updates = updatesOf(needsOf(head, items));
  const args = { headerHeight: head.header.height, packets: items.map(({ entry }) => entry), peer: head.peer };
  return updates.length === 0 ? args : { ...args, updates };
}

/** Bytes that an item adds to a batch, at most: headers that several items need are counted for each. */
function bytesOf({ entry, needs }: BatchItem): number {
  const headerBytes = needs.map(({ peer, header }) => peer.length + Math.ceil((header.lightBlock.length * 4) / 3) + UPDATE_FRAMING_BYTES);
  return encodeCanonical(entry).length + 1 + headerBytes.reduce((sum, bytes) => sum + bytes, 0);
}

/** Whether the headers of a batch are within the ledger's bounds. */
function headersFit(head: BatchHead, items: readonly BatchItem[]): boolean {
  const updates = updatesOf(needsOf(head, items));
  return updates.length <= BATCH_PEERS_MAX && updates.every(({ lightBlocks }) => lightBlocks.length <= BATCH_HEADERS_PER_PEER_MAX);
}

/** Cuts items, in order, into operations within the ledger's bounds; an item that is too large alone goes alone. */
export function batchesOf(head: BatchHead, items: readonly BatchItem[]): Batch[] {
  const batches: Batch[] = [];
  const headBytes = encodeCanonical(argsOf(head, [])).length;
  let current: BatchItem[] = [];
  let currentBytes = headBytes;
  const close = (): void => {
    if (current.length > 0) batches.push({ items: current, args: argsOf(head, current) });
    current = [];
    currentBytes = headBytes;
  };
  for (const item of items) {
    const bytes = bytesOf(item);
    const isFull = current.length >= BATCH_PACKETS_MAX || currentBytes + bytes > BATCH_ARGUMENTS_BYTES_MAX;
    if (isFull || (item.needs.length > 0 && !headersFit(head, [...current, item]))) close();
    current.push(item);
    currentBytes += bytes;
  }
  close();
  return batches;
}

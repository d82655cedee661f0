import { type Bytes, byteAt, concatBytes, invariant, type Sha256 } from '@civitas/canon';
import { EMPTY_HASH, stateInnerHash, stateLeafHash } from '@civitas/proofs';

/** Children of a page: four levels of the binary tree. */
export const PAGE_SLOTS = 16;
const HASH_BYTES = 32;
const VERSION_BYTES = 6;
const KINDS_BYTES = 4;
const [EMPTY, LEAF, CHILD] = [0, 1, 2];

/** A record's place: hashes of its key and value, and of both together. */
export interface LeafSlot {
  readonly kind: 'leaf';
  readonly keyHash: Bytes;
  readonly valueHash: Bytes;
  readonly hash: Bytes;
}

/** Two or more leaves, held by the page below in the version that wrote it. */
export interface ChildSlot {
  readonly kind: 'child';
  readonly hash: Bytes;
  readonly version: number;
}

export type Slot = LeafSlot | ChildSlot | undefined;

/** What stands at one node of the four levels: nothing, one leaf (which is its own subtree), or an inner node. */
export interface PageNode {
  readonly kind: 'empty' | 'leaf' | 'inner';
  readonly hash: Bytes;
}

const EMPTY_NODE: PageNode = { kind: 'empty', hash: EMPTY_HASH };

export function leafSlot(sha256: Sha256, keyHash: Bytes, valueHash: Bytes): LeafSlot {
  return { kind: 'leaf', keyHash, valueHash, hash: stateLeafHash(sha256, { keyHash, valueHash }) };
}

/** Sixteen subtrees of one nibble path. Nodes are numbered as in a heap: 1 is the page's root, 16 … 31 are its slots. */
export class Page {
  readonly slots: readonly Slot[];
  readonly #sha256: Sha256;
  readonly #nodes: (PageNode | undefined)[];

  constructor(sha256: Sha256, slots: readonly Slot[], nodes: (PageNode | undefined)[] = []) {
    this.slots = slots;
    this.#sha256 = sha256;
    this.#nodes = nodes;
  }

  /** The node at a heap index, 1 … 31; inner hashes are computed once and kept. */
  nodeAt(index: number): PageNode {
    const known = this.#nodes[index];
    if (known !== undefined) return known;
    const node = index >= PAGE_SLOTS ? this.#slotNode(index - PAGE_SLOTS) : this.#innerNode(index);
    this.#nodes[index] = node;
    return node;
  }

  /** The leaf that is the whole subtree at a node, or undefined. */
  leafBelow(index: number): LeafSlot | undefined {
    let [first, count] = [index, 1];
    while (first < PAGE_SLOTS) [first, count] = [first * 2, count * 2];
    for (let i = first - PAGE_SLOTS; i < first - PAGE_SLOTS + count; i++) {
      const slot = this.slots[i];
      if (slot?.kind === 'leaf') return slot;
    }
    return undefined;
  }

  /** A page with other slots at some places; hashes off their paths are kept. */
  with(changed: ReadonlyMap<number, Slot>): Page {
    const slots = [...this.slots];
    const nodes = [...this.#nodes];
    for (const [position, slot] of changed) {
      slots[position] = slot;
      for (let index = position + PAGE_SLOTS; index >= 1; index >>= 1) nodes[index] = undefined;
    }
    return new Page(this.#sha256, slots, nodes);
  }

  #slotNode(position: number): PageNode {
    const slot = this.slots[position];
    if (slot === undefined) return EMPTY_NODE;
    return { kind: slot.kind === 'leaf' ? 'leaf' : 'inner', hash: slot.hash };
  }

  #innerNode(index: number): PageNode {
    const left = this.nodeAt(index * 2);
    const right = this.nodeAt(index * 2 + 1);
    if (left.kind === 'empty' && right.kind !== 'inner') return right;
    if (right.kind === 'empty' && left.kind !== 'inner') return left;
    return { kind: 'inner', hash: stateInnerHash(this.#sha256, left.hash, right.hash) };
  }
}

export function emptyPage(sha256: Sha256): Page {
  return new Page(sha256, new Array<Slot>(PAGE_SLOTS).fill(undefined));
}

function kindOf(slot: Slot): number {
  if (slot === undefined) return EMPTY;
  return slot.kind === 'leaf' ? LEAF : CHILD;
}

function versionBytes(version: number): Bytes {
  invariant(Number.isSafeInteger(version) && version >= 0 && version < 2 ** 48, `no page version: ${version}`);
  const bytes = new Uint8Array(VERSION_BYTES);
  for (let i = VERSION_BYTES - 1, rest = version; i >= 0; i--, rest = Math.floor(rest / 256)) bytes[i] = rest % 256;
  return bytes;
}

/** Page as stored: two bits a slot, then for each leaf its key and value hash, for each child its hash and version. */
export function encodePage(page: Page): Bytes {
  const kinds = new Uint8Array(KINDS_BYTES);
  const parts: Bytes[] = [kinds];
  page.slots.forEach((slot, position) => {
    kinds[position >> 2] = byteAt(kinds, position >> 2) | (kindOf(slot) << ((position & 3) * 2));
    if (slot?.kind === 'leaf') parts.push(slot.keyHash, slot.valueHash);
    if (slot?.kind === 'child') parts.push(slot.hash, versionBytes(slot.version));
  });
  return concatBytes(...parts);
}

/** Reads a page of our own store. @throws InvariantError when the bytes are not one: the store is damaged. */
export function decodePage(sha256: Sha256, bytes: Bytes): Page {
  let at = KINDS_BYTES;
  const take = (length: number): Bytes => {
    invariant(at + length <= bytes.length, 'page is cut short');
    at += length;
    return bytes.subarray(at - length, at);
  };
  const slots = Array.from({ length: PAGE_SLOTS }, (_, position): Slot => {
    const kind = (byteAt(bytes, position >> 2) >> ((position & 3) * 2)) & 3;
    if (kind === EMPTY) return undefined;
    if (kind === LEAF) return leafSlot(sha256, take(HASH_BYTES), take(HASH_BYTES));
    invariant(kind === CHILD, 'page has an unknown slot');
    return { kind: 'child', hash: take(HASH_BYTES), version: take(VERSION_BYTES).reduce((sum, byte) => sum * 256 + byte, 0) };
  });
  invariant(at === bytes.length, 'page has bytes too many');
  return new Page(sha256, slots);
}

/** The store's key of a page: count of nibbles, the nibbles packed, the version. */
export function pageKey(path: string, version: number): Bytes {
  const packed = new Uint8Array(1 + Math.ceil(path.length / 2));
  packed[0] = path.length;
  for (let i = 0; i < path.length; i++) {
    const at = 1 + (i >> 1);
    packed[at] = byteAt(packed, at) | (Number.parseInt(path.charAt(i), 16) << (i % 2 === 0 ? 4 : 0));
  }
  return concatBytes(packed, versionBytes(version));
}

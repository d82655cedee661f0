import { type Bytes, byteAt, invariant, type Sha256 } from '@civitas/canon';
import { EMPTY_HASH, STATE_INNER_DOMAIN, STATE_LEAF_DOMAIN } from '@civitas/proofs';

/** Children of a page: four levels of the binary tree. */
export const PAGE_SLOTS = 16;
const HASH_BYTES = 32;
const LEAF_BYTES = 2 * HASH_BYTES;
const VERSION_BYTES = 6;
const CHANGES_AT = VERSION_BYTES;
const LEAF_MASK_AT = CHANGES_AT + 1;
const CHILD_MASK_AT = LEAF_MASK_AT + 2;
const HEADER_BYTES = CHILD_MASK_AT + 2;
const INNER_BYTES = (PAGE_SLOTS - 1) * HASH_BYTES;
/** Below this many slots in use, hashing anew costs less than the memory that would save it. */
const SLOTS_WORTH_KEEPING_HASHES = 4;
/** What a page costs in memory beside its bytes: the object and its views. */
const PAGE_OVERHEAD_BYTES = 360;

/** A record's place: hashes of its key and of its value. */
export interface LeafSlot {
  readonly kind: 'leaf';
  readonly keyHash: Bytes;
  readonly valueHash: Bytes;
}

/** Two or more leaves, held by the page below; `version` names that page as this one sees it. */
export interface ChildSlot {
  readonly kind: 'child';
  readonly hash: Bytes;
  readonly version: number;
}

export type Slot = LeafSlot | ChildSlot | undefined;

/** What stands at one node of the four levels: nothing, one leaf (which is its own subtree), or an inner node. */
export type NodeKind = 'empty' | 'leaf' | 'inner';

/** Version: height of the block that wrote the page. changeCount: changes since a whole page was last kept of it. */
export interface PageHeader {
  readonly version: number;
  readonly changeCount: number;
}

// Slots below a node, as bits; nodes are numbered as in a heap: 1 is the page's root, 16 … 31 are its slots.
const SPANS: readonly number[] = Array.from({ length: 2 * PAGE_SLOTS }, (_, node) => {
  let [first, count] = [node, 1];
  while (first > 0 && first < PAGE_SLOTS) [first, count] = [first * 2, count * 2];
  return node === 0 ? 0 : ((1 << count) - 1) << (first - PAGE_SLOTS);
});

const preimageOf = (domain: number): Bytes => Uint8Array.from({ length: 1 + 2 * HASH_BYTES }, (_, at) => (at === 0 ? domain : 0));
// One preimage of a leaf and of each level at a time: hashing is synchronous and keeps nothing of its input.
const leafPreimage = preimageOf(STATE_LEAF_DOMAIN);
const innerPreimages: readonly Bytes[] = Array.from({ length: 4 }, () => preimageOf(STATE_INNER_DOMAIN));

/** Not through a view, which costs more than this many bytes do. */
function copyBytes(from: Bytes, at: number, to: Bytes, toAt: number): void {
  for (let i = 0; i < HASH_BYTES; i++) to[toAt + i] = from[at + i] ?? 0;
}

function bitsIn(mask: number): number {
  let bits = mask - ((mask >> 1) & 0x5555);
  bits = (bits & 0x3333) + ((bits >> 2) & 0x3333);
  bits = (bits + (bits >> 4)) & 0x0f0f;
  return (bits + (bits >> 8)) & 0x1f;
}

function read16(bytes: Bytes, at: number): number {
  return (byteAt(bytes, at) << 8) | byteAt(bytes, at + 1);
}

function write16(bytes: Bytes, at: number, value: number): void {
  bytes[at] = value >> 8;
  bytes[at + 1] = value & 255;
}

/** What the hashes of a page take when they are kept; 0 where they are not worth it. */
function hashesBytes(leafMask: number, childMask: number): number {
  return bitsIn(leafMask | childMask) < SLOTS_WORTH_KEEPING_HASHES ? 0 : INNER_BYTES + bitsIn(leafMask) * HASH_BYTES;
}

/** Six bytes, most significant first. */
export function writeVersion(bytes: Bytes, at: number, version: number): void {
  invariant(Number.isSafeInteger(version) && version >= 0 && version < 2 ** 48, `no page version: ${version}`);
  for (let i = at + VERSION_BYTES - 1, rest = version; i >= at; i--, rest = Math.floor(rest / 256)) bytes[i] = rest % 256;
}

export function readVersion(bytes: Bytes, at: number): number {
  let version = 0;
  for (let i = at; i < at + VERSION_BYTES; i++) version = version * 256 + byteAt(bytes, i);
  return version;
}

/**
 * Sixteen subtrees of one nibble path, as the bytes that the store keeps: version (6), change count (1), which slots are leaves (2) and
 * which are children (2), then for each slot in use, in order, a leaf's key and value hash or a child's hash. Never changes once made.
 */
export class Page implements PageHeader {
  readonly bytes: Bytes;
  readonly version: number;
  readonly leafMask: number;
  readonly childMask: number;
  readonly #sha256: Sha256;
  /** Hashes of nodes 1 … 15, then of the leaves in order, as far as `#known` says. */
  #hashes: Bytes | undefined;
  #known = 0;

  constructor(sha256: Sha256, bytes: Bytes) {
    this.#sha256 = sha256;
    this.bytes = bytes;
    this.version = readVersion(bytes, 0);
    this.leafMask = read16(bytes, LEAF_MASK_AT);
    this.childMask = read16(bytes, CHILD_MASK_AT);
  }

  get changeCount(): number {
    return byteAt(this.bytes, CHANGES_AT);
  }

  /** Bits of the slots in use. */
  get usedMask(): number {
    return this.leafMask | this.childMask;
  }

  /** Bytes of memory when all that can be kept is kept. */
  get memoryBytes(): number {
    return PAGE_OVERHEAD_BYTES + this.bytes.length + hashesBytes(this.leafMask, this.childMask);
  }

  get slots(): readonly Slot[] {
    return Array.from({ length: PAGE_SLOTS }, (_, position) => this.slotAt(position));
  }

  slotAt(position: number): Slot {
    const bit = 1 << position;
    const at = this.#offsetOf(position);
    if ((this.leafMask & bit) !== 0) {
      return {
        kind: 'leaf',
        keyHash: this.bytes.subarray(at, at + HASH_BYTES),
        valueHash: this.bytes.subarray(at + HASH_BYTES, at + LEAF_BYTES),
      };
    }
    if ((this.childMask & bit) === 0) return undefined;
    return { kind: 'child', hash: this.bytes.subarray(at, at + HASH_BYTES), version: this.version };
  }

  kindAt(node: number): NodeKind {
    const span = SPANS[node] ?? 0;
    if ((this.childMask & span) !== 0) return 'inner';
    const leaves = this.leafMask & span;
    if (leaves === 0) return 'empty';
    return (leaves & (leaves - 1)) === 0 ? 'leaf' : 'inner';
  }

  /** Hash of a node, 1 … 31; computed once where the page is dense enough to keep it. */
  hashAt(node: number): Bytes {
    const hash = new Uint8Array(HASH_BYTES);
    this.#putHash(node, hash, 0);
    return hash;
  }

  /** Writes the hash of a node, 1 … 31. */
  #putHash(node: number, to: Bytes, at: number): void {
    const kind = this.kindAt(node);
    if (kind === 'empty') return copyBytes(EMPTY_HASH, 0, to, at);
    if (kind === 'leaf') return this.#putLeafHash(31 - Math.clz32(this.leafMask & (SPANS[node] ?? 0)), to, at);
    if (node >= PAGE_SLOTS) return copyBytes(this.bytes, this.#offsetOf(node - PAGE_SLOTS), to, at);
    const kept = (node - 1) * HASH_BYTES;
    if (this.#hashes !== undefined && (this.#known & (1 << node)) !== 0) return copyBytes(this.#hashes, kept, to, at);
    const preimage = innerPreimages[31 - Math.clz32(node)];
    invariant(preimage !== undefined, `no node of a page: ${node}`);
    this.#putHash(node * 2, preimage, 1);
    this.#putHash(node * 2 + 1, preimage, 1 + HASH_BYTES);
    const hash = this.#sha256(preimage);
    this.#keep(node, kept, hash);
    copyBytes(hash, 0, to, at);
  }

  /** The leaf that is the whole subtree at a node, or undefined. */
  leafBelow(node: number): LeafSlot | undefined {
    const leaves = this.leafMask & (SPANS[node] ?? 0);
    if (leaves === 0) return undefined;
    const slot = this.slotAt(31 - Math.clz32(leaves));
    return slot?.kind === 'leaf' ? slot : undefined;
  }

  /** A page with other slots at some places, given in order; hashes off their paths are kept. */
  with(header: PageHeader, changed: ReadonlyMap<number, Slot>): Page {
    let { leafMask, childMask } = this;
    // By key: pairs would be an array each, and this is on every change's way.
    for (const position of changed.keys()) {
      const slot = changed.get(position);
      const bit = 1 << position;
      leafMask = slot?.kind === 'leaf' ? leafMask | bit : leafMask & ~bit;
      childMask = slot?.kind === 'child' ? childMask | bit : childMask & ~bit;
    }
    const length = HEADER_BYTES + bitsIn(leafMask) * LEAF_BYTES + bitsIn(childMask) * HASH_BYTES;
    // Bytes and hashes in one allocation: typed arrays of this size have memory outside the heap, which is what collecting them costs.
    const both = new Uint8Array(length + hashesBytes(leafMask, childMask));
    const bytes = both.subarray(0, length);
    writeVersion(bytes, 0, header.version);
    bytes[CHANGES_AT] = header.changeCount;
    write16(bytes, LEAF_MASK_AT, leafMask);
    write16(bytes, CHILD_MASK_AT, childMask);
    let from = HEADER_BYTES;
    let at = HEADER_BYTES;
    for (const position of changed.keys()) {
      const slot = changed.get(position);
      const until = this.#offsetOf(position);
      invariant(until >= from, 'slots are changed in order');
      if (until > from) bytes.set(this.bytes.subarray(from, until), at);
      at += until - from;
      from = this.#offsetOf(position + 1);
      if (slot === undefined) continue;
      copyBytes(slot.kind === 'leaf' ? slot.keyHash : slot.hash, 0, bytes, at);
      at += HASH_BYTES;
      if (slot.kind !== 'leaf') continue;
      copyBytes(slot.valueHash, 0, bytes, at);
      at += HASH_BYTES;
    }
    if (from < this.bytes.length) bytes.set(this.bytes.subarray(from), at);
    const page = new Page(this.#sha256, bytes);
    if (both.length > length) page.#inherit(this, changed, both.subarray(length));
    return page;
  }

  /** Writes which of `mask` are leaves (2) and children (2), then their contents in order. @returns where that ends. */
  writeSlots(bytes: Bytes, from: number, mask: number): number {
    const leaves = this.leafMask & mask;
    const children = this.childMask & mask;
    write16(bytes, from, leaves);
    write16(bytes, from + 2, children);
    let at = from + 4;
    for (let left = leaves | children; left !== 0; left &= left - 1) {
      const bit = left & -left;
      const length = (leaves & bit) !== 0 ? LEAF_BYTES : HASH_BYTES;
      const start = this.#offsetOf(31 - Math.clz32(bit));
      bytes.set(this.bytes.subarray(start, start + length), at);
      at += length;
    }
    return at;
  }

  #offsetOf(position: number): number {
    const below = (1 << position) - 1;
    return HEADER_BYTES + bitsIn(this.leafMask & below) * LEAF_BYTES + bitsIn(this.childMask & below) * HASH_BYTES;
  }

  #putLeafHash(position: number, to: Bytes, at: number): void {
    const node = position + PAGE_SLOTS;
    const kept = INNER_BYTES + bitsIn(this.leafMask & ((1 << position) - 1)) * HASH_BYTES;
    if (this.#hashes !== undefined && (this.#known & (1 << node)) !== 0) return copyBytes(this.#hashes, kept, to, at);
    const from = this.#offsetOf(position);
    copyBytes(this.bytes, from, leafPreimage, 1);
    copyBytes(this.bytes, from + HASH_BYTES, leafPreimage, 1 + HASH_BYTES);
    const hash = this.#sha256(leafPreimage);
    this.#keep(node, kept, hash);
    copyBytes(hash, 0, to, at);
  }

  #keep(node: number, at: number, hash: Bytes): void {
    if (this.#hashes === undefined) {
      const length = hashesBytes(this.leafMask, this.childMask);
      if (length === 0) return;
      this.#hashes = new Uint8Array(length);
    }
    copyBytes(hash, 0, this.#hashes, at);
    this.#known |= 1 << node;
  }

  #inherit(before: Page, changed: ReadonlyMap<number, Slot>, hashes: Bytes): void {
    this.#hashes = hashes;
    if (before.#hashes === undefined) return;
    let dirty = 0;
    for (const position of changed.keys()) for (let node = position + PAGE_SLOTS; node >= 1; node >>= 1) dirty |= 1 << node;
    const isAlike = this.leafMask === before.leafMask;
    // Where leaves have moved among each other, only hashes of inner nodes stay where they were.
    hashes.set(isAlike ? before.#hashes : before.#hashes.subarray(0, INNER_BYTES));
    this.#known = before.#known & ~dirty & (isAlike ? -1 : 0xffff);
  }
}

/** A page with nothing in it, to be filled by `with`. */
export function emptyPage(sha256: Sha256): Page {
  return new Page(sha256, new Uint8Array(HEADER_BYTES));
}

/** Reads a page of our own store. @throws InvariantError when the bytes are not one: the store is damaged. */
export function decodePage(sha256: Sha256, bytes: Bytes): Page {
  invariant(bytes.length >= HEADER_BYTES, 'page is cut short');
  const page = new Page(sha256, bytes);
  invariant((page.leafMask & page.childMask) === 0, 'page has an unknown slot');
  const length = HEADER_BYTES + bitsIn(page.leafMask) * LEAF_BYTES + bitsIn(page.childMask) * HASH_BYTES;
  invariant(bytes.length === length, `page has ${bytes.length} bytes, its slots need ${length}`);
  return page;
}

/** The store's key of a path: count of nibbles, then the nibbles packed. */
export function pathKey(path: string): Bytes {
  const packed = new Uint8Array(1 + Math.ceil(path.length / 2));
  packed[0] = path.length;
  for (let i = 0; i < path.length; i++) {
    const at = 1 + (i >> 1);
    packed[at] = byteAt(packed, at) | (Number.parseInt(path.charAt(i), 16) << (i % 2 === 0 ? 4 : 0));
  }
  return packed;
}

/** Inverse of writeSlots: what stood at the places of `mask`. @throws InvariantError for other bytes. */
export function decodeSlots(bytes: Bytes, mask: number, version: number): Map<number, Slot> {
  const [leaves, children] = [read16(bytes, 0), read16(bytes, 2)];
  const slots = new Map<number, Slot>();
  let at = 4;
  const take = (): Bytes => {
    invariant(at + HASH_BYTES <= bytes.length, 'history entry is cut short');
    at += HASH_BYTES;
    return bytes.subarray(at - HASH_BYTES, at);
  };
  for (let position = 0; position < PAGE_SLOTS; position++) {
    const bit = 1 << position;
    if ((mask & bit) === 0) continue;
    if ((leaves & bit) !== 0) slots.set(position, { kind: 'leaf', keyHash: take(), valueHash: take() });
    else slots.set(position, (children & bit) === 0 ? undefined : { kind: 'child', hash: take(), version });
  }
  invariant(at === bytes.length, 'history entry has bytes too many');
  return slots;
}

import type { Bytes } from '@civitas/canon';

/** Length of an id, bytes; two thirds of a slot. */
export const ID_BYTES = 16;
const ID_WORDS = ID_BYTES / 4;
/** Parts of the table: each grows alone, so that growing never holds a block up for long. */
const SHARD_BITS = 6;
const FIRST_SLOTS = 64;
/** Slots in use of four at most, before a part doubles. */
const USED_OF_FOUR = 3;

/** Two odd 32-bit numbers that nobody outside knows, or chosen ids could pile up in one place. */
export type TableSeed = readonly [number, number];
const FIXED_SEED: TableSeed = [0x9e3779b1, 0x85ebca6b];

function wordAt(bytes: Bytes, at: number): number {
  return ((bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8) | ((bytes[at + 2] ?? 0) << 16) | ((bytes[at + 3] ?? 0) << 24)) >>> 0;
}

/** Open addressing with linear probing. Values are kept plus one: 0 is an empty slot. */
class Shard {
  #words = new Uint32Array(FIRST_SLOTS * ID_WORDS);
  #values = new Float64Array(FIRST_SLOTS);
  #used = 0;

  /** @returns the slot that holds the id, or the empty one where it would go. */
  #slotOf(hash: number, bytes: Bytes, at: number): number {
    const mask = this.#values.length - 1;
    let slot = hash & mask;
    while (this.#values[slot] !== 0 && !this.#holds(slot, bytes, at)) slot = (slot + 1) & mask;
    return slot;
  }

  #holds(slot: number, bytes: Bytes, at: number): boolean {
    for (let word = 0; word < ID_WORDS; word++) {
      if (this.#words[slot * ID_WORDS + word] !== wordAt(bytes, at + 4 * word)) return false;
    }
    return true;
  }

  get(hash: number, bytes: Bytes, at: number): number | undefined {
    const kept = this.#values[this.#slotOf(hash, bytes, at)] ?? 0;
    return kept === 0 ? undefined : kept - 1;
  }

  set(
    hash: number,
    id: { readonly bytes: Bytes; readonly at: number },
    value: number,
    hashOf: (words: Uint32Array, at: number) => number,
  ): void {
    if ((this.#used + 1) * 4 > this.#values.length * USED_OF_FOUR) this.#grow(hashOf);
    const slot = this.#slotOf(hash, id.bytes, id.at);
    if (this.#values[slot] === 0) this.#used += 1;
    for (let word = 0; word < ID_WORDS; word++) this.#words[slot * ID_WORDS + word] = wordAt(id.bytes, id.at + 4 * word);
    this.#values[slot] = value + 1;
  }

  delete(hash: number, id: { readonly bytes: Bytes; readonly at: number }, hashOf: (words: Uint32Array, at: number) => number): void {
    const mask = this.#values.length - 1;
    let hole = this.#slotOf(hash, id.bytes, id.at);
    if (this.#values[hole] === 0) return;
    this.#used -= 1;
    // What was pushed past the hole moves into it, so that no search ends too early.
    for (let slot = (hole + 1) & mask; this.#values[slot] !== 0; slot = (slot + 1) & mask) {
      const home = hashOf(this.#words, slot * ID_WORDS) & mask;
      if (((slot - home) & mask) < ((slot - hole) & mask)) continue;
      this.#move(slot, hole);
      hole = slot;
    }
    this.#values[hole] = 0;
  }

  #move(from: number, to: number): void {
    this.#words.copyWithin(to * ID_WORDS, from * ID_WORDS, (from + 1) * ID_WORDS);
    this.#values[to] = this.#values[from] ?? 0;
  }

  #grow(hashOf: (words: Uint32Array, at: number) => number): void {
    const [words, values] = [this.#words, this.#values];
    const mask = 2 * values.length - 1;
    this.#words = new Uint32Array(2 * words.length);
    this.#values = new Float64Array(2 * values.length);
    for (let from = 0; from < values.length; from++) {
      if (values[from] === 0) continue;
      let to = hashOf(words, from * ID_WORDS) & mask;
      while (this.#values[to] !== 0) to = (to + 1) & mask;
      this.#words.set(words.subarray(from * ID_WORDS, (from + 1) * ID_WORDS), to * ID_WORDS);
      this.#values[to] = values[from] ?? 0;
    }
  }
}

/**
 * Numbers by 16-byte ids, millions of them: flat memory that the garbage collector does not walk, 24 bytes a slot.
 *
 * Ids stand anywhere in an array: `at` is where one begins. Values are whole numbers from 0 to 2^53 − 2.
 */
export class IdTable {
  readonly #shards = Array.from({ length: 1 << SHARD_BITS }, () => new Shard());
  readonly #hashOf: (words: Uint32Array, at: number) => number;
  readonly #mix: (first: number, second: number) => number;

  constructor([a, b]: TableSeed = FIXED_SEED) {
    this.#mix = (first, second) => {
      const sum = (Math.imul(first, a | 1) + Math.imul(second, b | 1)) | 0;
      const spread = Math.imul(sum ^ (sum >>> 15), 0x2c1b3c6d);
      return (spread ^ (spread >>> 13)) >>> 0;
    };
    this.#hashOf = (words, at) => this.#mix(words[at] ?? 0, words[at + 1] ?? 0);
  }

  get(bytes: Bytes, at = 0): number | undefined {
    const hash = this.#hash(bytes, at);
    return this.#shardOf(hash).get(hash, bytes, at);
  }

  set(bytes: Bytes, at: number, value: number): void {
    const hash = this.#hash(bytes, at);
    this.#shardOf(hash).set(hash, { bytes, at }, value, this.#hashOf);
  }

  delete(bytes: Bytes, at: number): void {
    const hash = this.#hash(bytes, at);
    this.#shardOf(hash).delete(hash, { bytes, at }, this.#hashOf);
  }

  #hash(bytes: Bytes, at: number): number {
    return this.#mix(wordAt(bytes, at), wordAt(bytes, at + 4));
  }

  #shardOf(hash: number): Shard {
    const shard = this.#shards[hash >>> (32 - SHARD_BITS)];
    if (shard === undefined) throw new RangeError('a hash of more than 32 bits');
    return shard;
  }
}

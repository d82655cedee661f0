import { type Bytes, hexEncode, type Sha256 } from '@civitas/canon';
import type { StateProof } from './state-proof.ts';
import { EMPTY_HASH, pathBit, stateInnerHash, stateLeafHash } from './tree-hash.ts';

interface Leaf {
  readonly keyHash: Bytes;
  readonly valueHash: Bytes;
}

/** The tree by definition, in memory and without caching: what every faster tree is tested against. */
export class ReferenceTree {
  readonly #sha256: Sha256;
  readonly #leaves = new Map<string, Leaf>();

  constructor(sha256: Sha256) {
    this.#sha256 = sha256;
  }

  get size(): number {
    return this.#leaves.size;
  }

  put(key: Bytes, value: Bytes): void {
    const keyHash = this.#sha256(key);
    this.#leaves.set(hexEncode(keyHash), { keyHash, valueHash: this.#sha256(value) });
  }

  delete(key: Bytes): void {
    this.#leaves.delete(hexEncode(this.#sha256(key)));
  }

  root(): Bytes {
    return this.#rootOf([...this.#leaves.values()], 0);
  }

  #rootOf(leaves: readonly Leaf[], depth: number): Bytes {
    const [only] = leaves;
    if (only === undefined) return EMPTY_HASH;
    if (leaves.length === 1) return stateLeafHash(this.#sha256, only);
    const [left, right] = splitAt(leaves, depth);
    return stateInnerHash(this.#sha256, this.#rootOf(left, depth + 1), this.#rootOf(right, depth + 1));
  }

  /** Proof of the key's membership where it has a value, else of its absence. */
  prove(key: Bytes): StateProof {
    const keyHash = this.#sha256(key);
    const siblings: Bytes[] = [];
    let leaves: readonly Leaf[] = [...this.#leaves.values()];
    for (let depth = 0; leaves.length > 1; depth++) {
      const [left, right] = splitAt(leaves, depth);
      const isRight = pathBit(keyHash, depth) === 1;
      siblings.push(this.#rootOf(isRight ? left : right, depth + 1));
      leaves = isRight ? right : left;
    }
    const [end] = leaves;
    if (end === undefined) return { key, leaf: { kind: 'empty' }, siblings };
    const isOwn = hexEncode(end.keyHash) === hexEncode(keyHash);
    return { key, leaf: isOwn ? { kind: 'present' } : { kind: 'other', ...end }, siblings };
  }
}

function splitAt(leaves: readonly Leaf[], depth: number): readonly [readonly Leaf[], readonly Leaf[]] {
  return [leaves.filter(({ keyHash }) => pathBit(keyHash, depth) === 0), leaves.filter(({ keyHash }) => pathBit(keyHash, depth) === 1)];
}

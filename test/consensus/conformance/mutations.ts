import type { Bytes } from '@civitas/canon';
import type { LightBlock } from '@civitas/proofs';
import { withFlippedBit } from '../../../packages/proofs/src/testing/chain.ts';

export interface Mutation {
  /** Path of the changed field, as in `commit.signatures.2.time.nanos`. */
  readonly path: string;
  readonly lightBlock: LightBlock;
}

type Part = Readonly<Record<string, unknown>> | readonly unknown[];

/** Every bit of bytes, or every `stride`-th starting at `offset`. */
function changedBytes(bytes: Bytes, stride: number, offset: number): Bytes[] {
  const changed: Bytes[] = [];
  for (let bit = offset % stride; bit < bytes.length * 8; bit += stride) changed.push(withFlippedBit(bytes, bit));
  changed.push(bytes.slice(1), Uint8Array.from([...bytes, 0]));
  return changed;
}

function changedLeaf(leaf: unknown, stride: number, offset: number): unknown[] {
  if (leaf instanceof Uint8Array)
    return leaf.length === 0 ? [new Uint8Array(20), new Uint8Array(32), new Uint8Array(64)] : changedBytes(leaf, stride, offset);
  if (typeof leaf === 'bigint') return [0n, 1n, 5n, 20n, 40n, 62n].map((bit) => leaf ^ (1n << bit)).concat(-leaf - 1n);
  if (typeof leaf === 'number') return [0, 1, 3, 8, 29].map((bit) => leaf ^ (1 << bit));
  if (typeof leaf === 'string') return [`${leaf}x`, leaf.slice(1), `x${leaf.slice(1)}`, ''];
  return [];
}

const isPart = (value: unknown): value is Part => typeof value === 'object' && value !== null && !(value instanceof Uint8Array);

const isList = (part: Part): part is readonly unknown[] => Array.isArray(part);

function* changedParts(part: Part, path: string, bits: { stride: number; offset: number }): Generator<{ path: string; part: Part }> {
  for (const [name, value] of Object.entries(part)) {
    const here = path === '' ? name : `${path}.${name}`;
    const put = (changed: unknown): Part => (isList(part) ? part.with(Number(name), changed) : { ...part, [name]: changed });
    if (isPart(value)) for (const inner of changedParts(value, here, bits)) yield { path: inner.path, part: put(inner.part) };
    else for (const changed of changedLeaf(value, bits.stride, bits.offset)) yield { path: here, part: put(changed) };
    // Lists also lose, double and swap elements.
    if (Array.isArray(value) && value.length > 0) {
      yield { path: `${here}.length`, part: put(value.slice(1)) };
      yield { path: `${here}.length`, part: put([...value, value[0]]) };
      if (value.length > 1) yield { path: `${here}.order`, part: put([value[1], value[0], ...value.slice(2)]) };
    }
  }
}

const isLightBlock = (part: Part): part is Part & LightBlock => 'header' in part && 'commit' in part && 'validators' in part;

/**
 * The light block with one field changed: bytes bit by bit (every `stride`-th bit), shortened and lengthened; numbers in a few bits;
 * lists by an element more, fewer or out of place.
 */
export function* mutationsOf(lightBlock: LightBlock, bits: { stride: number; offset: number }): Generator<Mutation> {
  for (const { path, part } of changedParts({ ...lightBlock }, '', bits)) if (isLightBlock(part)) yield { path, lightBlock: part };
}

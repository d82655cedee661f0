import { accept, type Bytes, base64urlEncode, type Json, type JsonObject, type Result, refuse } from '@civitas/canon';
import { arrayField, bytesOfText, FieldError, hashOfText, integerField, objectWith, textField } from '../json-fields.ts';
import { KEY_BYTES_MAX, TREE_DEPTH_MAX } from '../limits.ts';
import type { ProofLeaf, StateProof } from './state-proof.ts';
import { EMPTY_HASH, isEmptyHash } from './tree-hash.ts';

function leafToJson(leaf: ProofLeaf): JsonObject {
  if (leaf.kind !== 'other') return { kind: leaf.kind };
  return { keyHash: base64urlEncode(leaf.keyHash), kind: 'other', valueHash: base64urlEncode(leaf.valueHash) };
}

/**
 * JSON form of a state proof: `{bitmap, depth, key, leaf, siblings}`.
 *
 * Bit d of the bitmap (most significant first) says whether siblings[d] is not empty; only those are listed, from the root downwards.
 */
export function proofToJson(proof: StateProof): JsonObject {
  const depth = proof.siblings.length;
  const bitmap = new Uint8Array(Math.ceil(depth / 8));
  const siblings: string[] = [];
  for (const [at, sibling] of proof.siblings.entries()) {
    if (isEmptyHash(sibling)) continue;
    bitmap[at >> 3] = (bitmap[at >> 3] ?? 0) | (128 >> (at & 7));
    siblings.push(base64urlEncode(sibling));
  }
  return { bitmap: base64urlEncode(bitmap), depth, key: base64urlEncode(proof.key), leaf: leafToJson(proof.leaf), siblings };
}

function leafFromJson(value: Json | undefined): ProofLeaf {
  const isOther = typeof value === 'object' && value !== null && 'keyHash' in value;
  const leaf = objectWith(value, isOther ? ['keyHash', 'kind', 'valueHash'] : ['kind']);
  const kind = textField(leaf, 'kind');
  if (isOther && kind === 'other') {
    return { kind, keyHash: hashOfText(leaf['keyHash'], 'keyHash'), valueHash: hashOfText(leaf['valueHash'], 'valueHash') };
  }
  if (!isOther && (kind === 'present' || kind === 'empty')) return { kind };
  throw new FieldError('leaf: unknown kind');
}

function siblingsFromJson(form: { readonly bitmap: Bytes; readonly depth: number; readonly listed: readonly Json[] }): Bytes[] {
  const { bitmap, depth, listed } = form;
  if (bitmap.length !== Math.ceil(depth / 8)) throw new FieldError('bitmap: one bit a level');
  const siblings: Bytes[] = [];
  let next = 0;
  for (let at = 0; at < bitmap.length * 8; at++) {
    const isListed = ((bitmap[at >> 3] ?? 0) & (128 >> (at & 7))) !== 0;
    if (at >= depth) {
      if (isListed) throw new FieldError('bitmap: bits past the depth');
      continue;
    }
    const sibling = isListed ? hashOfText(listed[next++], 'siblings') : EMPTY_HASH;
    if (isListed && isEmptyHash(sibling)) throw new FieldError('siblings: an empty one is listed');
    siblings.push(sibling);
  }
  if (next !== listed.length) throw new FieldError('siblings: not one a set bit');
  return siblings;
}

/** Reads the JSON form; one proof has one accepted form. Refused with PROOF_MALFORMED. */
export function proofFromJson(value: Json): Result<StateProof> {
  try {
    const form = objectWith(value, ['bitmap', 'depth', 'key', 'leaf', 'siblings']);
    const key = bytesOfText(form['key'], 'key');
    if (key.length === 0 || key.length > KEY_BYTES_MAX) throw new FieldError(`key: 1 … ${KEY_BYTES_MAX} bytes`);
    const siblings = siblingsFromJson({
      bitmap: bytesOfText(form['bitmap'], 'bitmap'),
      depth: integerField(form, 'depth', TREE_DEPTH_MAX),
      listed: arrayField(form, 'siblings', TREE_DEPTH_MAX),
    });
    return accept({ key, leaf: leafFromJson(form['leaf']), siblings });
  } catch (error) {
    if (error instanceof FieldError) return refuse('PROOF_MALFORMED', { reason: error.message });
    throw error;
  }
}

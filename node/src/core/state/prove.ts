import { equalBytes, type Sha256, utf8Encode } from '@civitas/canon';
import type { StateProof } from '@civitas/proofs';
import type { PageReader } from './page-store.ts';
import { pathTo, type TreeRoot } from './tree.ts';

/** Proof that a key has its value, or none, under a kept root. */
export function proveKey(tools: { readonly sha256: Sha256; readonly reader: PageReader }, root: TreeRoot, key: string): StateProof {
  const bytes = utf8Encode(key);
  const keyHash = tools.sha256(bytes);
  const { leaf, siblings } = pathTo(tools.reader, root, keyHash);
  if (leaf === undefined) return { key: bytes, leaf: { kind: 'empty' }, siblings };
  if (equalBytes(leaf.keyHash, keyHash)) return { key: bytes, leaf: { kind: 'present' }, siblings };
  return { key: bytes, leaf: { kind: 'other', keyHash: leaf.keyHash, valueHash: leaf.valueHash }, siblings };
}

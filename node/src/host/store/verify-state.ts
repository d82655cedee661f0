import { randomBytes } from 'node:crypto';
import { type Bytes, concatBytes, equalBytes, type Sha256 } from '@civitas/canon';
import { isEmptyHash } from '@civitas/proofs';
import { PageReader } from '../../core/state/page-store.ts';
import { nibbleAt, type TreeRoot } from '../../core/state/tree.ts';
import { nextTurn } from '../event-loop/next-turn.ts';
import type { LedgerStore } from './ledger-store.ts';
import { VERIFY_CACHE_BYTES, VERIFY_SLICE } from './limits.ts';

export interface StateFinding {
  readonly ok: boolean;
  /** What the tree's pages hash to. */
  readonly root: Bytes;
  readonly recordCount: number;
  /** Empty when all is well. */
  readonly finding: string;
}

/**
 * A set of leaves in 32 bytes: the sum (exclusive or) of their hashes under a key that nobody knew before. Two sets without duplicates have
 * the same sum only if they are the same, so records in key order and leaves in hash order compare without sorting or keeping either.
 */
class LeafSet {
  readonly #sum = new Uint8Array(32);
  readonly #sha256: Sha256;
  readonly #secret: Bytes;
  count = 0;

  constructor(sha256: Sha256, secret: Bytes) {
    this.#sha256 = sha256;
    this.#secret = secret;
  }

  add(keyHash: Bytes, valueHash: Bytes): void {
    const hash = this.#sha256(concatBytes(this.#secret, keyHash, valueHash));
    for (let i = 0; i < 32; i++) this.#sum[i] = (this.#sum[i] ?? 0) ^ (hash[i] ?? 0);
    this.count++;
  }

  equals(other: LeafSet): boolean {
    return this.count === other.count && equalBytes(this.#sum, other.#sum);
  }
}

/** Walks all pages below a root. @returns the first path whose page does not give the hash its parent names, or undefined. */
async function walk(tools: { reader: PageReader; root: TreeRoot; leaves: LeafSet }): Promise<string | undefined> {
  const { reader, root, leaves } = tools;
  const open: { path: string; hash: Bytes }[] = root.version < 0 ? [] : [{ path: '', hash: root.hash }];
  for (let pageCount = 1; open.length > 0; pageCount++) {
    const { path, hash } = open.pop() ?? { path: '', hash: root.hash };
    const page = reader.page(path, root.version);
    if (!equalBytes(page.hashAt(1), hash)) return path;
    for (const [position, slot] of page.slots.entries()) {
      if (slot?.kind === 'child') open.push({ path: path + position.toString(16), hash: slot.hash });
      if (slot?.kind !== 'leaf') continue;
      const own = path + position.toString(16);
      for (let depth = 0; depth < own.length; depth++) {
        if (nibbleAt(slot.keyHash, depth) !== Number.parseInt(own.charAt(depth), 16)) return path;
      }
      leaves.add(slot.keyHash, slot.valueHash);
    }
    if (pageCount % VERIFY_SLICE === 0) await nextTurn();
  }
  return undefined;
}

/**
 * Recomputes everything: every page's hash up to the root of the last block, and that the tree's leaves are exactly the records.
 *
 * Memory does not grow with the state. Blocks may go on meanwhile: all is read as of the block that was the last when it began.
 */
export async function verifyState(store: LedgerStore, sha256: Sha256): Promise<StateFinding> {
  const view = store.readView();
  const head = view && store.readBlockRecord(view.height);
  if (view === undefined || head === undefined) {
    view?.release();
    return { ok: false, root: new Uint8Array(32), recordCount: 0, finding: 'the store has no block' };
  }
  const secret = new Uint8Array(randomBytes(32));
  const records = new LeafSet(sha256, secret);
  const leaves = new LeafSet(sha256, secret);
  try {
    for (const { key, value } of view.recordsByKey()) {
      records.add(sha256(key), sha256(value));
      if (records.count % VERIFY_SLICE === 0) await nextTurn();
    }
  } finally {
    view.release();
  }
  const reader = new PageReader(store, sha256, VERIFY_CACHE_BYTES);
  const answer = { root: head.root.hash, recordCount: records.count };
  const damaged = await walk({ reader, root: head.root, leaves });
  if (damaged !== undefined) return { ...answer, ok: false, finding: `the page '${damaged}' of the state tree does not give its hash` };
  const isEmptyAlike = head.root.version >= 0 || isEmptyHash(head.root.hash);
  if (isEmptyAlike && records.equals(leaves)) return { ...answer, ok: true, finding: '' };
  return { ...answer, ok: false, finding: 'records do not give the root of the last block' };
}

import { type Bytes, hexEncode, type Result, type Sha256 } from '@civitas/canon';
import type { Bundle } from '../../core/ledger/bundle.ts';
import { RecentMap } from '../../core/recent-map.ts';
import { decodeBundle } from './bundle-codec.ts';
import { DECODED_BUNDLES_MAX } from './limits.ts';

/** Decoded bundles by the hash of their bytes: an engine hands the same bytes over again at each step of their way into a block. */
export class BundleCache {
  readonly #sha256: Sha256;
  readonly #hashes = new WeakMap<Bytes, string>();
  readonly #decoded = new RecentMap<string, Result<Bundle>>(DECODED_BUNDLES_MAX);

  constructor(sha256: Sha256) {
    this.#sha256 = sha256;
  }

  of(transaction: Bytes): Result<Bundle> {
    const hash = this.#hashOf(transaction);
    const known = this.#decoded.get(hash);
    if (known !== undefined) return known;
    const decoded = decodeBundle(this.#sha256, transaction);
    this.#decoded.set(hash, decoded);
    return decoded;
  }

  /** Lets go of a bundle that stands in a durable block: nothing asks for it again but a replay, which decodes it anew. */
  forget(transaction: Bytes): void {
    this.#decoded.delete(this.#hashOf(transaction));
  }

  #hashOf(transaction: Bytes): string {
    const known = this.#hashes.get(transaction);
    if (known !== undefined) return known;
    const hash = hexEncode(this.#sha256(transaction));
    this.#hashes.set(transaction, hash);
    return hash;
  }
}

import { type Bytes, base64urlEncode, type CryptoPort, concatBytes, verifySignature } from '@civitas/canon';
import { VERDICTS_MAX } from './limits.ts';

/** One signature to check; `envelopeHash` covers everything signed and the signature itself. */
export interface SignedUnder {
  readonly envelopeHash: Bytes;
  readonly message: Bytes;
  readonly signature: Bytes;
  readonly publicKey: Bytes;
}

/**
 * Remembers verdicts by the hash of the whole envelope and the public key, so that what admission verified is not verified again.
 *
 * Keyed by the operation alone, a copy with a garbage signature would pass where it is cached and fail elsewhere.
 */
export class Verdicts {
  readonly #crypto: CryptoPort;
  readonly #verdicts = new Map<string, boolean>();

  constructor(crypto: CryptoPort) {
    this.#crypto = crypto;
  }

  verify(signed: SignedUnder): boolean {
    const key = base64urlEncode(this.#crypto.sha256(concatBytes(signed.envelopeHash, signed.publicKey, signed.signature)));
    const known = this.#verdicts.get(key);
    if (known !== undefined) return known;
    const verdict = verifySignature(this.#crypto, signed);
    if (this.#verdicts.size >= VERDICTS_MAX) {
      const oldest = this.#verdicts.keys().next();
      if (!oldest.done) this.#verdicts.delete(oldest.value);
    }
    this.#verdicts.set(key, verdict);
    return verdict;
  }
}

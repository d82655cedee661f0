import {
  type Bytes,
  base64urlEncode,
  type CryptoPort,
  concatBytes,
  type KeyId,
  type Sha256,
  type SharedPlace,
  type VerifyEd25519Elsewhere,
  verifySignature,
  verifySignatureElsewhere,
} from '@civitas/canon';
import { RecentMap } from '../recent-map.ts';
import { VERDICTS_MAX } from './limits.ts';

/** One signature to check. */
export interface SignedUnder {
  /** Names message, signature and key together, from one of the functions below: what is equal here is equal in all three. */
  readonly verdictId: string;
  readonly signature: Bytes;
  readonly publicKey: Bytes;
  /** Asked for only where the verdict is not known yet. */
  message(): Bytes;
}

// An envelope hash covers the body, the signature and every co-signature with its key id, and a key id is the hash of its key.
// Keyed by the operation alone, a copy with a garbage signature would pass where it is cached and fail elsewhere.

/** The organisation's signature over an operation. */
export function operationVerdictId(envelopeHash: Bytes): string {
  return base64urlEncode(envelopeHash);
}

interface SharedId {
  readonly chainId: string;
  readonly keyId: KeyId;
  readonly signature: Bytes;
  readonly total: number;
  readonly id: string;
}

/** By the root of a batch that was read together: its operations share root and signature by identity, so the text is made once. */
const sharedIds = new WeakMap<Bytes, SharedId>();

/** A signature over several operations: the same for each of them, so that it is verified once. */
export function sharedVerdictId(chainId: string, keyId: KeyId, signature: Bytes, { total, root }: SharedPlace): string {
  const known = sharedIds.get(root);
  if (known?.signature === signature && known.keyId === keyId && known.chainId === chainId && known.total === total) return known.id;
  const id = `shared ${chainId} ${keyId} ${base64urlEncode(signature)} ${total} ${base64urlEncode(root)}`;
  sharedIds.set(root, { chainId, keyId, signature, total, id });
  return id;
}

/** One co-signature of an operation. */
export function coSignatureVerdictId(envelopeHash: Bytes, keyId: KeyId): string {
  return `${base64urlEncode(envelopeHash)} ${keyId}`;
}

/** A gateway's signature over its bundle. */
export function bundleVerdictId(sha256: Sha256, signed: { message: Bytes; signature: Bytes; publicKey: Bytes }): string {
  return `bundle ${base64urlEncode(sha256(concatBytes(signed.publicKey, signed.signature, signed.message)))}`;
}

/** Remembers verdicts, so that what admission verified is not verified again when it executes. */
export class Verdicts {
  readonly #crypto: CryptoPort;
  readonly #verdicts = new RecentMap<string, boolean>(VERDICTS_MAX);
  /** Being found on other threads: whoever asks for the same meanwhile joins. */
  readonly #pending = new Map<string, Promise<boolean>>();

  constructor(crypto: CryptoPort) {
    this.#crypto = crypto;
  }

  /** Whether verify would answer without any work. */
  knows(verdictId: string): boolean {
    return this.#verdicts.has(verdictId);
  }

  verify(signed: SignedUnder): boolean {
    const known = this.#verdicts.get(signed.verdictId);
    if (known !== undefined) return known;
    const { signature, publicKey } = signed;
    return this.#remember(signed.verdictId, verifySignature(this.#crypto, { message: signed.message(), signature, publicKey }));
  }

  /** The same verdict, found on another thread; verify answers with it from then on. */
  async verifyElsewhere(verifyEd25519: VerifyEd25519Elsewhere, signed: SignedUnder): Promise<boolean> {
    const known = this.#verdicts.get(signed.verdictId);
    if (known !== undefined) return known;
    const joined = this.#pending.get(signed.verdictId);
    if (joined !== undefined) return joined;
    const { signature, publicKey } = signed;
    const found = verifySignatureElsewhere(verifyEd25519, { message: signed.message(), signature, publicKey });
    this.#pending.set(signed.verdictId, found);
    try {
      return this.#remember(signed.verdictId, await found);
    } finally {
      this.#pending.delete(signed.verdictId);
    }
  }

  #remember(id: string, verdict: boolean): boolean {
    this.#verdicts.set(id, verdict);
    return verdict;
  }
}

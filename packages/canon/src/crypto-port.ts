import type { Bytes } from './bytes.ts';

/** SHA-256 of the bytes, which are only lent for the call; 32 bytes of its own. */
export type Sha256 = (data: Bytes) => Bytes;

/** Cofactorless Ed25519 (RFC 8032 section 5.1.7); only called with inputs that passed the signature rule. */
export type VerifyEd25519 = (message: Bytes, signature: Bytes, publicKey: Bytes) => boolean;

/** The same verdict from another thread, so that the caller's goes on meanwhile. */
export type VerifyEd25519Elsewhere = (message: Bytes, signature: Bytes, publicKey: Bytes) => Promise<boolean>;

/** What a host injects: node:crypto on a server, noble in a browser. */
export interface CryptoPort {
  readonly sha256: Sha256;
  readonly verifyEd25519: VerifyEd25519;
}

import type { Bytes } from '@civitas/canon';
import { Aes256Gcm, CipherSuite, DhkemX25519HkdfSha256, HkdfSha256 } from '@hpke/core';

const suite = new CipherSuite({ kem: new DhkemX25519HkdfSha256(), kdf: new HkdfSha256(), aead: new Aes256Gcm() });

/** An imported X25519 private key; opaque. */
export type HpkePrivateKey = Awaited<ReturnType<typeof suite.kem.deserializePrivateKey>>;

export interface HpkeKeyPair {
  /** Raw, 32 bytes. */
  readonly publicKey: Bytes;
  readonly privateKey: HpkePrivateKey;
}

/** @param privateKey raw X25519 private key, 32 bytes. */
export async function importHpkePrivateKey(privateKey: Bytes): Promise<HpkePrivateKey> {
  return suite.kem.deserializePrivateKey(privateKey);
}

/** A key pair for one call's answer. */
export async function generateHpkeKeyPair(): Promise<HpkeKeyPair> {
  const pair = await suite.kem.generateKeyPair();
  return { publicKey: new Uint8Array(await suite.kem.serializePublicKey(pair.publicKey)), privateKey: pair.privateKey };
}

/** Seals to a raw public key. @throws when the key is no X25519 key: the membership record is broken. */
export async function hpkeSeal(
  recipientPublicKey: Bytes,
  plaintext: Bytes,
  associatedData: Bytes,
): Promise<{ encapsulatedKey: Bytes; ciphertext: Bytes }> {
  const recipient = await suite.kem.deserializePublicKey(recipientPublicKey);
  const sealed = await suite.seal({ recipientPublicKey: recipient }, plaintext, associatedData);
  return { encapsulatedKey: new Uint8Array(sealed.enc), ciphertext: new Uint8Array(sealed.ct) };
}

/** Undefined when the ciphertext was not sealed to this key with this associated data. */
export async function hpkeOpen(
  recipientKey: HpkePrivateKey,
  sealed: { readonly encapsulatedKey: Bytes; readonly ciphertext: Bytes },
  associatedData: Bytes,
): Promise<Bytes | undefined> {
  try {
    return new Uint8Array(await suite.open({ recipientKey, enc: sealed.encapsulatedKey }, sealed.ciphertext, associatedData));
  } catch {
    return undefined;
  }
}

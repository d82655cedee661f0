import sodium from 'sodium-native';
import type { CryptoPort } from './crypto-port.ts';
import { PUBLIC_KEY_BYTES, SIGNATURE_BYTES } from './limits.ts';
import { nodeCrypto } from './node.ts';

/**
 * The ports on libsodium, which verifies in half the time OpenSSL takes. Its equation is cofactorless like node:crypto's; where it
 * refuses more (points of small order, encodings that are not canonical) the signature rule has refused before.
 */
export const sodiumCrypto: CryptoPort = {
  sha256: nodeCrypto.sha256,
  verifyEd25519: (message, signature, publicKey) =>
    publicKey.length === PUBLIC_KEY_BYTES &&
    signature.length === SIGNATURE_BYTES &&
    sodium.crypto_sign_verify_detached(signature, message, publicKey),
};

import { type Bytes, type KeyId, keyIdOf, utf8Encode } from '@civitas/canon';
import { type Ed25519KeyPair, ed25519FromSeed, nodeCrypto, signEd25519 } from '@civitas/canon/node';

export interface TestKeyPair extends Ed25519KeyPair {
  readonly keyId: KeyId;
  sign(message: Bytes): Bytes;
}

/** The Ed25519 key pair that a short text or number names, the same in every run. */
export function aKeyPair(seed: string | number = 'key'): TestKeyPair {
  const pair = ed25519FromSeed(nodeCrypto.sha256(utf8Encode(`civitas test key ${seed}`)));
  const keyId = keyIdOf(nodeCrypto.sha256, pair.publicKey);
  return { ...pair, keyId, sign: (message) => signEd25519(pair.privateKey, message) };
}

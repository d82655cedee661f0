import { type Bytes, invariant, PUBLIC_KEY_BYTES, SIGNATURE_BYTES } from '@civitas/canon';

export interface SignedBytes {
  readonly message: Bytes;
  /** 64 bytes. */
  readonly signature: Bytes;
  /** 32 bytes. */
  readonly publicKey: Bytes;
}

const LENGTH_BYTES = 4;
const FIXED_BYTES = PUBLIC_KEY_BYTES + SIGNATURE_BYTES + LENGTH_BYTES;

/** Packs signatures into one buffer of their own, which another thread may take over: key, signature, length (big-endian), message. */
export function encodeBatch(batch: readonly SignedBytes[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(batch.reduce((sum, { message }) => sum + FIXED_BYTES + message.length, 0));
  const view = new DataView(bytes.buffer);
  let at = 0;
  for (const { message, signature, publicKey } of batch) {
    invariant(
      signature.length === SIGNATURE_BYTES && publicKey.length === PUBLIC_KEY_BYTES,
      'a batch holds keys and signatures of full length',
    );
    bytes.set(publicKey, at);
    bytes.set(signature, at + PUBLIC_KEY_BYTES);
    view.setUint32(at + PUBLIC_KEY_BYTES + SIGNATURE_BYTES, message.length);
    bytes.set(message, at + FIXED_BYTES);
    at += FIXED_BYTES + message.length;
  }
  return bytes;
}

/** Views on what encodeBatch packed. */
export function* decodeBatch(bytes: Bytes): Generator<SignedBytes> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 0;
  while (at < bytes.length) {
    const length = view.getUint32(at + PUBLIC_KEY_BYTES + SIGNATURE_BYTES);
    yield {
      publicKey: bytes.subarray(at, at + PUBLIC_KEY_BYTES),
      signature: bytes.subarray(at + PUBLIC_KEY_BYTES, at + PUBLIC_KEY_BYTES + SIGNATURE_BYTES),
      message: bytes.subarray(at + FIXED_BYTES, at + FIXED_BYTES + length),
    };
    at += FIXED_BYTES + length;
  }
}

import { base64urlDecode, base64urlEncode, type Sha256, utf8Encode } from '@civitas/canon';
import type { Genesis } from '@civitas/deployment';

/** SHA-256 of the canonical text, base64url: what operations and clients name the chain by. */
export function genesisHashOf(text: string, sha256: Sha256): string {
  return base64urlEncode(sha256(utf8Encode(text)));
}

/** A genesis as recorded. It was written by us in one piece, so its shape is not checked again. */
export function genesisFromText(text: string): Genesis {
  return JSON.parse(text);
}

/** SHA-256 of the raw public key, base64url. */
export function keyHashOf(publicKey: string, sha256: Sha256): string {
  return base64urlEncode(sha256(base64urlDecode(publicKey) ?? new Uint8Array(0)));
}

import type { Bytes } from './bytes.ts';
import type { Sha256 } from './crypto-port.ts';
import { type Hash, hashOf, type KeyId } from './ids.ts';
import { CO_SIGNATURES_MAX, OPERATION_BODY_BYTES_MAX, SIGNATURE_BYTES } from './limits.ts';
import { accept, type Result, refuse } from './refusal.ts';
import { utf8Encode } from './utf8.ts';

export interface CoSignature {
  readonly keyId: KeyId;
  /** Over coSignatureSignBytes(operation hash). */
  readonly signature: Bytes;
}

/** An operation as it travels: body and every signature over it. */
export interface Envelope {
  readonly body: Bytes;
  /** Over operationSignBytes(body), by the key the body names. */
  readonly signature: Bytes;
  /** At most 16, in strictly rising order of key id. */
  readonly coSignatures: readonly CoSignature[];
}

const ENVELOPE_DOMAIN = utf8Encode('civitas/envelope/v1\n');
const LENGTH_BYTES = 4;

/** Writes the length (32-bit big-endian) and the bytes. @returns where the next part begins. */
function putSized(target: Bytes, at: number, part: Bytes): number {
  const { length } = part;
  for (let i = 0; i < LENGTH_BYTES; i++) target[at + i] = (length >>> (24 - i * 8)) & 0xff;
  target.set(part, at + LENGTH_BYTES);
  return at + LENGTH_BYTES + length;
}

/** Bounds and order of an envelope; BODY_TOO_LARGE, SIGNATURE_FORM, CO_SIGNATURES_TOO_MANY or CO_SIGNATURE_ORDER. */
export function checkEnvelope(envelope: Envelope): Result<Envelope> {
  if (envelope.body.length > OPERATION_BODY_BYTES_MAX) {
    return refuse('BODY_TOO_LARGE', { bodyBytes: envelope.body.length, bodyBytesMax: OPERATION_BODY_BYTES_MAX });
  }
  if (envelope.signature.length !== SIGNATURE_BYTES) return refuse('SIGNATURE_FORM', { signatureBytes: envelope.signature.length });
  const count = envelope.coSignatures.length;
  if (count > CO_SIGNATURES_MAX) return refuse('CO_SIGNATURES_TOO_MANY', { count, countMax: CO_SIGNATURES_MAX });
  let previous = '';
  for (const { keyId, signature } of envelope.coSignatures) {
    if (signature.length !== SIGNATURE_BYTES) return refuse('SIGNATURE_FORM', { signatureBytes: signature.length });
    if (keyId <= previous) return refuse('CO_SIGNATURE_ORDER', { keyId });
    previous = keyId;
  }
  return accept(envelope);
}

/**
 * Hash over body, signature and co-signatures, each with its length (32-bit big-endian) before it.
 *
 * Verdict caches are keyed by this, never by the operation alone: a copy with a garbage signature would pass where the operation is cached.
 */
export function envelopeHash(sha256: Sha256, envelope: Envelope): Hash {
  const parts = [envelope.body, envelope.signature];
  for (const { keyId, signature } of envelope.coSignatures) parts.push(utf8Encode(keyId), signature);
  // One array for all of it: this is on every operation's way.
  const framed = new Uint8Array(parts.reduce((length, part) => length + LENGTH_BYTES + part.length, ENVELOPE_DOMAIN.length));
  framed.set(ENVELOPE_DOMAIN);
  let at = ENVELOPE_DOMAIN.length;
  for (const part of parts) at = putSized(framed, at, part);
  return hashOf(sha256(framed));
}

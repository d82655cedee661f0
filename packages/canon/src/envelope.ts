import type { Bytes } from './bytes.ts';
import type { Sha256 } from './crypto-port.ts';
import { hashSizedParts, writeUint32 } from './hash-parts.ts';
import { type Hash, hashOf, type KeyId } from './ids.ts';
import { CO_SIGNATURES_MAX, OPERATION_BODY_BYTES_MAX, SIGNATURE_BYTES } from './limits.ts';
import { operationHash } from './operation.ts';
import { accept, type Result, refuse } from './refusal.ts';
import type { SharedPlace } from './shared-signature.ts';
import { utf8Encode } from './utf8.ts';

export interface CoSignature {
  readonly keyId: KeyId;
  /** Over coSignatureSignBytes(operation hash). */
  readonly signature: Bytes;
}

/** An operation as it travels: body and every signature over it. */
export interface Envelope {
  readonly body: Bytes;
  /** Over operationSignBytes(body), or over sharedSignBytes where `shared` stands; by the key the body names. */
  readonly signature: Bytes;
  /** Where the body stands under a signature that covers several operations; as computed from the bytes by whoever read them. */
  readonly shared?: SharedPlace | undefined;
  /** At most 16, in strictly rising order of key id. */
  readonly coSignatures: readonly CoSignature[];
}

const ENVELOPE_DOMAIN = utf8Encode('civitas/envelope/v1\n');
const SHARED_ENVELOPE_DOMAIN = utf8Encode('civitas/shared-envelope/v1\n');

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

// Index and total of one call at a time: it is hashed at once.
const place = new Uint8Array(8);

/** All that the organisation's signature rests on, where it covers several: 136 bytes, of which index and total are 32-bit big-endian. */
function sharedPart(hash: Bytes, signature: Bytes, { index, total, root }: SharedPlace): readonly Bytes[] {
  writeUint32(place, 0, index);
  writeUint32(place, 4, total);
  return [hash, signature, place, root];
}

/**
 * Hash over body, signature and co-signatures, each with its length (32-bit big-endian) before it. Under a shared signature, domain
 * `civitas/shared-envelope/v1`, the operation hash, the signature, index, total and root stand for body and signature: the same
 * whether the operation came with its batch or with its path.
 *
 * Verdict caches are keyed by this, never by the operation alone: a copy with a garbage signature would pass where the operation is cached.
 *
 * @param hash the operation's, where it is known already.
 */
export function envelopeHash(sha256: Sha256, envelope: Envelope, hash?: Bytes): Hash {
  const { body, signature, shared } = envelope;
  const domain = shared === undefined ? ENVELOPE_DOMAIN : SHARED_ENVELOPE_DOMAIN;
  const parts: (readonly Bytes[])[] =
    shared === undefined ? [[body], [signature]] : [sharedPart(hash ?? operationHash(sha256, body), signature, shared)];
  for (const { keyId, signature: coSignature } of envelope.coSignatures) parts.push([utf8Encode(keyId)], [coSignature]);
  return hashOf(hashSizedParts(sha256, domain, parts));
}

import {
  base64urlDecode,
  base64urlEncode,
  concatBytes,
  encodeCanonical,
  type JsonObject,
  utf8Encode,
  verifySignature,
} from '@civitas/canon';
import { no, type RefusedOutcome } from '../../../codes.ts';
import type { ReadContext } from '../../../contract.ts';
import type { KeyBinding } from './records.ts';

/** What a citizen's key signs: a domain line, then the canonical JSON of the document. */
export function citizenSignBytes(domain: 'consent' | 'dispute' | 'key-binding', document: JsonObject): Uint8Array {
  return concatBytes(utf8Encode(`civitas/${domain}/v1\n`), encodeCanonical(document));
}

/** Whether this public key (base64url) made this signature (base64url) over the document. */
export function verifiesCitizen(
  ctx: Pick<ReadContext, 'crypto'>,
  signed: { domain: 'consent' | 'dispute' | 'key-binding'; document: JsonObject; publicKey: string; signature: string },
): boolean {
  const publicKey = base64urlDecode(signed.publicKey);
  const signature = base64urlDecode(signed.signature);
  if (publicKey === undefined || signature === undefined) return false;
  return verifySignature(ctx.crypto, { message: citizenSignBytes(signed.domain, signed.document), signature, publicKey });
}

/** Key id of a public key in base64url. */
export function citizenKeyId(ctx: Pick<ReadContext, 'crypto'>, publicKey: string): string {
  return base64urlEncode(ctx.crypto.sha256(base64urlDecode(publicKey) ?? new Uint8Array(0)));
}

/**
 * The bound, active key of a subject that signed a document; NOT_AUTHORISED with the reason otherwise.
 *
 * A key of an organisation is never a citizen's: membership keys are refused here too, in case one is enrolled after it was bound.
 */
export function checkCitizen(
  ctx: ReadContext,
  signed: { domain: 'consent' | 'dispute'; document: JsonObject; keyId: string; signature: string; subject: string },
): { readonly ok: true; readonly key: KeyBinding } | RefusedOutcome {
  const key = ctx.readOther('city.identity', 'keys', signed.keyId) as KeyBinding | undefined;
  if (key === undefined || key.subject !== signed.subject) return no('NOT_AUTHORISED', 'unbound-key');
  if (key.status !== 'active') return no('NOT_AUTHORISED', 'key-revoked');
  if (ctx.readOther('network.members', 'keys', signed.keyId) !== undefined) return no('NOT_AUTHORISED', 'organisation-key');
  const verified = verifiesCitizen(ctx, { ...signed, publicKey: key.publicKey });
  return verified ? { ok: true, key } : no('NOT_AUTHORISED', 'signature-invalid');
}
